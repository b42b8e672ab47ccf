//! Policy engine: decides what may happen.

use async_trait::async_trait;

use crate::action::ActionSpec;
use crate::decision::Decision;
use crate::error::Result;
use crate::incident::Incident;
use crate::plan::{Plan, Preview};

/// What is known of a rehearsal when policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RehearsalEvidence {
    /// Not yet: the question is whether the plan may be rehearsed, and what would be said if it succeeds.
    Pending,
    /// Every criterion held on a copy.
    Verified,
    /// The plan changes nothing that a copy could show.
    InPlace,
    /// It can't be rehearsed.
    Unsupported,
}

/// A plan with all that policy may know about it.
#[derive(Debug, Clone)]
pub struct PolicyQuestion<'a> {
    /// Whose; its evidence is untrusted and no rule should read it.
    pub incident: &'a Incident,
    /// What is to be done.
    pub plan: &'a Plan,
    /// The spec of each step's kind, one per step.
    pub specs: &'a [ActionSpec],
    /// What each step will change, one per step.
    pub previews: &'a [Preview],
    /// What is known of its rehearsal.
    pub rehearsal: RehearsalEvidence,
}

/// Decides about plans.
///
/// The orchestrator treats an error, a panic and a timeout as a denial.
///
/// # To be correct
/// 1. Default deny: a step that no rule speaks about is denied.
/// 2. Deny overrides: one denying rule is enough, wherever it stands.
/// 3. The decision is a function of the question and the documents: same question, same decision.
/// 4. Less evidence never allows more: `Pending` and `Unsupported` allow nothing that `Verified` would not, except that at
///    `Pending` an `Allow` that hangs on a rehearsal has `needs_rehearsal`.
/// 5. A rationale for anything but `Allow` names the step and what would have to change.
#[async_trait]
pub trait PolicyEngine: Send + Sync {
    /// Decides.
    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision>;
}

//! Policy engine: decides what may happen.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ledger::{Activity, Site};
use crate::action::{ActionKind, ActionSpec};
use crate::category::FailureCategory;
use crate::confidence::Assurance;
use crate::decision::{Clearance, Decision};
use crate::error::Result;
use crate::facts::Facts;
use crate::incident::{Incident, Severity};
use crate::plan::{Plan, Preview};
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

/// What is known of a rehearsal when policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// What is known of a resource before any untrusted text is read.
#[derive(Debug, Clone)]
pub struct Reach<'a> {
    /// What the incident is about.
    pub resource: &'a ResourceRef,
    /// Where that runs.
    pub environment: &'a Environment,
    /// How much it matters.
    pub severity: Severity,
    /// What was observed with our own credential.
    pub facts: &'a Facts,
    /// The kinds that executors of the resource's system perform.
    pub specs: &'a [ActionSpec],
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
    /// When it is asked; engines read no clock.
    pub at: Timestamp,
    /// How sure it is that the plan heals.
    pub assurance: &'a Assurance,
    /// How many plans of this incident were applied already.
    pub applied_before: u32,
    /// What is believed to be wrong: the category of each failure that the plan mends, one after the other. Empty: not known.
    pub categories: &'a [FailureCategory],
    /// Where the resource is.
    pub site: &'a Site,
    /// What healers did lately.
    pub activity: &'a Activity,
}

/// What an effect is, for the question whether it may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// A rehearsal; the target is left alone.
    Rehearse,
    /// A step's first start.
    Apply,
    /// Another start of the same step.
    Retry,
    /// Taking a step back.
    Undo,
}

/// An effect that is about to be sent.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    /// Whose.
    pub incident: &'a Incident,
    /// Of which plan.
    pub plan: &'a Plan,
    /// What its steps change.
    pub previews: &'a [Preview],
    /// Which step; `None` for a rehearsal, which is of all.
    pub step: Option<usize>,
    /// What it is.
    pub effect: EffectClass,
    /// Now.
    pub at: Timestamp,
    /// Where the resource is.
    pub site: &'a Site,
    /// What healers did lately.
    pub activity: &'a Activity,
}

/// Decides about plans.
///
/// The orchestrator treats an error, a panic and a timeout as "no": nothing is permitted, the plan is denied, the effect is held.
///
/// # To be correct
/// 1. Default deny: a step that no rule speaks about is denied.
/// 2. Deny overrides: one denying rule is enough, wherever it stands.
/// 3. Answers are functions of the question and the documents: same question, same answer.
/// 4. Less evidence never allows more: `Pending` and `Unsupported` allow nothing that `Verified` would not, except that at
///    `Pending` an `Allow` that hangs on a rehearsal has `needs_rehearsal`.
/// 5. A rationale for anything but `Allow` names the step and what would have to change.
/// 6. `permits` names every kind that `decide` could let through for this resource, and is computed from what it is given alone:
///    a kind that it leaves out is never planned.
/// 7. `clear` is about the moment: a freeze, a pause, a budget. It is asked before every effect, retries and rollbacks included,
///    and a plan that was allowed an hour ago may be held now.
#[async_trait]
pub trait PolicyEngine: Send + Sync {
    /// The kinds that could be permitted.
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>>;

    /// For people: which of its rules or documents leave `kind` out of [`permits`](Self::permits), such as `it is denied by
    /// team/locked (…)`; `None` where it has no words for it. An engine that wraps another hands it on.
    fn leaves_out(&self, _reach: &Reach<'_>, _kind: &ActionKind) -> Option<String> {
        None
    }

    /// Decides.
    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision>;

    /// Whether an effect of a plan that was allowed may be sent now.
    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance>;
}

static NOTHING_LATELY: Activity = Activity::NONE;
static NOWHERE: Site = Site { namespace: None, cluster: None };

impl<'a> PolicyQuestion<'a> {
    /// A question about which nothing else is known: not rehearsed, nobody sure of it, nothing done lately, at the beginning of time.
    #[must_use]
    pub fn new(incident: &'a Incident, plan: &'a Plan, specs: &'a [ActionSpec], previews: &'a [Preview]) -> Self {
        Self {
            incident,
            plan,
            specs,
            previews,
            rehearsal: RehearsalEvidence::Pending,
            at: Timestamp::default(),
            assurance: &Assurance::NONE,
            applied_before: 0,
            categories: &[],
            site: &NOWHERE,
            activity: &NOTHING_LATELY,
        }
    }
}

impl Reach<'_> {
    /// Every kind that executors perform: the answer of an engine that only tightens what others permit.
    #[must_use]
    pub fn every_kind(&self) -> BTreeSet<ActionKind> {
        self.specs.iter().map(|spec| spec.kind.clone()).collect()
    }
}

impl Site {
    /// As the facts `namespace` and `cluster` tell it.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let name = |fact: &str| match facts.get(fact) {
            Some(crate::facts::Fact::Text(name)) => Some(name.as_str().into()),
            _ => None,
        };
        Self { namespace: name("namespace"), cluster: name("cluster") }
    }
}

//! What policy said, by which rule, and why.

use serde::{Deserialize, Serialize};

/// What may happen. Ordered from least to most restrictive: combining decisions takes the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be done.
    Allow,
    /// A person must agree first.
    RequireApproval,
    /// It may be rehearsed and shown as a patch; a person applies it.
    Propose,
    /// It must not be done.
    Deny,
}

/// A rule that spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVoice {
    /// `document/rule`.
    pub rule: String,
    /// What it said.
    pub verdict: Verdict,
    /// 0-based index of the step it spoke about.
    pub step: usize,
    /// Its author's reason.
    pub because: String,
}

/// The decision about a whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The strictest verdict over all steps.
    pub verdict: Verdict,
    /// Whether the verdict holds only after a verified rehearsal. At the gate this is settled, and `false`.
    pub needs_rehearsal: bool,
    /// Every rule that spoke, strictest first.
    pub rules: Vec<RuleVoice>,
    /// In plain words; names what would have to change to be allowed.
    pub rationale: String,
    /// Version of the documents it came from.
    pub policy_version: String,
}

impl Decision {
    /// A denial by nobody's rule: an engine that failed, timed out, or found nothing that allows.
    #[must_use]
    pub fn denied(rationale: impl Into<String>, policy_version: &str) -> Self {
        Self {
            verdict: Verdict::Deny,
            needs_rehearsal: false,
            rules: Vec::new(),
            rationale: rationale.into(),
            policy_version: policy_version.to_owned(),
        }
    }
}

//! What policy said, by which rule, and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::approval::Terms;
use crate::confidence::{Assurance, Features};
use crate::time::Timestamp;

/// What may happen. Ordered from least to most restrictive: combining decisions takes the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be done.
    Allow,
    /// People must agree first.
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

/// Rules that are kept of one decision; all of a team's rules times all steps of a plan would fill a journal.
const MAX_VOICES: usize = 64;

/// Most bytes of one text that is kept of a decision; past that its beginning is.
const MAX_TEXT_BYTES: usize = 4 << 10;

/// The decision about a whole plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The strictest verdict over all steps.
    pub verdict: Verdict,
    /// Whether the verdict holds only after a verified rehearsal. At the gate this is settled, and `false`.
    pub needs_rehearsal: bool,
    /// Every rule that spoke, strictest first.
    pub rules: Vec<RuleVoice>,
    /// In plain words.
    pub rationale: String,
    /// What would have to change to be allowed, one way per entry; empty if it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_be_allowed: Vec<String>,
    /// Who has to agree, where people must. `None` there means the default terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Terms>,
    /// How many starts the incident may have in all, whatever other bounds say: a plan that is sent is one, and so is each time that
    /// a step of it is sent again. The stricter wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// How sure it is that the plan heals, as it was known then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
    /// What that was concluded from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Box<Features>>,
    /// Version of the documents it came from.
    pub policy_version: String,
}

impl Decision {
    /// A decision by no rule in particular.
    #[must_use]
    pub fn new(verdict: Verdict, rationale: impl Into<String>, policy_version: &str) -> Self {
        Self {
            verdict,
            needs_rehearsal: false,
            rules: Vec::new(),
            rationale: rationale.into(),
            to_be_allowed: Vec::new(),
            approval: None,
            max_attempts: None,
            assurance: None,
            features: None,
            policy_version: policy_version.to_owned(),
        }
    }

    /// A denial by nobody's rule: an engine that failed, timed out, or found nothing that allows.
    #[must_use]
    pub fn denied(rationale: impl Into<String>, policy_version: &str) -> Self {
        Self::new(Verdict::Deny, rationale, policy_version)
    }

    /// The same, with the rules that spoke.
    #[must_use]
    pub fn with_rules(mut self, rules: Vec<RuleVoice>) -> Self {
        self.rules = rules;
        self
    }

    /// What both engines together say: the stricter verdict, and every condition that either makes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (mut strict, loose) = if other.verdict > self.verdict { (other, self) } else { (self, other) };
        if strict.verdict == Verdict::RequireApproval
            && loose.verdict == strict.verdict
            && loose.rationale != strict.rationale
        {
            // Whoever is asked reads why each of them asks.
            strict.rationale = format!("{}; {}", strict.rationale, loose.rationale);
        }
        strict.needs_rehearsal |= loose.needs_rehearsal;
        strict.needs_rehearsal &= strict.verdict != Verdict::Deny;
        strict.rules.extend(loose.rules);
        strict.rules.sort_by_key(|voice| std::cmp::Reverse(voice.verdict));
        strict.to_be_allowed.extend(loose.to_be_allowed);
        strict.approval = match (strict.approval, loose.approval) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or(other),
        };
        strict.max_attempts = [strict.max_attempts, loose.max_attempts].into_iter().flatten().min();
        strict.assurance = strict.assurance.or(loose.assurance);
        strict.features = strict.features.or(loose.features);
        strict.policy_version = versions(&strict.policy_version, &loose.policy_version);
        strict
    }

    /// The same as it is kept: the rules that decided, and of the others as many as fit; texts without end lose it.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let left_out = self.rules.len().saturating_sub(MAX_VOICES);
        // Strictest first: those that decided stay.
        self.rules.truncate(MAX_VOICES);
        self.to_be_allowed.truncate(MAX_VOICES);
        self.rules.iter_mut().flat_map(|voice| [&mut voice.rule, &mut voice.because]).for_each(clip);
        self.to_be_allowed.iter_mut().for_each(clip);
        clip(&mut self.rationale);
        if left_out > 0 {
            self.rationale.push_str(&format!(" ({left_out} more rules spoke)"));
        }
        self
    }
}

/// Which versions spoke, each once and in alphabetical order: engines join in the order of their verdicts, which may change while
/// their documents do not.
fn versions(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let all: BTreeSet<&str> = one.split('+').chain(other.split('+')).collect();
    all.into_iter().collect::<Vec<_>>().join("+")
}

fn clip(text: &mut String) {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push('…');
    }
}

/// Whether an effect may be sent now. Other than a [`Verdict`] it is about the moment, not about the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clearance {
    /// Now.
    Clear,
    /// Not now.
    Hold {
        /// When to ask again; `None` if that depends on a person or on what others do.
        until: Option<Timestamp>,
        /// Why, in plain words.
        because: String,
    },
    /// Not at all: a person has to look.
    Stop {
        /// Why, in plain words.
        because: String,
    },
}

impl Clearance {
    /// The stricter of both; of two holds the one that lasts longer.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    fn rank(&self) -> (u8, u64) {
        match self {
            Self::Clear => (0, 0),
            Self::Hold { until, .. } => (1, until.map_or(u64::MAX, Timestamp::as_millis)),
            Self::Stop { .. } => (2, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_several_engines_does_not_hang_on_what_they_say() {
        let says = |verdict, version| Decision::new(verdict, "", version);
        let lax = says(Verdict::Allow, "a").and(says(Verdict::RequireApproval, "b"));
        let strict = says(Verdict::RequireApproval, "a").and(says(Verdict::RequireApproval, "b"));
        assert_eq!((lax.policy_version.as_str(), strict.policy_version.as_str()), ("a+b", "a+b"));
        assert_eq!(strict.and(says(Verdict::Deny, "a")).policy_version, "a+b");
    }

    #[test]
    fn who_is_asked_by_two_engines_reads_why_each_of_them_asks() {
        let asks = |why: &str| Decision::new(Verdict::RequireApproval, why, "v1");
        assert_eq!(asks("production").and(asks("a database")).rationale, "production; a database");
        assert_eq!(asks("production").and(asks("production")).rationale, "production");
    }
}

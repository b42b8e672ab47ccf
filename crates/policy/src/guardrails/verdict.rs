//! What a set of rules says about one step, and in which words.

use selfheal_core::decision::{RuleVoice, Verdict};

use super::rule::Rule;
use super::subject::Subject;

/// The outcome for one step.
#[derive(Debug)]
pub(crate) struct StepVerdict<'r> {
    pub(crate) verdict: Verdict,
    /// The rules that spoke, in the order of the documents.
    pub(crate) spoke: Vec<&'r Rule>,
}

/// Deny overrides, and nothing is permitted that no rule covers. Of the rules that speak the strictest decides.
pub(crate) fn judge<'r>(rules: &[&'r Rule], subject: &Subject<'_>) -> StepVerdict<'r> {
    let spoke: Vec<&Rule> = rules.iter().copied().filter(|rule| rule.touches(subject)).collect();
    let permitted = spoke.iter().any(|rule| rule.effect != Verdict::Deny && rule.covers(subject));
    let strictest = spoke.iter().map(|rule| rule.effect).max().unwrap_or(Verdict::Deny);
    StepVerdict { verdict: if permitted { strictest } else { Verdict::Deny }, spoke }
}

impl StepVerdict<'_> {
    /// The voices, for the decision's record.
    pub(crate) fn voices(&self, step: usize) -> impl Iterator<Item = RuleVoice> {
        self.spoke.iter().map(move |rule| RuleVoice {
            rule: rule.id.clone(),
            verdict: rule.effect,
            step,
            because: rule.because.clone(),
        })
    }

    /// Why, in plain words, with what would have to change.
    pub(crate) fn rationale(&self, rules: &[&Rule], subject: &Subject<'_>, step: usize) -> String {
        let targets = subject.targets.join(", ");
        let what = format!("step {} ({} on {targets}) in {}", step + 1, subject.kind, subject.environment);
        let verb = match self.verdict {
            Verdict::Allow => return format!("{what} is allowed by {}", self.reasons(Verdict::Allow)),
            Verdict::RequireApproval => "needs a person's approval",
            Verdict::Propose => "is proposed, for a person to apply",
            Verdict::Deny => "is denied",
        };
        let reasons = self.reasons(self.verdict);
        match reasons.is_empty() {
            true => format!("{what} {verb}: no rule permits it{}", would_help(rules, subject)),
            false => format!("{what} {verb} by {reasons}; to be allowed it must not fall under that rule"),
        }
    }

    fn reasons(&self, effect: Verdict) -> String {
        let said = self.spoke.iter().filter(|rule| rule.effect == effect);
        said.map(|rule| format!("{} ({})", rule.id, rule.because)).collect::<Vec<_>>().join(", ")
    }
}

fn would_help(rules: &[&Rule], subject: &Subject<'_>) -> String {
    let near = rules.iter().filter(|rule| rule.nearly_covers(subject));
    let ways: Vec<String> =
        near.map(|rule| format!("{} asks for {}", rule.id, rule.unmet(subject).join(" and "))).collect();
    match ways.is_empty() {
        true => "; a rule that names this kind and target would have to be added".to_owned(),
        false => format!("; {}", ways.join(", or ")),
    }
}

//! What a second opinion adds to policy's word: it can only tighten it.

use crate::decision::{Decision, RuleVoice, Verdict};
use crate::diagnosis::Source;
use crate::engine::{Proposal, State};
use crate::ports::RehearsalEvidence;

/// Whether memory gave the plan that is at hand: it healed this very failure before.
pub(super) fn is_recalled(state: &State) -> bool {
    state.attacks.last().is_some_and(|attack| attack.diagnosis.source == Source::Memory)
}

/// Whether a second opinion is asked for: a model chose the plan, and nothing has proven it yet.
pub(super) fn is_due(proposal: &Proposal, recalled: bool) -> bool {
    matches!(proposal.plan.source, Source::Model { .. }) && !recalled
}

/// Asks people where a plan that a model chose has no second opinion, or one that objects. `None` where nothing is to be added: none
/// is due, the rehearsal is still to come, or the opinion has no objection.
pub(super) fn advice(
    proposal: &Proposal,
    recalled: bool,
    rehearsal: RehearsalEvidence,
    policy_version: &str,
) -> Option<Decision> {
    if !is_due(proposal, recalled) || rehearsal == RehearsalEvidence::Pending {
        return None;
    }
    let because = match &proposal.opinion {
        Some(opinion) if !opinion.objects => return None,
        Some(opinion) => format!("a second opinion (model {}) objects: {}", opinion.model, opinion.because.read()),
        None => "a model chose this plan, and no second opinion on it was to be had".to_owned(),
    };
    let voice = |step| RuleVoice {
        rule: "models/second-opinion".to_owned(),
        verdict: Verdict::RequireApproval,
        step,
        because: because.clone(),
    };
    let rules = (0..proposal.plan.steps.len()).map(voice).collect();
    let mut asked = Decision::new(Verdict::RequireApproval, because.clone(), policy_version).with_rules(rules);
    asked.to_be_allowed.push("a second opinion that has no objection".to_owned());
    Some(asked)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::confidence::Confidence;
    use crate::engine::Opinion;
    use crate::evidence::Untrusted;
    use crate::plan::Plan;

    fn proposal(source: Source, opinion: Option<bool>) -> Proposal {
        let plan = Plan { steps: Vec::new(), rationale: String::new(), source, confidence: Confidence::NONE };
        let opinion = opinion.map(|objects| {
            Box::new(Opinion { objects, because: Untrusted::new("it hides the failure".into()), model: "m".into() })
        });
        Proposal { opinion, ..Proposal::new(Arc::new(plan)) }
    }

    fn verdict(source: Source, opinion: Option<bool>, rehearsal: RehearsalEvidence) -> Option<Verdict> {
        advice(&proposal(source, opinion), false, rehearsal, "v1").map(|advice| advice.verdict)
    }

    #[test]
    fn what_is_proven_needs_none() {
        let recalled = proposal(Source::Model { name: "m".into() }, None);
        assert_eq!(advice(&recalled, true, RehearsalEvidence::Verified, "v1"), None);
    }

    #[test]
    fn only_a_models_plan_needs_one_and_it_never_loosens() {
        let model = || Source::Model { name: "m".into() };
        let asks = Some(Verdict::RequireApproval);
        let verified = RehearsalEvidence::Verified;
        assert_eq!(verdict(model(), None, verified), asks);
        assert_eq!(verdict(model(), Some(true), verified), asks);
        assert_eq!(verdict(model(), Some(false), verified), None);
        assert_eq!(verdict(model(), None, RehearsalEvidence::Pending), None);
        assert_eq!(verdict(Source::Memory, Some(true), verified), None);
    }
}

//! What a second opinion adds to policy's word: it can only tighten it.

use crate::decision::{Decision, RuleVoice, Verdict};
use crate::engine::{Opinion, Proposal, State};
use crate::ports::RehearsalEvidence;

/// Whether a model chose the plan or found its cause. Memory doesn't change that: that a person agreed once, whatever was objected
/// then, is no leave to act alone.
pub(super) fn is_by_model(state: &State, proposal: &Proposal) -> bool {
    let best = state.attacks.last().and_then(|attack| attack.diagnosis.best());
    proposal.plan.source.is_model() || best.is_some_and(|best| best.source.is_model())
}

/// The second opinion on the plan, given now or when memory learned of it.
pub(super) fn opinion<'a>(state: &'a State, proposal: &'a Proposal) -> Option<&'a Opinion> {
    proposal.opinion.as_deref().or_else(|| remembered(state))
}

/// What was said of exactly this plan when it healed: of the one that was recalled, and of none that followed it.
fn remembered(state: &State) -> Option<&Opinion> {
    let first = state.is_recalled() && state.counters.plans == 1;
    state.attacks.first().filter(|_| first)?.diagnosis.reading.as_ref()?.opinion.as_ref()
}

/// Asks people where a plan that a model chose has no second opinion, or one that objects. `None` where nothing is to be added: no
/// model chose it, the rehearsal is still to come, or the opinion has no objection.
pub(super) fn advice(
    proposal: &Proposal,
    by_model: bool,
    opinion: Option<&Opinion>,
    rehearsal: RehearsalEvidence,
    policy_version: &str,
) -> Option<Decision> {
    if !by_model || rehearsal == RehearsalEvidence::Pending {
        return None;
    }
    let because = match opinion {
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
    use crate::diagnosis::Source;
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
        let by_model = source.is_model();
        let proposal = proposal(source, opinion);
        advice(&proposal, by_model, proposal.opinion.as_deref(), rehearsal, "v1").map(|advice| advice.verdict)
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

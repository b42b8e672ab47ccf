//! Conformance of policy engines.

use super::{Suite, Verdict};
use crate::action::{ActionKind, ActionSpec};
use crate::decision::{Decision, Verdict as Says};
use crate::incident::Incident;
use crate::plan::{Plan, Preview};
use crate::ports::{PolicyEngine, PolicyQuestion, RehearsalEvidence};

const SUITE: Suite = Suite("PolicyEngine");

/// Runs the suite on an engine and a plan that it allows once the rehearsal is verified.
///
/// # Errors
/// The first [`Violation`](super::Violation).
pub async fn policy_engine(
    engine: &dyn PolicyEngine,
    incident: &Incident,
    plan: &Plan,
    specs: &[ActionSpec],
    previews: &[Preview],
) -> Verdict {
    let ask = |rehearsal| {
        let question = PolicyQuestion { rehearsal, ..PolicyQuestion::new(incident, plan, specs, previews) };
        async move { SUITE.call(3, "decide", engine.decide(&question).await) }
    };
    let verified = ask(RehearsalEvidence::Verified).await?;
    SUITE.check(1, verified.verdict == Says::Allow, "the fixture's plan is not allowed when verified")?;
    SUITE.check(4, !verified.needs_rehearsal, "a verified plan still needs a rehearsal")?;
    SUITE.check(3, ask(RehearsalEvidence::Verified).await? == verified, "the same question got another decision")?;
    for less in [RehearsalEvidence::Unsupported, RehearsalEvidence::Pending] {
        let decision = ask(less).await?;
        SUITE.check(4, decision.verdict >= verified.verdict, "less evidence allowed more")?;
        explained(&decision)?;
    }
    default_deny(engine, incident, plan, specs, previews).await
}

async fn default_deny(
    engine: &dyn PolicyEngine,
    incident: &Incident,
    plan: &Plan,
    specs: &[ActionSpec],
    previews: &[Preview],
) -> Verdict {
    let (Some(step), Some(spec), Some(preview)) = (plan.steps.first(), specs.first(), previews.first()) else {
        return Err(SUITE.violation(1, "the fixture's plan is empty"));
    };
    let stranger = ActionSpec { kind: ActionKind::custom("kind_that_no_rule_names"), ..spec.clone() };
    let action =
        crate::action::Action::for_tests(&stranger, step.action.target().clone(), step.action.parameters().clone());
    let action = action.map_err(|invalid| SUITE.violation(1, &invalid.to_string()))?;
    // Appended to the allowed plan: one step that no rule speaks about denies the whole.
    let mut longer = plan.clone();
    longer.steps.push(crate::plan::Step { action, ..step.clone() });
    let specs: Vec<ActionSpec> = specs.iter().cloned().chain([stranger]).collect();
    let previews: Vec<Preview> = previews.iter().chain([preview]).cloned().collect();
    let rehearsal = RehearsalEvidence::Verified;
    let question = PolicyQuestion { rehearsal, ..PolicyQuestion::new(incident, &longer, &specs, &previews) };
    let decision = SUITE.call(1, "decide", engine.decide(&question).await)?;
    SUITE.check(1, decision.verdict == Says::Deny, "a kind that no rule names was not denied")?;
    explained(&decision)
}

fn explained(decision: &Decision) -> Verdict {
    let silent = decision.verdict != Says::Allow && decision.rationale.trim().is_empty();
    SUITE.check(5, !silent, "a decision that does not allow has no rationale")
}

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::confidence::Confidence;
use selfheal_core::decision::{Clearance, Decision, Verdict as Says};
use selfheal_core::diagnosis::Source;
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{Plan, Preview};
use selfheal_core::ports::{Executor, Moment, PolicyEngine, PolicyQuestion, Reach, RehearsalEvidence, Work};
use selfheal_core::resource::Environment;
use selfheal_core::testing::conformance::{self, Verdict};
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, SET_VALUE, set_value};
use selfheal_core::time::Timestamp;

use super::broken;
use crate::scene::thing;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    LooksAtTheFirstStepOnly,
    TrustsTheUnrehearsed,
    ChangesItsMind,
    NeverSettles,
    GivesNoReason,
}

/// Allows `set_value` once it was rehearsed.
struct Buggy {
    bug: Bug,
    asked: Mutex<u32>,
}

#[async_trait]
impl PolicyEngine for Buggy {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        let looked_at = if self.bug == Bug::LooksAtTheFirstStepOnly { 1 } else { question.plan.steps.len() };
        let known = question.plan.steps[..looked_at].iter().all(|step| step.action.kind() == &SET_VALUE);
        let verified = question.rehearsal == RehearsalEvidence::Verified;
        let verdict = match (known, verified) {
            (false, _) => Says::Deny,
            (true, true) if self.bug == Bug::TrustsTheUnrehearsed => Says::RequireApproval,
            (true, _) if verified || question.rehearsal == RehearsalEvidence::Pending => Says::Allow,
            _ => Says::Deny,
        };
        let rationale = if self.bug == Bug::GivesNoReason { String::new() } else { format!("{verdict:?} by question") };
        let policy_version = if self.bug == Bug::ChangesItsMind { asked.to_string() } else { "v1".to_owned() };
        let needs_rehearsal = self.bug == Bug::NeverSettles || question.rehearsal == RehearsalEvidence::Pending;
        Ok(Decision { needs_rehearsal, ..Decision::new(verdict, rationale, &policy_version) })
    }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::of(&thing(), &Facts::new(), &[]),
        resource: thing(),
        environment: Environment::Dev,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

async fn check(engine: &dyn PolicyEngine) -> Verdict {
    let (incident, executor) = (incident(), FakeExecutor::new(FakeWorld::default()));
    let plan = Plan {
        steps: vec![set_value(&thing(), "mode", "good").unwrap()],
        rationale: "mends".to_owned(),
        source: Source::Nothing,
        confidence: Confidence::new(0.9),
    };
    let work = Work::for_tests(&incident.id, &incident.resource, &incident.environment, &plan.steps, &[], None);
    let previews: Vec<Preview> = executor.preview(&work).await.unwrap();
    conformance::policy_engine(engine, &incident, &plan, executor.kinds(), &previews).await
}

async fn run(bug: Bug) -> Verdict {
    check(&Buggy { bug, asked: Mutex::default() }).await
}

#[tokio::test]
async fn an_engine_of_known_kinds_keeps_its_obligations() {
    run(Bug::None).await.unwrap();
}

#[tokio::test]
async fn allow_all_is_for_tests_only_and_fails() {
    assert_eq!(broken(check(&AllowAll).await), Some(1));
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    let bugs = [
        (Bug::LooksAtTheFirstStepOnly, 1),
        (Bug::TrustsTheUnrehearsed, 1),
        (Bug::ChangesItsMind, 3),
        (Bug::NeverSettles, 4),
        (Bug::GivesNoReason, 5),
    ];
    for (bug, obligation) in bugs {
        assert_eq!(broken(run(bug).await), Some(obligation), "{bug:?}");
    }
}

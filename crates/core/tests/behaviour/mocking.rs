//! Mocks, where the question is how a port is called: a flaky stage is started again with growing waits.

use std::sync::{Arc, LazyLock};

use mockall::predicate::{always, eq};
use selfheal_core::action::{ActionKind, ActionSpec, Reversibility};
use selfheal_core::category::FailureCategory;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::engine::Outcome;
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{Rehearsal, RehearsalEvidence};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::{MockExecutor, MockPolicyEngine, ScriptedProbe, ScriptedRunbooks};

use crate::scene::{Scene, retry_hypothesis, signal};

static RETRY: LazyLock<Vec<ActionSpec>> =
    LazyLock::new(|| standard_specs().into_iter().filter(|spec| spec.kind == ActionKind::RETRY_STAGE).collect());

fn rerun() -> Preview {
    Preview {
        summary: "runs the stage again".to_owned(),
        changes: Vec::new(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: Reversibility::NothingToUndo,
    }
}

fn executor(starts: u32) -> MockExecutor {
    let mut executor = MockExecutor::new();
    executor.expect_on_system().return_const("fake");
    executor.expect_on_kinds().returning(|| RETRY.as_slice());
    executor.expect_on_preview().times(1).returning(|_| Ok(vec![rerun()]));
    executor.expect_on_rehearse().times(1).returning(|_| Ok(Rehearsal::InPlace));
    for attempt in 1..=starts {
        executor.expect_on_apply().with(always(), eq(attempt)).times(1).returning(|_, _| Ok(()));
    }
    executor.expect_on_settle().times(1).returning(|_| Ok(()));
    executor
}

fn policy() -> MockPolicyEngine {
    let allow = || Decision { verdict: Verdict::Allow, ..Decision::denied("", "v1") };
    let mut policy = MockPolicyEngine::new();
    policy
        .expect_on_decide()
        .with(always(), eq(RehearsalEvidence::Pending))
        .times(1)
        .returning(move |_, _| Ok(allow()));
    policy
        .expect_on_decide()
        .with(always(), eq(RehearsalEvidence::InPlace))
        .times(1)
        .returning(move |_, _| Ok(allow()));
    policy
}

#[tokio::test]
async fn a_retry_is_decided_once_and_started_until_it_passes() {
    let scene = Scene::broken();
    let host = selfheal_core::orchestrator::Orchestrator::builder()
        .policy(Arc::new(policy()))
        .executor(Arc::new(executor(3)))
        .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![retry_hypothesis(5, 10_000)]])))
        .probe(Arc::new(ScriptedProbe::healthy(&[false, false, true])))
        .clock(scene.clock.clone())
        .journal(scene.journal.clone())
        .build()
        .unwrap();
    let report = host.heal(signal(), &Default::default()).await.unwrap();
    assert_eq!(report.outcome(), Some(&Outcome::PassedOnRerun), "the same input passed: nothing was mended");
    assert_eq!(report.category(), FailureCategory::FLAKY_TEST);
    assert_eq!(report.tried()[0].proposal.attempts, 3);
    let waited = scene.records().await.last().unwrap().at.as_millis();
    assert!((15_000..=30_000).contains(&waited), "10 s and 20 s, of which jitter takes at most half; got {waited} ms");
}

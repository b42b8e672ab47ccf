//! What was decided is decided again before a plan that was held is started once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier};
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::engine::{Event, Outcome, TriedResult};
use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Journal, Rehearsal, Undone, Work};
use selfheal_core::testing::{FakeWorld, ScriptedRunbooks, unavailable};

use crate::reconsidering::{Changing, says, tomorrow};
use crate::scene::{Answers, Scene, retry_hypothesis, signal};

/// Starts a stage that passes the second time.
struct Stage {
    kinds: [ActionSpec; 1],
    world: FakeWorld,
    starts: AtomicUsize,
}

impl Stage {
    fn of(world: FakeWorld) -> Arc<Self> {
        let spec = ActionSpec::new(ActionKind::RETRY_STAGE)
            .requires("attempts", ParameterType::Integer)
            .requires("initial_backoff_ms", ParameterType::Integer)
            .rated(RiskTier::Low, Reversibility::NothingToUndo);
        Arc::new(Self { kinds: [spec], world, starts: AtomicUsize::new(0) })
    }

    fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Executor for Stage {
    fn system(&self) -> &str {
        "fake"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let preview = |_| Preview {
            summary: "runs again".to_owned(),
            changes: Vec::new(),
            fences: Vec::new(),
            blast_radius: BlastRadius::default(),
            undo_hash: None,
            reversibility: Reversibility::NothingToUndo,
        };
        Ok(work.steps.iter().map(preview).collect())
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::InPlace)
    }

    async fn apply(&self, _: &Approved<'_>, _: usize, _: u32) -> Result<()> {
        if self.starts.fetch_add(1, Ordering::SeqCst) > 0 {
            self.world.set("mode", "good");
        }
        Ok(())
    }

    async fn probe(&self, _: &Work<'_>, _: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Absent)
    }

    async fn undo(&self, _: &Work<'_>, _: usize) -> Result<Undone> {
        Ok(Undone::Nothing)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

/// A stage that failed again, whose next start a freeze holds.
struct Frozen {
    scene: Scene,
    stage: Arc<Stage>,
    policy: Arc<Changing>,
    host: Orchestrator,
}

impl Frozen {
    async fn under(verdict: Verdict) -> Self {
        let scene = Scene::broken();
        let (stage, policy) = (Stage::of(scene.world.clone()), Changing::saying(says(verdict, "v1")));
        let host = Orchestrator::builder()
            .executor(stage.clone())
            .probe(scene.probe.clone())
            .clock(scene.clock.clone())
            .journal(scene.journal.clone())
            .approver(Arc::new(Answers::new(&[Answers::yes])))
            .policy(policy.clone())
            .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![retry_hypothesis(3, 1_000)]])))
            .build()
            .unwrap();
        policy.hold_retries(true);
        let report = host.heal(signal(), &Cancellation::new()).await.unwrap();
        assert_eq!((report.state.phase.name(), stage.starts()), ("back off", 1));
        Self { scene, stage, policy, host }
    }

    /// The freeze is over, and policy says this.
    async fn thawed(&self, now: impl Fn() -> Result<Decision> + Send + 'static) -> Report {
        self.policy.now_says(now);
        self.policy.hold_retries(false);
        self.scene.clock.advance_to(tomorrow());
        let lease = self.scene.journal.lease(&self.scene.journal.incidents()[0], &self.host.claim()).await.unwrap();
        self.host.resume(lease, &Cancellation::new()).await.unwrap()
    }

    async fn decisions(&self) -> usize {
        self.scene.events().await.iter().filter(|event| matches!(event, Event::Decided(_))).count()
    }
}

#[tokio::test]
async fn under_the_same_policy_it_is_started_without_more_ado() {
    for verdict in [Verdict::Allow, Verdict::RequireApproval] {
        let frozen = Frozen::under(verdict).await;
        let report = frozen.thawed(says(verdict, "v1")).await;
        assert_eq!(report.outcome(), Some(&Outcome::PassedOnRerun), "{verdict:?}");
        assert_eq!((frozen.stage.starts(), frozen.decisions().await), (2, 2), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_policy_that_is_another_and_allows_it_is_on_record_for_the_next_start() {
    let frozen = Frozen::under(Verdict::Allow).await;
    let report = frozen.thawed(says(Verdict::Allow, "v2")).await;
    assert_eq!(report.outcome(), Some(&Outcome::PassedOnRerun));
    assert_eq!(frozen.decisions().await, 3);
    let decided = report.tried()[0].proposal.decision.as_ref().unwrap();
    assert_eq!(decided.policy_version, "v2");
}

#[tokio::test]
async fn what_policy_does_not_let_be_started_again_is_taken_back() {
    let fewer = || Ok(Decision { max_attempts: Some(1), ..Decision::new(Verdict::Allow, "once is enough", "v1") });
    let rehearsed = || Ok(Decision { needs_rehearsal: true, ..Decision::new(Verdict::Allow, "on a copy", "v1") });
    let denied = || Ok(Decision::new(Verdict::Deny, "not any more", "v2"));
    let asked = || Ok(Decision::new(Verdict::RequireApproval, "people decide", "v2"));
    let stricter: [fn() -> Result<Decision>; 4] = [fewer, rehearsed, denied, asked];
    for (verdict, now) in
        [Verdict::Allow, Verdict::RequireApproval].into_iter().flat_map(|v| stricter.map(|now| (v, now)))
    {
        let frozen = Frozen::under(verdict).await;
        let report = frozen.thawed(now).await;
        let said = now().unwrap();
        assert_eq!(frozen.stage.starts(), 1, "{verdict:?}, then {said:?}");
        assert!(report.trouble().is_some(), "{verdict:?}, then {said:?}");
        let tried = &report.tried()[0];
        assert_eq!(tried.result, TriedResult::RolledBack, "{verdict:?}, then {said:?}");
        assert!(tried.reason.contains(&said.rationale), "{}", tried.reason);
    }
}

#[tokio::test]
async fn an_engine_that_can_not_say_holds_it() {
    let frozen = Frozen::under(Verdict::Allow).await;
    let report = frozen.thawed(|| Err(unavailable("policy.decide"))).await;
    assert_eq!((report.outcome(), frozen.stage.starts()), (None, 1));
    let report = frozen.thawed(says(Verdict::Allow, "v1")).await;
    assert_eq!(report.outcome(), Some(&Outcome::PassedOnRerun));
}

//! Conformance of executors.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Suite, Verdict, Violation};
use crate::error::ErrorKind;
use crate::incident::IncidentId;
use crate::plan::{Plan, PlanHash, Preview, Step};
use crate::ports::{Approved, EffectStatus, Executor, Undone, Work};
use crate::resource::Environment;

/// An executor over a world that the suite may look at and disturb. Made afresh for every case.
#[async_trait]
pub trait ExecutorFixture: Send + Sync {
    /// The executor.
    fn executor(&self) -> Arc<dyn Executor>;

    /// Steps that can be applied in this world and change it; at least one, the first one undoable.
    fn steps(&self) -> Vec<Step>;

    /// The whole state of the world that the executor may change, in any comparable form.
    async fn observe(&self) -> String;

    /// Changes, as somebody else, what the first step changes.
    async fn disturb(&self);
}

const SUITE: Suite = Suite("Executor");

struct Bench {
    fixture: Box<dyn ExecutorFixture>,
    executor: Arc<dyn Executor>,
    incident: IncidentId,
    steps: Vec<Step>,
    previews: Vec<Preview>,
    hash: PlanHash,
}

impl Bench {
    async fn set_up(fixture: Box<dyn ExecutorFixture>) -> Result<Self, Violation> {
        let executor = fixture.executor();
        let steps = fixture.steps();
        SUITE.check(1, !steps.is_empty(), "the fixture has no step")?;
        let incident = IncidentId::new("inc-conformance");
        let resource = steps[0].action.target().clone();
        let work = Work::for_tests(&incident, &resource, &Environment::Dev, &steps, &[], None);
        let previews = SUITE.call(2, "preview", executor.preview(&work).await)?;
        let hash = hash_of(&steps, &previews);
        Ok(Self { fixture, executor, incident, steps, previews, hash })
    }

    fn work(&self) -> Work<'_> {
        let resource = self.steps[0].action.target();
        Work::for_tests(&self.incident, resource, &Environment::Dev, &self.steps, &self.previews, Some(&self.hash))
    }

    /// As the orchestrator would: an executor may insist on a verified rehearsal.
    async fn apply_all(&self) -> Verdict {
        SUITE.call(3, "rehearse", self.executor.rehearse(&self.work()).await)?;
        for step in 0..self.steps.len() {
            SUITE.call(4, "apply", self.executor.apply(&Approved::for_tests(self.work()), step, 1).await)?;
        }
        Ok(())
    }

    async fn undo_all(&self) -> Verdict {
        for step in (0..self.steps.len()).rev() {
            let undone = SUITE.call(8, "undo", self.executor.undo(&self.work(), step).await)?;
            SUITE.check(
                8,
                !matches!(undone, Undone::ForeignChange { .. }),
                "undo saw a foreign change where there was none",
            )?;
        }
        Ok(())
    }
}

fn hash_of(steps: &[Step], previews: &[Preview]) -> PlanHash {
    let plan = Plan {
        steps: steps.to_vec(),
        rationale: String::new(),
        source: crate::diagnosis::Source::Nothing,
        confidence: crate::confidence::Confidence::NONE,
    };
    PlanHash::of(&plan, previews)
}

/// Runs the suite; `fixture` makes a fresh world for each case.
///
/// # Errors
/// The first [`Violation`].
pub async fn executor<F, Fut>(fixture: F) -> Verdict
where
    F: Fn() -> Fut,
    Fut: Future<Output = Box<dyn ExecutorFixture>>,
{
    previews_change_nothing(Bench::set_up(fixture().await).await?).await?;
    rehearsal_leaves_the_target(Bench::set_up(fixture().await).await?).await?;
    applies_and_undoes_exactly(Bench::set_up(fixture().await).await?).await?;
    undo_tolerates_never_applied(Bench::set_up(fixture().await).await?).await?;
    a_broken_fence_is_a_conflict(Bench::set_up(fixture().await).await?).await?;
    undo_stops_at_a_foreign_change(Bench::set_up(fixture().await).await?).await
}

async fn previews_change_nothing(bench: Bench) -> Verdict {
    let kinds = bench.executor.kinds().to_vec();
    SUITE.check(1, bench.executor.kinds() == kinds, "kinds() is not constant")?;
    let known = bench.steps.iter().all(|step| kinds.iter().any(|spec| spec.check(&step.action).is_ok()));
    SUITE.check(1, known, "a step of the fixture fits no spec")?;
    SUITE.check(2, bench.previews.len() == bench.steps.len(), "not one preview per step")?;
    let before = bench.fixture.observe().await;
    let again = SUITE.call(2, "preview", bench.executor.preview(&bench.work()).await)?;
    SUITE.check(2, bench.fixture.observe().await == before, "preview changed the world")?;
    SUITE.check(2, again == bench.previews, "the same preview differs")
}

async fn rehearsal_leaves_the_target(bench: Bench) -> Verdict {
    let before = bench.fixture.observe().await;
    SUITE.call(3, "rehearse", bench.executor.rehearse(&bench.work()).await)?;
    SUITE.check(3, bench.fixture.observe().await == before, "rehearse changed the target")
}

async fn applies_and_undoes_exactly(bench: Bench) -> Verdict {
    let before = bench.fixture.observe().await;
    let absent = SUITE.call(7, "probe", bench.executor.probe(&bench.work(), 0).await)?;
    SUITE.check(7, absent == EffectStatus::Absent, "probe before apply is not Absent")?;
    bench.apply_all().await?;
    SUITE.check(4, bench.fixture.observe().await != before, "apply changed nothing")?;
    let last = bench.steps.len() - 1;
    let applied = SUITE.call(7, "probe", bench.executor.probe(&bench.work(), last).await)?;
    SUITE.check(7, applied == EffectStatus::Applied, "probe after apply is not Applied")?;
    bench.undo_all().await?;
    SUITE.check(8, bench.fixture.observe().await == before, "undo did not restore the world")?;
    bench.undo_all().await?;
    SUITE.check(8, bench.fixture.observe().await == before, "a second undo changed the world")?;
    SUITE.call(8, "settle", bench.executor.settle(&bench.incident).await)
}

async fn undo_tolerates_never_applied(bench: Bench) -> Verdict {
    let before = bench.fixture.observe().await;
    bench.undo_all().await?;
    SUITE.check(8, bench.fixture.observe().await == before, "undo of what never happened changed the world")
}

async fn a_broken_fence_is_a_conflict(bench: Bench) -> Verdict {
    SUITE.call(3, "rehearse", bench.executor.rehearse(&bench.work()).await)?;
    bench.fixture.disturb().await;
    let disturbed = bench.fixture.observe().await;
    let answer = bench.executor.apply(&Approved::for_tests(bench.work()), 0, 1).await;
    let conflict = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Conflict);
    SUITE.check(4, conflict, "apply over a foreign change is not a conflict")?;
    SUITE.check(4, bench.fixture.observe().await == disturbed, "a refused apply changed the world")
}

async fn undo_stops_at_a_foreign_change(bench: Bench) -> Verdict {
    bench.apply_all().await?;
    bench.fixture.disturb().await;
    let disturbed = bench.fixture.observe().await;
    let undone = SUITE.call(8, "undo", bench.executor.undo(&bench.work(), 0).await)?;
    SUITE.check(8, matches!(undone, Undone::ForeignChange { .. }), "undo went over a foreign change")?;
    SUITE.check(8, bench.fixture.observe().await == disturbed, "undo changed what somebody else had changed")
}

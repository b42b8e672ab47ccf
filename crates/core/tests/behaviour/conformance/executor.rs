use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::ActionSpec;
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{Preview, Step};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::testing::conformance::{self, ExecutorFixture, Verdict};
use selfheal_core::testing::{FakeExecutor, FakeWorld, set_value};

use super::broken;
use crate::scene::thing;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    PreviewWrites,
    PreviewsTooFew,
    PreviewDiffersEachTime,
    RehearsalWrites,
    ApplyDoesNothing,
    ApplyIgnoresTheFence,
    ProbeSaysApplied,
    ProbeSaysAbsent,
    UndoForgets,
    UndoOverwrites,
    UndoInventsAForeignChange,
}

struct Buggy {
    inner: FakeExecutor,
    world: FakeWorld,
    bug: Bug,
}

#[async_trait]
impl Executor for Buggy {
    fn system(&self) -> &str {
        self.inner.system()
    }

    fn kinds(&self) -> &[ActionSpec] {
        self.inner.kinds()
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let mut previews = self.inner.preview(work).await?;
        match self.bug {
            Bug::PreviewWrites => self.world.set("scratch", &work.previews.len().to_string()),
            Bug::PreviewsTooFew => drop(previews.pop()),
            Bug::PreviewDiffersEachTime => previews[0].summary = format!("preview {}", work.previews.len()),
            _ => {}
        }
        Ok(previews)
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        if self.bug == Bug::RehearsalWrites {
            self.world.set("key", "rehearsed");
            return Ok(Rehearsal::Verified { facts: Facts::new() });
        }
        self.inner.rehearse(work).await
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        match self.bug {
            Bug::ApplyDoesNothing => Ok(()),
            Bug::ApplyIgnoresTheFence if self.inner.apply(work, step, attempt).await.is_err() => {
                let action = &work.steps[step].action;
                self.world.set(action.text("key").unwrap(), action.text("value").unwrap());
                Ok(())
            }
            Bug::ApplyIgnoresTheFence => Ok(()),
            _ => self.inner.apply(work, step, attempt).await,
        }
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        match self.bug {
            Bug::ProbeSaysApplied => Ok(EffectStatus::Applied),
            Bug::ProbeSaysAbsent => Ok(EffectStatus::Absent),
            _ => self.inner.probe(work, step).await,
        }
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        match self.bug {
            Bug::UndoForgets => Ok(Undone::Restored),
            Bug::UndoInventsAForeignChange => Ok(Undone::ForeignChange { what: "everything".to_owned() }),
            Bug::UndoOverwrites => {
                let preview = &work.previews[step];
                self.world.set(&preview.changes[0].what, preview.changes[0].before.as_deref().unwrap_or("?"));
                Ok(Undone::Restored)
            }
            _ => self.inner.undo(work, step).await,
        }
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        self.inner.settle(incident).await
    }
}

struct Fixture {
    executor: Arc<Buggy>,
}

#[async_trait]
impl ExecutorFixture for Fixture {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn steps(&self) -> Vec<Step> {
        vec![set_value(&thing(), "key", "new").unwrap(), set_value(&thing(), "other", "new").unwrap()]
    }

    async fn observe(&self) -> String {
        format!("{:?}", self.executor.world.snapshot())
    }

    async fn disturb(&self) {
        self.executor.world.set("key", "set by hand");
    }
}

async fn run(bug: Bug) -> Verdict {
    conformance::executor(|| async {
        let world = FakeWorld::default();
        world.set("key", "old");
        world.set("other", "old");
        let executor = Arc::new(Buggy { inner: FakeExecutor::new(world.clone()), world, bug });
        Box::new(Fixture { executor }) as Box<dyn ExecutorFixture>
    })
    .await
}

#[tokio::test]
async fn the_fake_executor_keeps_its_obligations() {
    run(Bug::None).await.unwrap();
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    let bugs = [
        (Bug::PreviewWrites, 2),
        (Bug::PreviewsTooFew, 2),
        (Bug::PreviewDiffersEachTime, 2),
        (Bug::RehearsalWrites, 3),
        (Bug::ApplyDoesNothing, 4),
        (Bug::ApplyIgnoresTheFence, 4),
        (Bug::ProbeSaysApplied, 7),
        (Bug::ProbeSaysAbsent, 7),
        (Bug::UndoForgets, 8),
        (Bug::UndoOverwrites, 8),
        (Bug::UndoInventsAForeignChange, 8),
    ];
    for (bug, obligation) in bugs {
        assert_eq!(broken(run(bug).await), Some(obligation), "{bug:?}");
    }
}

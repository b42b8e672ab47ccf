//! The executor of `run_command`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::ActionSpec;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{PlanHash, Preview, Step};
use selfheal_core::ports::{Approved, CommandJudge, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::standard::run_command_spec;

use super::outcome;
use super::prepared::Prepared;
use crate::local::executor::blocking;
use crate::local::kept::{CommandEnd, StepKey};
use crate::local::pipeline::{Pipeline, SYSTEM, in_doubt, run_error};
use crate::local::process::{Finished, run};
use crate::local::staging::copy_error;
use crate::local::workspace::TreeStamp;

/// Runs commands of a person in the directory of a local pipeline: checks and waits that no other kind has.
///
/// It can't be built without a [`CommandJudge`], which it asks whenever it is asked anything itself, last right before it runs
/// a command. What is run is the judge's argument vector and never a shell: by a program outside of the project, the same file as was previewed,
/// in an environment without secrets, silently, for a bounded time. It runs once, when it is applied: a rehearsal runs nothing, since a
/// copy of the project shows nothing of what a command reads elsewhere, and whoever has to agree has not been asked yet.
///
/// There is no undo. A command of which nobody knows how it ended is not run again but told to a person.
pub struct CommandExecutor {
    local: Arc<Local>,
    kinds: [ActionSpec; 1],
}

struct Local {
    pipeline: Arc<Pipeline>,
    judge: Arc<dyn CommandJudge>,
}

/// [`Work`] that may go to another thread.
struct Task {
    incident: IncidentId,
    steps: Vec<Step>,
    previews: Vec<Preview>,
    keys: Vec<StepKey>,
    plan: Option<PlanHash>,
}

impl CommandExecutor {
    /// An executor for `pipeline` that runs what `judge` lets through.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, judge: Arc<dyn CommandJudge>) -> Self {
        Self { local: Arc::new(Local { pipeline, judge }), kinds: [run_command_spec()] }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: &Work<'_>,
        act: impl FnOnce(&Local, &Task) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (local, task) = (Arc::clone(&self.local), Task::of(work));
        blocking(move || {
            local.pipeline.enter(&task.incident)?;
            act(&local, &task)
        })
        .await
    }
}

impl Task {
    fn of(work: &Work<'_>) -> Self {
        let key = |index| StepKey::of(work.plan_hash, work.steps, index);
        Self {
            incident: work.incident.clone(),
            steps: work.steps.to_vec(),
            previews: work.previews.to_vec(),
            keys: (0..work.steps.len()).map(key).collect(),
            plan: work.plan_hash.cloned(),
        }
    }

    fn key(&self, index: usize) -> Result<&StepKey> {
        self.keys.get(index).ok_or_else(|| Error::new(ErrorKind::Invalid, "executor", "no such step"))
    }
}

impl Local {
    fn prepared(&self, step: &Step) -> Result<Prepared> {
        Prepared::of(&step.action, self.judge.as_ref(), &self.pipeline)
    }

    fn preview(&self, task: &Task) -> Result<Vec<Preview>> {
        let previews = task.steps.iter().map(|step| Ok(self.prepared(step)?.preview())).collect::<Result<_>>()?;
        self.pipeline.begin_keeping()?;
        Ok(previews)
    }

    /// What was previewed, judged once more and by the same program.
    fn as_previewed(&self, task: &Task, index: usize) -> Result<Prepared> {
        let no_such_step = || Error::new(ErrorKind::Invalid, "executor", "no such step");
        let prepared = self.prepared(task.steps.get(index).ok_or_else(no_such_step)?)?;
        let fences = task.previews.get(index).map_or(&[][..], |preview| &preview.fences);
        match fences == [prepared.fence()] {
            true => Ok(prepared),
            false => {
                let message = format!("the program of `{}` is not the one that was previewed", prepared.text());
                Err(Error::new(ErrorKind::Conflict, "executor.apply", message))
            }
        }
    }

    /// Runs nothing: it is judged once more, and its first run in place is the test.
    fn rehearse(&self, task: &Task) -> Result<Rehearsal> {
        for index in 0..task.steps.len() {
            self.as_previewed(task, index)?;
        }
        Ok(Rehearsal::InPlace)
    }

    fn apply(&self, task: &Task, index: usize) -> Result<()> {
        let prepared = self.as_previewed(task, index)?;
        let dir = &self.pipeline.config().dir;
        let before = self.stamps(&prepared)?;
        let key = task.key(index)?;
        self.pipeline.change(|kept| {
            // What the pipeline's own last run saw may be otherwise now: it is what a wait waits for.
            kept.outdate_run();
            kept.command_started(key.clone(), task.plan.as_ref());
            true
        })?;
        failpoint::hit("command_run.start_noted");
        let ran = self.run(&prepared, dir)?;
        failpoint::hit("command_run.ended");
        if self.stamps(&prepared).map_err(in_doubt)? != before {
            let message = format!("`{}` was judged to only read, and files changed while it ran", prepared.text());
            return Err(in_doubt(Error::new(ErrorKind::Conflict, "executor.apply", message)));
        }
        outcome::of(&ran, prepared.text(), &self.pipeline.config().redactor)?;
        self.pipeline.change(|kept| kept.command_ended(key)).map_err(in_doubt)?;
        failpoint::hit("command_run.end_noted");
        Ok(())
    }

    fn run(&self, prepared: &Prepared, root: &Path) -> Result<Finished> {
        let command = prepared.command(root, &self.pipeline);
        run(&command, self.pipeline.cancel()).map_err(|error| run_error("executor.run_command", error))
    }

    /// Of the project's files, and of what git would run or check out.
    fn stamps(&self, prepared: &Prepared) -> Result<Vec<TreeStamp>> {
        let of = |place: &Path| TreeStamp::of(place, Path::new(""), self.pipeline.cancel()).map_err(copy_error);
        let git = prepared.checkout().watched().map(|place| of(&place));
        std::iter::once(of(&self.pipeline.config().dir)).chain(git).collect()
    }

    /// A command leaves nothing behind but what was noted of it.
    fn probe(&self, task: &Task, index: usize) -> Result<EffectStatus> {
        let key = task.key(index)?;
        let session = self.pipeline.session();
        Ok(match session.kept.command(key) {
            Some(CommandEnd::Good) => EffectStatus::Applied,
            Some(CommandEnd::Unknown) => EffectStatus::Diverged,
            None if session.is_complete() => EffectStatus::Absent,
            None => EffectStatus::Diverged,
        })
    }
}

#[async_trait]
impl Executor for CommandExecutor {
    fn system(&self) -> &str {
        SYSTEM
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.with(work, Local::preview).await
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.with(work, Local::rehearse).await
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _: u32) -> Result<()> {
        self.with(work, move |local, task| local.apply(task, step)).await
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        self.with(work, move |local, task| local.probe(task, step)).await
    }

    async fn undo(&self, _: &Work<'_>, _: usize) -> Result<Undone> {
        Ok(Undone::Nothing)
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        let (local, incident) = (Arc::clone(&self.local), incident.clone());
        blocking(move || local.pipeline.settle(&incident)).await
    }
}

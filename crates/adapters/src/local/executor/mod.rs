//! The executor of local pipelines.

mod effects;
mod leg;
mod planned;
mod preview;
mod rehearse;
mod run;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use selfheal_core::action::ActionSpec;
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::Preview;
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::standard::standard_specs;

use self::leg::Leg;
use self::planned::Planned;
pub(super) use self::run::observe_run;
use super::ecosystem::Tools;
use super::kept::PlannedChanges;
use super::pipeline::{Pipeline, SYSTEM};
use super::staging::Staging;
use super::steps::LocalStep;
use super::workspace::UndoError;

/// Changes local pipelines: their files, environment and memory limit, and runs their command again.
///
/// - File changes are worked out on a private copy of the sources by the project's own package tool, which runs no project
///   code; rehearsed by running the command on a full copy; applied fenced on content hashes, with an undo record that is
///   durable before the first rename.
/// - Variables and memory limits are given to the command's next runs; nothing on disk changes. Their rehearsal is the run in
///   place.
/// - `retry_stage` runs the command in its directory.
///
/// All that it needs to go on is durable in the directory's private state before a call returns: an executor in another
/// process, over [`Pipeline::resumed`], probes, applies and undoes as this one would have. Material that isn't what was
/// previewed is refused. [`settle`](Executor::settle) removes it.
pub struct LocalExecutor {
    local: Arc<Local>,
    kinds: Vec<ActionSpec>,
}

struct Local {
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
    planned: Mutex<Planned>,
}

impl LocalExecutor {
    /// An executor for `pipeline` that asks package tools through `tools`.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, tools: Arc<dyn Tools>) -> Self {
        let local = Local { pipeline, tools, planned: Mutex::default() };
        if let Some(incident) = local.pipeline.incident() {
            // What can't be read is refused, with the reason, when it is needed.
            drop(local.planned(&incident));
        }
        Self { local: Arc::new(local), kinds: standard_specs() }
    }

    /// The file changes of the plan that was previewed last, as a patch for `git apply` or `patch -p1`: raw, not redacted.
    #[must_use]
    pub fn patch(&self) -> String {
        held(&self.local.planned).patch()
    }

    /// A probe that runs the command in place when no run has seen the present state yet.
    #[must_use]
    pub fn probe(&self) -> super::probe::CommandProbe {
        super::probe::CommandProbe::new(Arc::clone(&self.local.pipeline))
    }

    /// Does `work`, which may block, with what is known of the incident.
    async fn with<T: Send + 'static>(
        &self,
        leg: Leg,
        work: impl FnOnce(&Local, &Leg) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let local = Arc::clone(&self.local);
        blocking(move || {
            local.pipeline.enter(&leg.incident)?;
            work(&local, &leg)
        })
        .await
    }
}

impl Local {
    /// The plan of `incident` that was previewed last, here or in another process.
    fn planned(&self, incident: &IncidentId) -> Result<MutexGuard<'_, Planned>> {
        let mut planned = held(&self.planned);
        planned.load(incident, &self.pipeline.folder(incident))?;
        Ok(planned)
    }

    fn preview(&self, leg: &Leg) -> Result<Vec<Preview>> {
        let steps = leg.parsed()?;
        preview::check_given(&self.pipeline, &steps)?;
        let changes = match steps.iter().any(LocalStep::changes_files) {
            true => Staging::new(&self.pipeline, self.tools.as_ref())?.carry_out(&leg.steps)?,
            false => vec![Vec::new(); steps.len()],
        };
        let describe = |(step, changes): (&LocalStep, &Vec<_>)| preview::preview(&self.pipeline, step, changes);
        let previews = steps.iter().zip(&changes).map(describe).collect::<Result<_>>()?;
        self.pipeline.begin_keeping()?;
        let plan = PlannedChanges { steps: leg.steps.clone(), changes };
        held(&self.planned).keep(&leg.incident, plan, &self.pipeline.folder(&leg.incident))?;
        Ok(previews)
    }

    fn rehearse(&self, leg: &Leg) -> Result<Rehearsal> {
        let steps = leg.parsed()?;
        if !steps.iter().any(LocalStep::changes_files) && !self.pipeline.config().leave_in_place {
            return Ok(Rehearsal::InPlace);
        }
        if let Some(why) = self.pipeline.bound_to_its_place() {
            return Ok(Rehearsal::Unsupported { why: format!("it can't be rehearsed on a copy: {why}") });
        }
        self.pipeline.may_start()?;
        let changes = self.planned(&leg.incident)?.all(leg)?;
        for (index, step) in steps.iter().enumerate() {
            self.check_variable(leg, index, step)?;
        }
        let attempts = leg.steps.last().map_or(1, |step| step.retry.attempts);
        let rehearsal = rehearse::rehearse_on_copy(&self.pipeline, &steps, &changes, attempts)?;
        failpoint::hit("executor.rehearsed");
        self.pipeline.change(|kept| {
            kept.set_verified(leg.whole(), matches!(rehearsal, Rehearsal::Verified { .. }));
            true
        })?;
        Ok(rehearsal)
    }
}

#[async_trait]
impl Executor for LocalExecutor {
    fn system(&self) -> &str {
        SYSTEM
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.with(Leg::of(work), Local::preview).await
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.with(Leg::of(work), Local::rehearse).await
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        self.with(Leg::of(work), move |local, leg| local.apply(leg, step, attempt)).await
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        self.with(Leg::of(work), move |local, leg| local.probe(leg, step)).await
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        self.with(Leg::of(work), move |local, leg| local.undo(leg, step)).await
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        let (local, incident) = (Arc::clone(&self.local), incident.clone());
        blocking(move || local.pipeline.settle(&incident)).await
    }
}

/// Runs `work` where it may block.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, "local", "a blocking call panicked").with_source(error))
    })
}

pub(super) fn undo_error(error: UndoError) -> Error {
    let unknown = matches!(error, UndoError::PartlyApplied { .. });
    let kind = match &error {
        UndoError::Fence { .. } | UndoError::Foreign { .. } | UndoError::Occupied { .. } => ErrorKind::Conflict,
        UndoError::Outside { .. } => ErrorKind::Forbidden,
        _ => ErrorKind::Unavailable,
    };
    let retry = if unknown { Retry::UnknownOutcome } else { Retry::Permanent };
    Error::new(kind, "workspace", error.to_string()).with_retry(retry)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The executor of local pipelines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use selfheal_core::action::{ActionSpec, Reversibility};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::incident::{Fingerprint, IncidentId};
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview, Step};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::standard::standard_specs;

use super::ecosystem::Tools;
use super::noise::Noise;
use super::observation;
use super::pipeline::{LastRun, Pipeline, SYSTEM, run_error};
use super::process::Finished;
use super::staging::{Staging, copy_error};
use super::steps::LocalStep;
use super::workspace::{ContentHash, FileChange, FileState, Scope, Scratch, TreeStamp, Undo, UndoError};

/// Changes local pipelines: their files, environment and memory limit, and runs their command again.
///
/// - File changes are worked out on a private copy of the sources by the project's own package tool, which runs no project
///   code; rehearsed by running the command on a full copy; applied fenced on content hashes, with an undo record that is
///   durable before the first rename.
/// - Variables and memory limits are given to the command's next runs; nothing on disk changes. Their rehearsal is the run in
///   place.
/// - `retry_stage` runs the command in its directory.
pub struct LocalExecutor {
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
    kinds: Vec<ActionSpec>,
    planned: Arc<Mutex<Planned>>,
    undo: Arc<Mutex<Option<Undo>>>,
}

/// File changes of the plan that was previewed last, one list per step.
#[derive(Default)]
struct Planned {
    steps: Vec<Step>,
    changes: Vec<Vec<FileChange>>,
    /// Whether a rehearsal of exactly these changes was verified.
    verified: bool,
}

impl LocalExecutor {
    /// An executor for `pipeline` that asks package tools through `tools`.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, tools: Arc<dyn Tools>) -> Self {
        Self { pipeline, tools, kinds: standard_specs(), planned: Arc::default(), undo: Arc::default() }
    }

    fn changes(&self, work: &Work<'_>, step: usize) -> Result<Vec<FileChange>> {
        let planned = held(&self.planned);
        match planned.steps == work.steps {
            true => Ok(planned.changes.get(step).cloned().unwrap_or_default()),
            false => Err(Error::new(ErrorKind::Invalid, "executor", "this plan was not previewed by this executor")),
        }
    }

    fn step(work: &Work<'_>, step: usize) -> Result<LocalStep> {
        let found = work.steps.get(step).ok_or_else(|| Error::new(ErrorKind::Invalid, "executor", "no such step"))?;
        LocalStep::of(&found.action)
    }

    async fn apply_files(&self, incident: &IncidentId, changes: Vec<FileChange>) -> Result<()> {
        let (pipeline, undo, incident) = (Arc::clone(&self.pipeline), Arc::clone(&self.undo), incident.clone());
        blocking(move || {
            let config = pipeline.config();
            let mut undo = held(&undo);
            let undo = undo.get_or_insert_with(|| Undo::new(&config.dir, &config.state, incident.as_str()));
            undo.apply(&changes).map_err(undo_error)
        })
        .await
    }

    async fn run_in_place(&self) -> Result<()> {
        self.pipeline.may_start()?;
        let (pipeline, undo) = (Arc::clone(&self.pipeline), Arc::clone(&self.undo));
        blocking(move || observe_run(&pipeline, &undo).map(drop)).await
    }

    /// The file changes of the plan that was previewed last, as a patch for `git apply` or `patch -p1`: raw, not redacted.
    #[must_use]
    pub fn patch(&self) -> String {
        held(&self.planned).changes.iter().flatten().map(FileChange::diff).collect()
    }

    /// A probe that runs the command in place when no run has seen the present state yet.
    #[must_use]
    pub fn probe(&self) -> super::probe::CommandProbe {
        super::probe::CommandProbe::new(Arc::clone(&self.pipeline), Arc::clone(&self.undo))
    }
}

/// Runs the command in place and notes what was seen, for the generation in which it ran.
pub(super) fn observe_run(pipeline: &Pipeline, undo: &Mutex<Option<Undo>>) -> Result<LastRun> {
    let generation = pipeline.session().generation;
    let ran = pipeline.run_in_place();
    if let Some(undo) = held(undo).as_mut() {
        undo.command_ended().map_err(undo_error)?;
    }
    let ran = ran.map_err(|error| run_error("pipeline.run", error))?;
    if pipeline.cancel().requested().is_some() {
        return Err(Error::new(ErrorKind::Cancelled, "pipeline.run", "stopped by the user"));
    }
    let config = pipeline.config();
    let origin = format!("output of `{}`", pipeline.command_line());
    let observation = observation::observation(&ran, &origin, pipeline.memory_limit(), &config.redactor);
    let last = LastRun { generation, observation };
    pipeline.session().last = Some(last.clone());
    Ok(last)
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
        let (pipeline, tools, steps) = (Arc::clone(&self.pipeline), Arc::clone(&self.tools), work.steps.to_vec());
        let planned = Arc::clone(&self.planned);
        blocking(move || {
            let parsed = steps.iter().map(|step| LocalStep::of(&step.action)).collect::<Result<Vec<_>>>()?;
            check_given(&pipeline, &parsed)?;
            let changes = match parsed.iter().any(LocalStep::changes_files) {
                true => Staging::new(&pipeline, tools.as_ref())?.carry_out(&steps)?,
                false => vec![Vec::new(); steps.len()],
            };
            let previews =
                parsed.iter().zip(&changes).map(|(step, changes)| preview(&pipeline, step, changes)).collect();
            *held(&planned) = Planned { steps, changes, verified: false };
            Ok(previews)
        })
        .await
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        let steps = (0..work.steps.len()).map(|step| Self::step(work, step)).collect::<Result<Vec<_>>>()?;
        if !steps.iter().any(LocalStep::changes_files) && !self.pipeline.config().leave_in_place {
            return Ok(Rehearsal::InPlace);
        }
        if let Some(why) = self.pipeline.bound_to_its_place() {
            return Ok(Rehearsal::Unsupported { why: format!("it can't be rehearsed on a copy: {why}") });
        }
        self.pipeline.may_start()?;
        let changes = (0..work.steps.len()).map(|step| self.changes(work, step)).collect::<Result<Vec<_>>>()?.concat();
        let pipeline = Arc::clone(&self.pipeline);
        let attempts = work.steps.last().map_or(1, |step| step.retry.attempts);
        let rehearsal = blocking(move || rehearse_on_copy(&pipeline, &steps, &changes, attempts)).await?;
        held(&self.planned).verified = matches!(rehearsal, Rehearsal::Verified { .. });
        Ok(rehearsal)
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        let parsed = Self::step(work, step)?;
        match parsed {
            LocalStep::Retry => {
                self.pipeline.session().generation += 1;
                let _noise = Noise::for_attempt(attempt);
                return self.run_in_place().await;
            }
            LocalStep::SetEnvironment { name, .. } => {
                let mut session = self.pipeline.session();
                session.given.push(name);
                session.given.dedup();
            }
            LocalStep::IncreaseMemory { limit_bytes } => self.pipeline.session().memory = Some(limit_bytes),
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => {
                let changes = self.changes(work, step)?;
                // Whatever policy allows: files change only after a verified rehearsal of exactly these changes.
                if !held(&self.planned).verified {
                    let message = "files are changed only after a verified rehearsal on a copy";
                    return Err(Error::new(ErrorKind::Forbidden, "executor.apply", message));
                }
                self.apply_files(work.incident, changes).await?;
            }
        }
        self.pipeline.session().generation += 1;
        Ok(())
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let session = self.pipeline.session().clone();
        let given = |yes: bool| if yes { EffectStatus::Applied } else { EffectStatus::Absent };
        Ok(match Self::step(work, step)? {
            // Whether a run happened can't be seen afterwards.
            LocalStep::Retry => EffectStatus::Diverged,
            LocalStep::SetEnvironment { name, .. } => given(session.given.contains(&name)),
            LocalStep::IncreaseMemory { limit_bytes } => given(session.memory == Some(limit_bytes)),
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => {
                status_of(&self.pipeline.config().dir, &self.changes(work, step)?)?
            }
        })
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let undone = match Self::step(work, step)? {
            LocalStep::Retry => Undone::Nothing,
            LocalStep::SetEnvironment { name, .. } => {
                self.pipeline.session().given.retain(|given| *given != name);
                Undone::Restored
            }
            LocalStep::IncreaseMemory { .. } => {
                self.pipeline.session().memory = None;
                Undone::Restored
            }
            LocalStep::Dependencies { .. } | LocalStep::EditFile { .. } => {
                let (undo, changes) = (Arc::clone(&self.undo), self.changes(work, step)?);
                blocking(move || take_back(&undo, &changes)).await?
            }
        };
        self.pipeline.session().generation += 1;
        Ok(undone)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        let undo = held(&self.undo).take();
        undo.map_or(Ok(()), |mut undo| undo.settle().map_err(undo_error))
    }
}

fn take_back(undo: &Mutex<Option<Undo>>, changes: &[FileChange]) -> Result<Undone> {
    let mut undo = held(undo);
    let Some(undo) = undo.as_mut() else { return Ok(Undone::Nothing) };
    match undo.take_back(changes) {
        Ok(true) => Ok(Undone::Restored),
        Ok(false) => Ok(Undone::Nothing),
        Err(UndoError::Foreign { path }) => Ok(Undone::ForeignChange { what: path.display().to_string() }),
        Err(error) => Err(undo_error(error)),
    }
}

fn check_given(pipeline: &Pipeline, steps: &[LocalStep]) -> Result<()> {
    let config = pipeline.config();
    let refuse = |kind, message: String| Err(Error::new(kind, "executor.preview", message));
    for step in steps {
        match step {
            LocalStep::SetEnvironment { name, source } => match config.variables.get(name) {
                Some(variable) if variable.source == *source => {}
                _ => {
                    return refuse(
                        ErrorKind::NotFound,
                        format!("no configured source called {source} has the variable {name}"),
                    );
                }
            },
            LocalStep::IncreaseMemory { limit_bytes } if config.memory_max.is_none_or(|max| *limit_bytes > max) => {
                return refuse(
                    ErrorKind::LimitReached,
                    "the memory limit may not be raised so far (--memory-max)".to_owned(),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

fn rehearse_on_copy(
    pipeline: &Pipeline,
    steps: &[LocalStep],
    changes: &[FileChange],
    attempts: u32,
) -> Result<Rehearsal> {
    let config = pipeline.config();
    let cancel = pipeline.cancel();
    let scratch = match Scratch::copy(&config.dir, &config.scratch, Scope::Everything, cancel) {
        Err(refused) if refused.is_refusal() => {
            return Ok(Rehearsal::Unsupported { why: format!("it can't be rehearsed on a copy: {refused}") });
        }
        copied => copied.map_err(copy_error)?,
    };
    scratch.write(changes).map_err(copy_error)?;
    let before = TreeStamp::of(&config.dir, scratch.root(), cancel).map_err(copy_error)?;
    let mut rehearsal = rehearse_once(pipeline, &scratch, steps)?;
    for attempt in 2..=attempts {
        if !matches!(rehearsal, Rehearsal::Failed { .. }) || pipeline.may_start().is_err() {
            break;
        }
        let _noise = Noise::for_attempt(attempt);
        rehearsal = rehearse_once(pipeline, &scratch, steps)?;
    }
    if TreeStamp::of(&config.dir, scratch.root(), cancel).map_err(copy_error)? != before {
        let why = "files in the directory itself changed while the command ran on the copy, so the copy proves nothing";
        return Ok(Rehearsal::Unsupported { why: why.to_owned() });
    }
    if matches!(rehearsal, Rehearsal::Failed { .. }) && !copy_is_faithful(pipeline)? {
        let why = "the command fails differently on an unchanged copy than in its directory, so a copy proves nothing";
        return Ok(Rehearsal::Unsupported { why: why.to_owned() });
    }
    Ok(rehearsal)
}

/// Whether an unchanged copy fails just as the directory did. What fails otherwise (the copy lacks a neighbour of the
/// directory, say) would be taken for the next thing to mend. Found out once, by a run of its own.
fn copy_is_faithful(pipeline: &Pipeline) -> Result<bool> {
    let known = pipeline.session().copy_is_faithful;
    if let Some(known) = known {
        return Ok(known);
    }
    let Some(first) = pipeline.first_run() else { return Ok(false) };
    pipeline.may_start()?;
    let config = pipeline.config();
    let scratch =
        Scratch::copy(&config.dir, &config.scratch, Scope::Everything, pipeline.cancel()).map_err(copy_error)?;
    let ran = pipeline.run_in_copy(&scratch, &[], None).map_err(|error| run_error("executor.rehearse", error))?;
    let faithful = failure_of(pipeline, &ran) == failure_of(pipeline, &first);
    pipeline.session().copy_is_faithful = Some(faithful);
    Ok(faithful)
}

fn failure_of(pipeline: &Pipeline, run: &Finished) -> Fingerprint {
    let facts = observation::facts(run, pipeline.config().memory);
    let evidence = observation::evidence(run, observation::TAIL_LINES, "", &pipeline.config().redactor);
    Fingerprint::of(&pipeline.resource(), &facts, &evidence)
}

fn rehearse_once(pipeline: &Pipeline, scratch: &Scratch, steps: &[LocalStep]) -> Result<Rehearsal> {
    let given: Vec<String> = steps.iter().filter_map(variable).collect();
    let memory = steps.iter().filter_map(limit).max();
    let ran = pipeline.run_in_copy(scratch, &given, memory).map_err(|error| run_error("executor.rehearse", error))?;
    if pipeline.cancel().requested().is_some() {
        return Err(Error::new(ErrorKind::Cancelled, "executor.rehearse", "stopped by the user"));
    }
    let facts = observation::facts(&ran, memory.or(pipeline.memory_limit()));
    if ran.exit.success() && ran.stopped.is_none() {
        return Ok(Rehearsal::Verified { facts });
    }
    let origin = format!("output of `{}` on a copy", pipeline.command_line());
    Ok(Rehearsal::Failed {
        facts,
        evidence: observation::evidence(&ran, observation::TAIL_LINES, &origin, &pipeline.config().redactor),
    })
}

fn variable(step: &LocalStep) -> Option<String> {
    match step {
        LocalStep::SetEnvironment { name, .. } => Some(name.clone()),
        _ => None,
    }
}

fn limit(step: &LocalStep) -> Option<u64> {
    match step {
        LocalStep::IncreaseMemory { limit_bytes } => Some(*limit_bytes),
        _ => None,
    }
}

fn status_of(dir: &std::path::Path, changes: &[FileChange]) -> Result<EffectStatus> {
    let unreadable = |error: std::io::Error| Error::new(ErrorKind::Unavailable, "executor.probe", error.to_string());
    let now = changes.iter().map(|change| FileState::read(&dir.join(&change.path)));
    let now = now.collect::<std::io::Result<Vec<_>>>().map_err(unreadable)?;
    let all =
        |side: fn(&FileChange) -> &Option<FileState>| changes.iter().zip(&now).all(|(change, now)| side(change) == now);
    Ok(match (all(|change| &change.after), all(|change| &change.before)) {
        (true, _) => EffectStatus::Applied,
        (_, true) => EffectStatus::Absent,
        _ => EffectStatus::Diverged,
    })
}

fn preview(pipeline: &Pipeline, step: &LocalStep, changes: &[FileChange]) -> Preview {
    let config = pipeline.config();
    let described: Vec<Change> = changes.iter().map(|change| described(change, &config.redactor)).collect();
    let sizes = changes.iter().map(FileChange::size);
    let (added, removed) =
        sizes.fold((0u32, 0u32), |sum, size| (sum.0.saturating_add(size.0), sum.1.saturating_add(size.1)));
    Preview {
        summary: summary(pipeline, step),
        fences: described
            .iter()
            .map(|change| Fence { what: change.what.clone(), version: change.before.clone() })
            .collect(),
        blast_radius: BlastRadius {
            resources: 1,
            changes: u32::try_from(changes.len()).unwrap_or(u32::MAX),
            lines_added: added,
            lines_removed: removed,
        },
        undo_hash: undo_hash(changes),
        reversibility: match step {
            LocalStep::Retry => Reversibility::NothingToUndo,
            _ => Reversibility::Undoable,
        },
        changes: described,
    }
}

/// Of what the undo record will keep: path and former content of each file.
fn undo_hash(changes: &[FileChange]) -> Option<String> {
    let kept = |change: &FileChange| {
        let before = change.before.as_ref().map(|state| state.hash().as_str().to_owned());
        format!("{} {}\n", change.path.display(), before.unwrap_or_default())
    };
    let listed: String = changes.iter().map(kept).collect();
    (!listed.is_empty()).then(|| ContentHash::of(listed.as_bytes()).as_str().to_owned())
}

fn described(change: &FileChange, redactor: &selfheal_detect::redact::Redactor) -> Change {
    let hash = |state: &Option<FileState>| state.as_ref().map(|state| state.hash().as_str().to_owned());
    Change {
        what: change.path.display().to_string(),
        before: hash(&change.before),
        after: hash(&change.after),
        diff: redactor.redact(&change.diff()).into_owned(),
    }
}

fn summary(pipeline: &Pipeline, step: &LocalStep) -> String {
    use super::ecosystem::Change as Dependency;
    match step {
        LocalStep::Retry => format!("run `{}` again", pipeline.command_line()),
        LocalStep::SetEnvironment { name, source } => format!("give the command {name} from {source}"),
        LocalStep::IncreaseMemory { limit_bytes } => {
            let before = pipeline.memory_limit().map_or_else(|| "no limit".to_owned(), mebibytes);
            format!("raise the memory limit from {before} to {}", mebibytes(*limit_bytes))
        }
        LocalStep::EditFile { path, line, .. } => format!("edit {} at line {line}", path.display()),
        LocalStep::Dependencies { change, .. } => match change {
            Dependency::PatchVersion { pin, also } => {
                let more = if also.is_empty() { String::new() } else { format!(" and {} more", also.len()) };
                format!("set {} to {} in {}{more}", pin.package, pin.requirement, pin.manifest.display())
            }
            Dependency::AddDependency { pin, .. } => {
                format!("add {} {} to {}", pin.package, pin.requirement, pin.manifest.display())
            }
            Dependency::RegenerateLockfile { manifest } => {
                format!("bring the lockfile of {} up to date", manifest.display())
            }
        },
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
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
        UndoError::Fence { .. } | UndoError::Foreign { .. } => ErrorKind::Conflict,
        UndoError::Outside { .. } => ErrorKind::Forbidden,
        _ => ErrorKind::Unavailable,
    };
    let retry = if unknown { Retry::UnknownOutcome } else { Retry::Permanent };
    Error::new(kind, "workspace", error.to_string()).with_retry(retry)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

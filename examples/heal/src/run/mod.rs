//! `heal run`: runs the command; if it fails, heals it.

mod channels;
mod commands;
mod consulted;
mod consulting;
mod ending;
mod env_file;
mod failed;
mod failures;
mod inputs;
mod log;
mod manifest;
mod outcome;
mod policies;
mod progress;
mod recovery;
mod repeats;
mod resume;
mod tidying;
mod waiting;
mod wiring;

pub(crate) use consulted::Consulted;
pub(crate) use ending::state_of;
pub(crate) use inputs::{redactor_of, user_state};
pub(crate) use outcome::RunResult;
pub(crate) use resume::{main as resume, named, open_incidents};
pub(crate) use waiting::Waiting;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selfheal_adapters::local::Pipeline;
use selfheal_adapters::local::process::{Finished, RunError};
use selfheal_adapters::local::workspace::{DirectoryLock, LockError, Scratch};
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::Report;

use crate::cli::RunOptions;
use crate::exit;
use crate::say::{Voice, json, timeline};
use crate::signals::Stop;
use failed::Failed;
use inputs::Inputs;
use manifest::Manifest;

/// The fact that says in which directory the command ran.
pub(crate) const DIRECTORY: &str = "directory";

/// Why a run ended without a result; the status says whose fault it is.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: i32,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self { status: exit::USAGE, message: message.to_string() }
    }

    pub(crate) fn failed(message: impl ToString) -> Self {
        Self { status: exit::FAILED, message: message.to_string() }
    }
}

/// Runs `heal run` and says how it went; the exit status.
pub(crate) fn main(options: &RunOptions) -> i32 {
    let voice = Voice::default();
    match heal(options, inputs::user_state(), &voice) {
        Ok(result) => {
            tell(&result, options.json, &voice);
            result.status
        }
        Err(refusal) => {
            voice.error(&refusal.message);
            refusal.status
        }
    }
}

/// Tells how a run went: as one JSON object, or for people.
fn tell(result: &RunResult, as_json: bool, voice: &Voice) {
    if as_json {
        json::print(result);
    } else {
        timeline::tell(voice, result);
    }
}

/// Runs the command and heals it. `user_state` is where directories outside of git keep their state.
///
/// # Errors
/// A [`Refusal`] if it can't be run, or the healer itself fails.
pub(crate) fn heal(options: &RunOptions, user_state: Option<PathBuf>, voice: &Voice) -> Result<RunResult, Refusal> {
    block_on(heal_async(options, user_state, voice))
}

pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Refusal::failed)?;
    let result = runtime.block_on(work);
    // A call that was told to stop still has its copy to remove.
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    result
}

async fn heal_async(options: &RunOptions, user_state: Option<PathBuf>, voice: &Voice) -> Result<RunResult, Refusal> {
    let started = Instant::now();
    let stop = Stop::default();
    stop.listen().map_err(Refusal::failed)?;
    let inputs = Inputs::read(options, user_state)?;
    let _lock = lock(&inputs)?;
    recovery::recover(&inputs, voice).await?;
    inputs.store.check()?;
    let pipeline = Arc::new(inputs.pipeline(options, &stop)?);
    policies::say_if_none_covers(options, &inputs, &pipeline.resource().name, voice);
    // Also if the command passes: nobody else removes what a killed healer left.
    Scratch::sweep(&pipeline.config().scratch);
    let run = run_first(&pipeline, &stop).await?;
    if run.exit.success() {
        failures::passed(&inputs, &pipeline.resource().name, voice).await;
        return Ok(RunResult::passed(options, &pipeline, started.elapsed()));
    }
    let failed_at = Failed::now();
    let store = inputs.store.open(voice).await?;
    let failed = Failed { options, inputs, store: &store, stop: &stop, pipeline, run, started, failed_at, voice };
    let result = failed.dealt_with().await?;
    store.close(voice).await;
    Ok(result)
}

/// The loop could not go on: most likely its journal can't be written. Nothing is lost that was acknowledged.
fn interrupted(incident: &IncidentId, error: selfheal_core::error::Error) -> Refusal {
    Refusal::failed(format!("{error}; nothing more is done. When that is mended: heal resume {incident}"))
}

fn say_if_timed_out(pipeline: &Pipeline, voice: &Voice) {
    if let Some(limit) = pipeline.timed_out() {
        let seconds = limit.as_secs();
        voice.note(&format!(
            "a further run of `{}` was stopped after {seconds} s (--rerun-timeout) and counts as failed",
            pipeline.command_line()
        ));
    }
}

/// What is left to do for an incident once its loop ended.
fn conclude(inputs: &Inputs, report: &Report, voice: &Voice) {
    let incident = &report.incident().id;
    match report.outcome() {
        Some(_) => Manifest::remove(&inputs.state, incident),
        None if report.trouble().is_some() => {
            voice.note(&format!("nobody received the escalation; it stays open: heal resume {incident}"));
        }
        None => {}
    }
}

/// What there is to report on once the loop ended.
pub(crate) struct Ended {
    /// How the command ended when it first failed.
    pub(crate) first_exit: i32,
    pub(crate) report: Report,
    /// What it waits for, if it is left open.
    pub(crate) waiting: Option<Waiting>,
    /// What language models were asked, if they were.
    pub(crate) consulted: Option<Consulted>,
    /// What stands in the way after the last thing that was tried, if that is something else than what was diagnosed.
    pub(crate) obstacle: Option<Hypothesis>,
    pub(crate) detect: Duration,
    pub(crate) tools: Duration,
    pub(crate) total: Duration,
}

fn finish(
    options: &RunOptions,
    host: &wiring::Host,
    pipeline: &Pipeline,
    stop: &Stop,
    ended: Ended,
    voice: &Voice,
) -> RunResult {
    commands::say_if_off(options, &ended.report, voice);
    let mut result = RunResult::of(options, pipeline, stop.status(), ended);
    let Some(path) = options.patch.as_ref().filter(|_| result.has_change()) else { return result };
    match policies::write_patch(path, &host.executor.patch(), &pipeline.config().redactor) {
        Ok(written) => result.patch = Some(written),
        // What was done stays done, and is reported; only the status can say that the file is missing.
        Err(refusal) => {
            voice.error(&refusal.message);
            result.status = refusal.status;
        }
    }
    result
}

fn lock(inputs: &Inputs) -> Result<DirectoryLock, Refusal> {
    let holder = format!("process {}: {}", std::process::id(), inputs.command_line());
    DirectoryLock::acquire(&inputs.dir, &inputs.state, &holder).map_err(|error| match error {
        LockError::Busy { .. } => Refusal::usage(format!("{}: {error}", inputs.dir.display())),
        LockError::Io { .. } => Refusal::usage(error),
    })
}

async fn run_first(pipeline: &Arc<Pipeline>, stop: &Stop) -> Result<Arc<Finished>, Refusal> {
    let running = Arc::clone(pipeline);
    let ran = tokio::task::spawn_blocking(move || running.run_in_place()).await.map_err(Refusal::failed)?;
    if let Some(status) = stop.status() {
        return Err(Refusal { status, message: format!("interrupted while `{}` ran", pipeline.command_line()) });
    }
    ran.map_err(|error| match &error {
        RunError::NotFound { .. } => Refusal { status: 127, message: error.to_string() },
        RunError::NotExecutable { .. } => Refusal { status: 126, message: error.to_string() },
        RunError::DirUnreadable { .. } | RunError::MemoryLimitUnavailable { .. } => Refusal::usage(error),
        _ => Refusal::failed(error),
    })
}

fn how(finished: &Finished) -> String {
    use selfheal_adapters::local::process::Exit;
    match finished.exit {
        Exit::Code(code) => format!("exit status {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

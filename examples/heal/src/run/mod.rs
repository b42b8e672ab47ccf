//! `heal run`: runs the command; if it fails, heals it.

mod channels;
mod ending;
mod env_file;
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

pub(crate) use ending::state_of;
pub(crate) use inputs::{redactor_of, user_state};
pub(crate) use outcome::RunResult;
pub(crate) use resume::{main as resume, named, open_incidents};
pub(crate) use waiting::Waiting;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selfheal_adapters::local::process::{Finished, RunError};
use selfheal_adapters::local::workspace::{DirectoryLock, LockError, Scratch};
use selfheal_adapters::local::{Pipeline, observation};
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::facts::Fact;
use selfheal_core::incident::{IncidentId, Signal};
use selfheal_core::orchestrator::{Report, SystemClock, SystemEntropy, Timings};
use selfheal_core::ports::{Clock, Entropy};

use crate::cli::{RunOptions, StoreOptions};
use crate::exit;
use crate::say::{Voice, json, timeline};
use crate::signals::Stop;
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
    // Also if the command passes: nobody else removes what a killed healer left.
    Scratch::sweep(&pipeline.config().scratch);
    let first = run_first(&pipeline, &stop).await?;
    if first.exit.success() {
        failures::passed(&inputs, &pipeline.resource().name, voice).await;
        return Ok(RunResult::passed(options, &pipeline, started.elapsed()));
    }
    let (failed_at, observed_at) = (Instant::now(), SystemClock::default().now());
    let store = inputs.store.open(voice).await?;
    let failed = format!("`{}` failed with {}", pipeline.command_line(), how(&first));
    if let Some(patience) = failures::failed(&inputs, &store, &pipeline.resource().name).await? {
        voice.note(&format!("{failed}: {patience}"));
        store.close(voice).await;
        return Ok(RunResult::not_yet(&pipeline, first.exit.shell_status(), patience, started.elapsed()));
    }
    if let Some(former) = repeats::former(options, &inputs, &store, &pipeline, &stop, &first).await? {
        let id = &former.incident.id;
        voice.note(&format!("{failed} as it did for {id}, which waits; no other incident is opened"));
        let ended = Ended {
            first_exit: first.exit.shell_status(),
            waiting: Waiting::of(&former, &inputs, &store, &again(options)).await?,
            report: Report { state: former, timings: Timings::default() },
            obstacle: None,
            detect: failed_at.elapsed(),
            tools: Duration::ZERO,
            total: started.elapsed(),
        };
        store.close(voice).await;
        return Ok(RunResult::of(options, &pipeline, stop.status(), ended));
    }
    voice.note(&format!("{failed}; looking into it"));
    let host = wiring::Host::new(options, &inputs, &pipeline, &stop, &store, voice)?;
    let incident = announce(options, &inputs)?;
    // The evidence is read from the log by the orchestrator.
    let facts = observation::facts(&first, pipeline.memory_limit())
        .with(DIRECTORY, Fact::Text(inputs.dir.display().to_string()));
    let signal = Signal::new(pipeline.resource(), options.env.clone())
        .with_incident(incident.clone())
        .with_observed_at(observed_at)
        .with_facts(facts);
    let detect = failed_at.elapsed();
    let report = host.orchestrator.heal(signal, &stop.healer).await.map_err(|error| interrupted(&incident, error))?;
    say_if_timed_out(&pipeline, voice);
    log::keep(&inputs, &first, incident.as_str(), voice);
    let obstacle = host.obstacle(&report).await;
    failures::ended(&inputs, &store, &report, voice).await;
    let ended = Ended {
        first_exit: first.exit.shell_status(),
        waiting: Waiting::of(&report.state, &inputs, &store, &again(options)).await?,
        report,
        obstacle,
        detect,
        tools: host.tools.spent(),
        total: started.elapsed(),
    };
    conclude(&inputs, &ended.report, voice);
    store.close(voice).await;
    Ok(finish(options, &host, &pipeline, &stop, ended, voice))
}

/// What another command needs to mean the same store.
fn again(options: &RunOptions) -> Vec<OsString> {
    StoreOptions { dir: options.dir.clone(), store: options.store.clone() }.again()
}

/// Names the incident, and keeps what another process needs to go on with it before anything of it is journaled.
fn announce(options: &RunOptions, inputs: &Inputs) -> Result<IncidentId, Refusal> {
    let incident = IncidentId::from_random(SystemEntropy::default().next_u64());
    let manifest = Manifest::new(incident.clone(), options, &inputs.dir, inputs.store.identity());
    let manifest = manifest.on_behalf_of(inputs.requester.clone());
    let kept = manifest.keep(&inputs.state);
    kept.map_err(|error| Refusal::failed(format!("what is needed to resume can't be kept: {error}")))?;
    Ok(incident)
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

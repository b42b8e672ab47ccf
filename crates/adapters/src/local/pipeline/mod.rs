//! A pipeline of this machine: its command, and what the healer gave it for the present incident.

mod config;
mod credentials;
mod session;
mod variables;
mod words;

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::{Fingerprint, Incident, IncidentId};
use selfheal_core::resource::ResourceRef;

pub use self::config::{ConfiguredVariable, PipelineConfig};
use self::session::Session;
pub(super) use self::session::in_doubt;
pub use self::words::command_line;
use super::kept::{IncidentFolder, KeptSession, Standing, StepKey};
use super::observation;
use super::process::{Cancel, Command, Finished, Input, MemoryLimit, Passthrough, RunError, Stopped, run};
use super::workspace::{Scratch, Undo};

/// The system name of local pipelines.
pub const SYSTEM: &str = "local";

/// The resource kind of a pipeline.
pub const PIPELINE: &str = "pipeline";

/// The least that [`PipelineConfig::rerun_timeout`] is by default.
pub const LEAST_RERUN_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often the time of its first run a command may take again by default, if that is more.
pub const RERUN_TIMEOUT_FACTOR: u32 = 10;

/// A pipeline with its session. Shared by the executor, probe, candidates and context of one `heal run`.
pub struct Pipeline {
    pub(super) config: PipelineConfig,
    cancel: Cancel,
    input: Option<Input>,
    /// Whether it goes on with what another process began, whose input nobody has any more.
    is_resumed: bool,
    session: Mutex<Session>,
    undo: Mutex<Option<(IncidentId, Undo)>>,
}

/// What the command cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandUse {
    /// Starts, rehearsals included; those of former processes too.
    pub starts: u32,
    /// Time that it ran in this process, rehearsals included.
    pub time: Duration,
}

impl Pipeline {
    /// A pipeline that was not started yet. `cancel` stops whatever runs for it. Unless it runs silently, all its runs read
    /// the standard input of this process, each from the beginning.
    #[must_use]
    pub fn new(config: PipelineConfig, cancel: Cancel) -> Self {
        let input = (config.passthrough != Passthrough::Silent).then(Input::of_this_process);
        Self { config, cancel, input, is_resumed: false, session: Mutex::new(Session::new()), undo: Mutex::default() }
    }

    /// A pipeline that goes on with `incident`, which another process opened. What the command was given and how often it
    /// ran is as that one left it. It reads nothing: if it was given input, it is not started again.
    ///
    /// # Errors
    /// If what the other process kept can't be read.
    pub fn resumed(config: PipelineConfig, cancel: Cancel, incident: &Incident) -> Result<Self> {
        let session = Session::resumed(incident, &IncidentFolder::of(&config.state, &incident.id))?;
        let input = (config.passthrough != Passthrough::Silent).then(Input::empty);
        Ok(Self { config, cancel, input, is_resumed: true, session: Mutex::new(session), undo: Mutex::default() })
    }

    /// The resource that incidents of this pipeline are about.
    #[must_use]
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::new(SYSTEM, PIPELINE, &self.config.name)
    }

    /// How it is configured.
    #[must_use]
    pub fn config(&self) -> &PipelineConfig {
        &self.config
    }

    /// What the command cost so far.
    #[must_use]
    pub fn used(&self) -> CommandUse {
        let session = self.session();
        CommandUse { starts: session.kept.starts, time: session.command_time }
    }

    /// The time after which a run was stopped, if one was.
    #[must_use]
    pub fn timed_out(&self) -> Option<Duration> {
        self.session().kept.timed_out_ms.map(Duration::from_millis)
    }

    /// The memory limit in force, in bytes.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        self.session().kept.memory().or(self.config.memory)
    }

    /// Whether it goes on with what another process began.
    pub(super) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Whether a former process was killed while the command ran, and it wasn't run since.
    pub(super) fn left_running(&self) -> bool {
        let session = self.session();
        let started = session.kept.run().is_some_and(|run| matches!(run.standing, Standing::Started));
        self.is_resumed && started && session.output.is_none()
    }

    /// Runs the command in its directory, its streams passed through: the run whose failure is the next incident. Blocks.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn run_in_place(&self) -> Result<Arc<Finished>, RunError> {
        let mut session = self.session();
        if !session.is_free() {
            *session = Session::new();
        }
        session.kept.starts += 1;
        drop(session);
        self.start_in_place()
    }

    /// Runs the command again in its directory for the present incident, as `step` or to verify. That it is about to be
    /// started is durable before it is. Blocks.
    pub(super) fn run_again(&self, step: Option<StepKey>) -> Result<Arc<Finished>> {
        self.change(|kept| {
            kept.starts += 1;
            kept.run_started(step);
            true
        })?;
        self.start_in_place().map_err(|error| run_error("pipeline.run", error))
    }

    fn start_in_place(&self) -> Result<Arc<Finished>, RunError> {
        let (variables, memory) = self.given(&[]);
        let mut command = self.command(&self.config.dir, variables, memory);
        command.passthrough = self.config.passthrough;
        let finished = Arc::new(self.start(&command)?);
        let mut session = self.session();
        session.output = Some(Arc::clone(&finished));
        if session.first.failure.is_none() {
            session.first.run.get_or_insert_with(|| Arc::clone(&finished));
        }
        if let (Some(Stopped::TimedOut), Some(timeout)) = (finished.stopped, command.timeout) {
            session.kept.timed_out_ms = Some(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        }
        drop(session);
        Ok(finished)
    }

    /// The failure that the incident is about, if the command was seen to fail.
    pub(super) fn first_failure(&self) -> Option<Fingerprint> {
        let first = self.session().first.clone();
        first.failure.or_else(|| first.run.map(|run| self.failure_of(&run)))
    }

    /// What recognises the failure that `run` is: incidents about the same failure have the same.
    #[must_use]
    pub fn failure_of(&self, run: &Finished) -> Fingerprint {
        let facts = observation::facts(run, self.config.memory);
        let evidence = observation::evidence(run, observation::TAIL_LINES, "", &self.config.redactor);
        Fingerprint::of(&self.resource(), &facts, &evidence)
    }

    /// The last run of this process in the directory, if there was one.
    #[must_use]
    pub fn last_run(&self) -> Option<Arc<Finished>> {
        self.session().output.clone()
    }

    /// Runs the command silently in a copy, with `given` variables and `memory` besides those of the session. Blocks.
    pub(super) fn run_in_copy(&self, scratch: &Scratch, given: &[String], memory: Option<u64>) -> Result<Finished> {
        self.change(|kept| {
            kept.starts += 1;
            true
        })?;
        let mut environment = scratch.relocation().environment(std::env::vars_os());
        let (variables, raised) = self.given(given);
        environment.extend(variables);
        let command = self.command(scratch.dir(), environment, memory.or(raised));
        self.start(&command).map_err(|error| run_error("executor.rehearse", error))
    }

    /// Fails with the reason if the command may not be started again.
    pub(super) fn may_start(&self) -> Result<()> {
        let KeptSession { starts, input_given, .. } = self.session().kept;
        let lost = (self.is_resumed && input_given).then(|| "it was read by a process that has ended".to_owned());
        if let Some(why) = lost.or_else(|| self.input.as_ref().and_then(Input::spent)) {
            return Err(run_error("pipeline.start", RunError::InputSpent { why }));
        }
        self.check_given()?;
        match starts < self.config.max_starts {
            true => Ok(()),
            false => {
                let message = format!("the command was started {} times, as often as allowed", self.config.max_starts);
                Err(Error::new(ErrorKind::LimitReached, "pipeline.start", message))
            }
        }
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The variables of the session with those called `more`, and the session's memory limit.
    fn given(&self, more: &[String]) -> (Vec<(OsString, OsString)>, Option<u64>) {
        let session = self.session();
        let mut names: Vec<&str> =
            session.kept.variables().map(|(name, _)| name).chain(more.iter().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        (names.into_iter().filter_map(|name| self.variable(name)).collect(), session.kept.memory())
    }

    fn command(&self, dir: &Path, env: Vec<(OsString, OsString)>, memory: Option<u64>) -> Command {
        Command {
            args: self.config.args.clone(),
            env,
            memory: memory.or(self.config.memory).map(|bytes| MemoryLimit { bytes }),
            input: self.input.clone(),
            timeout: self.timeout(),
            launcher: self.config.launcher.clone(),
            ..Command::new(&self.config.program, dir)
        }
    }

    fn start(&self, command: &Command) -> Result<Finished, RunError> {
        let finished = run(command, &self.cancel)?;
        let mut session = self.session();
        session.command_time += finished.duration;
        session.first.time.get_or_insert(finished.duration);
        session.kept.input_given |= finished.input_given;
        drop(session);
        Ok(finished)
    }

    /// The bound of the next run; a command that hangs once it is mended must not hang the healer.
    fn timeout(&self) -> Option<Duration> {
        let first = self.session().first.time?;
        let default = first.saturating_mul(RERUN_TIMEOUT_FACTOR).max(LEAST_RERUN_TIMEOUT);
        Some(self.config.rerun_timeout.unwrap_or(default))
    }
}

/// A run error as core's error: nothing happened, and repeating doesn't help.
pub(super) fn run_error(operation: &'static str, error: RunError) -> Error {
    let kind = match &error {
        RunError::NotFound { .. } | RunError::DirUnreadable { .. } => ErrorKind::NotFound,
        RunError::NotExecutable { .. } => ErrorKind::Forbidden,
        RunError::MemoryLimitUnavailable { .. } | RunError::InputSpent { .. } => ErrorKind::Unsupported,
        RunError::Cancelled(_) => ErrorKind::Cancelled,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, operation, error.to_string())
}

//! A pipeline of this machine: its command, and what the healer gave it for the present incident.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::resource::ResourceRef;
use selfheal_detect::redact::Redactor;

use super::process::{Cancel, Command, Finished, Input, Launcher, MemoryLimit, Passthrough, RunError, Stopped, run};
use super::workspace::{Scratch, StateDir};

/// The system name of local pipelines.
pub const SYSTEM: &str = "local";

/// The resource kind of a pipeline.
pub const PIPELINE: &str = "pipeline";

/// The least that [`PipelineConfig::rerun_timeout`] is by default.
pub const LEAST_RERUN_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often the time of its first run a command may take again by default, if that is more.
pub const RERUN_TIMEOUT_FACTOR: u32 = 10;

/// A variable that the operator configured, and where.
#[derive(Clone)]
pub struct ConfiguredVariable {
    /// The secret or setting itself; never shown, stored or compared by anything but the command.
    pub value: OsString,
    /// The file or store it comes from, for people.
    pub source: String,
}

/// What is run, where, and within which bounds.
pub struct PipelineConfig {
    /// The pipeline's name; failures are remembered by it.
    pub name: String,
    /// The directory, canonical.
    pub dir: PathBuf,
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where the command's own output goes when it runs in the directory.
    pub passthrough: Passthrough,
    /// Memory limit in bytes, if any.
    pub memory: Option<u64>,
    /// How far the limit may be raised, in bytes.
    pub memory_max: Option<u64>,
    /// Most starts of the command, the first and rehearsals included.
    pub max_starts: u32,
    /// Time after which a further run of the command is stopped, and counts as failed. By default ten times that of the first,
    /// which nothing stops, and at least ten minutes.
    pub rerun_timeout: Option<Duration>,
    /// Variables that may be given to the command, by name.
    pub variables: BTreeMap<String, ConfiguredVariable>,
    /// Redacts what is kept of its output.
    pub redactor: Arc<Redactor>,
    /// Whether reruns, variables and memory limits are rehearsed on a copy too, because nothing may run in the directory
    /// again (a proposal); otherwise their first run in place is the test.
    pub leave_in_place: bool,
    /// The directory's private state.
    pub state: StateDir,
    /// Copies are made beside this path, in private directories whose names begin with its own.
    pub scratch: PathBuf,
    /// The host's executable; needed for memory limits.
    pub launcher: Option<Launcher>,
}

/// A pipeline with its session. Shared by the executor, probe, candidates and context of one `heal run`.
pub struct Pipeline {
    pub(super) config: PipelineConfig,
    cancel: Cancel,
    input: Option<Input>,
    session: Mutex<Session>,
}

/// What the healer gave the command so far, and what it did.
#[derive(Debug, Default, Clone)]
pub(super) struct Session {
    /// Names of configured variables that the command gets.
    pub(super) given: Vec<String>,
    /// The raised memory limit.
    pub(super) memory: Option<u64>,
    /// Counts changes; a run counts as an observation only of the generation it ran in.
    pub(super) generation: u64,
    /// What the last run in the directory was seen to be.
    pub(super) last: Option<LastRun>,
    /// The last run in the directory itself.
    output: Option<Arc<Finished>>,
    /// The first one: the failure that the incident is about.
    first: Option<Arc<Finished>>,
    /// Whether an unchanged copy was seen to fail as the directory did.
    pub(super) copy_is_faithful: Option<bool>,
    starts: u32,
    command_time: Duration,
    first_time: Option<Duration>,
    timed_out: Option<Duration>,
}

#[derive(Debug, Clone)]
pub(super) struct LastRun {
    pub(super) generation: u64,
    pub(super) observation: selfheal_core::criterion::Observation,
}

/// What the command cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandUse {
    /// Starts, rehearsals included.
    pub starts: u32,
    /// Time that it ran, rehearsals included.
    pub time: Duration,
}

impl Pipeline {
    /// A pipeline that was not started yet. `cancel` stops whatever runs for it. Unless it runs silently, all its runs read
    /// the standard input of this process, each from the beginning.
    #[must_use]
    pub fn new(config: PipelineConfig, cancel: Cancel) -> Self {
        let input = (config.passthrough != Passthrough::Silent).then(Input::of_this_process);
        Self { config, cancel, input, session: Mutex::default() }
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
        CommandUse { starts: session.starts, time: session.command_time }
    }

    /// The time after which a run was stopped, if one was.
    #[must_use]
    pub fn timed_out(&self) -> Option<Duration> {
        self.session().timed_out
    }

    /// The memory limit in force, in bytes.
    #[must_use]
    pub fn memory_limit(&self) -> Option<u64> {
        self.session().memory.or(self.config.memory)
    }

    /// The command line, for people; redacted.
    #[must_use]
    pub fn command_line(&self) -> String {
        let redactor = &self.config.redactor;
        let words = std::iter::once(&self.config.program).chain(&self.config.args).map(|word| word.to_string_lossy());
        // A value is found in a word before its quotes are escaped, and a name and its value in the line.
        let line = words.map(|word| quoted(&redactor.redact(&word))).collect::<Vec<_>>().join(" ");
        redactor.redact(&line).into_owned()
    }

    /// Runs the command in its directory, its streams passed through. Blocks.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn run_in_place(&self) -> Result<Arc<Finished>, RunError> {
        let session = self.session().clone();
        let variables = session.given.iter().filter_map(|name| self.variable(name)).collect();
        let mut command = self.command(&self.config.dir, variables, session.memory);
        command.passthrough = self.config.passthrough;
        let finished = Arc::new(self.start(&command)?);
        let mut session = self.session();
        session.output = Some(Arc::clone(&finished));
        session.first.get_or_insert_with(|| Arc::clone(&finished));
        if finished.stopped == Some(Stopped::TimedOut) {
            session.timed_out = command.timeout;
        }
        drop(session);
        Ok(finished)
    }

    pub(super) fn first_run(&self) -> Option<Arc<Finished>> {
        self.session().first.clone()
    }

    /// The last run in the directory, if there was one.
    #[must_use]
    pub fn last_run(&self) -> Option<Arc<Finished>> {
        self.session().output.clone()
    }

    /// Runs the command silently in a copy, with `given` variables and `memory` besides those of the session. Blocks.
    pub(super) fn run_in_copy(
        &self,
        scratch: &Scratch,
        given: &[String],
        memory: Option<u64>,
    ) -> Result<Finished, RunError> {
        let session = self.session().clone();
        let mut environment = scratch.relocation().environment(std::env::vars_os());
        environment.extend(session.given.iter().chain(given).filter_map(|name| self.variable(name)));
        let command = self.command(scratch.dir(), environment, memory.or(session.memory));
        self.start(&command)
    }

    /// Fails with the reason if the command may not be started again.
    pub(super) fn may_start(&self) -> Result<()> {
        if let Some(why) = self.input.as_ref().and_then(Input::spent) {
            return Err(run_error("pipeline.start", RunError::InputSpent { why }));
        }
        match self.session().starts < self.config.max_starts {
            true => Ok(()),
            false => {
                let message = format!("the command was started {} times, as often as allowed", self.config.max_starts);
                Err(Error::new(ErrorKind::LimitReached, "pipeline.start", message))
            }
        }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    fn variable(&self, name: &str) -> Option<(OsString, OsString)> {
        self.config.variables.get(name).map(|variable| (name.into(), variable.value.clone()))
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
        self.session().starts += 1;
        let finished = run(command, &self.cancel)?;
        let mut session = self.session();
        session.command_time += finished.duration;
        session.first_time.get_or_insert(finished.duration);
        drop(session);
        Ok(finished)
    }

    /// The bound of the next run; a command that hangs once it is mended must not hang the healer.
    fn timeout(&self) -> Option<Duration> {
        let first = self.session().first_time?;
        let default = first.saturating_mul(RERUN_TIMEOUT_FACTOR).max(LEAST_RERUN_TIMEOUT);
        Some(self.config.rerun_timeout.unwrap_or(default))
    }

    /// Why the command can't be rehearsed on a copy, if it names the directory by absolute path.
    pub(super) fn bound_to_its_place(&self) -> Option<String> {
        let here = super::workspace::Relocation::new(&self.config.dir, Path::new("/"));
        let names_it = |text: &OsStr| here.is_named_in(text.as_encoded_bytes());
        let words = || std::iter::once(&self.config.program).chain(&self.config.args);
        if let Some(word) = words().find(|word| names_it(word)) {
            let dir = self.config.dir.display();
            let word = self.config.redactor.redact(&word.to_string_lossy()).into_owned();
            return Some(format!("the command names its directory {dir} by absolute path (`{word}`)"));
        }
        // A script of the project that the command names may do so inside.
        let scripts = words().map(|word| self.config.dir.join(word)).filter(|path| path.is_file());
        let named = |path: &PathBuf| {
            std::fs::metadata(path).is_ok_and(|found| found.len() <= 1 << 20)
                && std::fs::read(path).is_ok_and(|text| here.is_named_in(&text))
        };
        scripts.into_iter().find(named).map(|path| format!("{} names its directory by absolute path", path.display()))
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
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

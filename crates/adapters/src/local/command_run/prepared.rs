//! A `run_command` action that was judged, and what running it takes.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use selfheal_core::action::{Action, Reversibility};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::plan::{BlastRadius, Fence, Preview};
use selfheal_core::ports::{CommandJudge, JudgedCommand};

use super::checkout::Checkout;
use super::environment::Environment;
use super::program::Program;
use crate::local::pipeline::Pipeline;
use crate::local::process::{CaptureLimits, Command};

/// How long a command runs that asks for nothing else.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long one may ask for.
const MOST_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How much of its output is kept; the middle of longer output is left out.
const CAPTURE: CaptureLimits = CaptureLimits { head_bytes: 64 << 10, tail_bytes: 256 << 10 };

/// A command that may be run now.
#[derive(Debug)]
pub(super) struct Prepared {
    text: String,
    args: Vec<String>,
    program: Program,
    /// Within the project.
    directory: PathBuf,
    timeout: Duration,
    environment: Environment,
    checkout: Checkout,
}

impl Prepared {
    /// Has `action` judged, and looks up what it takes to run it.
    ///
    /// # Errors
    /// Why it may not, or can't, be run.
    pub(super) fn of(action: &Action, judge: &dyn CommandJudge, pipeline: &Pipeline) -> Result<Self> {
        let config = pipeline.config();
        let text = action.text("command").ok_or_else(|| invalid("lacks `command`"))?;
        if config.redactor.redact(text) != text {
            return Err(invalid("the text of the command holds a secret"));
        }
        let JudgedCommand { program, args } = judge.judge(text)?;
        let checkout = Checkout::of(&config.dir);
        let environment = Environment::of(std::env::vars_os(), &checkout, &config.redactor);
        let path = environment.set.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
        Ok(Self {
            program: Program::find(&program, &path.unwrap_or_default(), &checkout).map_err(|why| invalid(&why))?,
            directory: directory(action.text("directory"), &config.dir)?,
            timeout: timeout(action.integer("timeout_ms"))?,
            text: text.to_owned(),
            args,
            environment,
            checkout,
        })
    }

    /// What is shown of it, and must still be so when it is run.
    pub(super) fn preview(&self) -> Preview {
        let place = match self.directory.as_os_str().is_empty() {
            true => String::new(),
            false => format!(" in {}", self.directory.display()),
        };
        let (program, seconds) = (self.program.path.display(), self.timeout.as_secs_f64());
        Preview {
            summary: format!(
                "run `{}`{place} ({program}, for at most {seconds} s); it is judged to only read",
                self.text
            ),
            changes: Vec::new(),
            fences: vec![self.fence()],
            blast_radius: BlastRadius { resources: 1, ..BlastRadius::default() },
            undo_hash: None,
            reversibility: Reversibility::Irreversible,
        }
    }

    pub(super) fn fence(&self) -> Fence {
        self.program.fence()
    }

    /// The command line, for people.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What it belongs to.
    pub(super) fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// To be run in the project, which is at `root`: silent, in a process group of its own, reading nothing.
    pub(super) fn command(&self, root: &Path, pipeline: &Pipeline) -> Command {
        Command {
            args: self.args.iter().map(Into::into).collect(),
            env: self.environment.set.clone(),
            env_remove: self.environment.removed.clone(),
            timeout: Some(self.timeout),
            stop_grace: Duration::from_secs(1),
            capture: CAPTURE,
            launcher: pipeline.config().launcher.clone(),
            ..Command::new(&self.program.path, root.join(&self.directory))
        }
    }
}

fn directory(given: Option<&str>, project: &Path) -> Result<PathBuf> {
    let given = PathBuf::from(given.unwrap_or_default());
    let plain = given.components().all(|part| matches!(part, Component::Normal(name) if name != ".git"));
    let place = project.join(&given);
    // A symlink may lead elsewhere by the time the command runs.
    let unlinked = given.ancestors().all(|part| !project.join(part).is_symlink() || part.as_os_str().is_empty());
    match plain && unlinked && place.is_dir() {
        true => Ok(given),
        false => Err(invalid("`directory` is not a directory inside the project")),
    }
}

fn timeout(asked_ms: Option<u64>) -> Result<Duration> {
    let asked = asked_ms.map_or(TIMEOUT, Duration::from_millis);
    match !asked.is_zero() && asked <= MOST_TIMEOUT {
        true => Ok(asked),
        false => Err(invalid(&format!("expected a `timeout_ms` from 1 to {}", MOST_TIMEOUT.as_millis()))),
    }
}

fn invalid(problem: &str) -> Error {
    Error::new(ErrorKind::Invalid, "executor.preview", format!("run_command: {problem}"))
}

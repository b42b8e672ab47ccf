use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long a tool may take unless an invocation says otherwise.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

/// One run of a package tool: an argument vector, never a shell line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program: a name found on `PATH`, or an absolute path.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The working directory.
    pub dir: PathBuf,
    /// Variables set beside the inherited ones.
    pub env: Vec<(String, String)>,
    /// How long it may take before it is killed with its children.
    pub timeout: Duration,
}

/// What a tool answered. Streams are bounded and decoded lossily.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolOutput {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A tool could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The program isn't installed.
    #[error("{program} was not found")]
    Missing {
        /// The program asked for.
        program: String,
    },
    /// It took too long and was killed.
    #[error("{program} did not finish within {} s", after.as_secs())]
    TimedOut {
        /// The program asked for.
        program: String,
        /// The limit.
        after: Duration,
    },
    /// It could not be started or waited for.
    #[error("{program} could not be run")]
    Start {
        /// The program asked for.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
}

/// Runs package tools. Blocking.
///
/// # To be correct
/// 1. The arguments reach the program as they are: no shell stands between.
/// 2. The inherited environment is kept, so that the user's registry configuration holds.
/// 3. Standard input is empty, so that a tool that asks a question fails and doesn't wait.
/// 4. When the timeout passes, the program and all it started are killed.
/// 5. A status other than zero is an answer, not an error.
pub trait Tools: Send + Sync {
    /// Runs the tool to its end.
    ///
    /// # Errors
    /// When it isn't installed, can't be started, or doesn't finish in time.
    fn run(&self, invocation: &Invocation) -> Result<ToolOutput, ToolError>;
}

impl Invocation {
    pub(super) fn new(program: impl Into<String>, dir: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), dir: dir.into(), env: Vec::new(), timeout: DEFAULT_TIMEOUT }
    }

    pub(super) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl ToolOutput {
    pub(super) fn success(&self) -> bool {
        self.status == Some(0)
    }
}

//! What to run, and under which bounds.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{Input, Launcher};

/// How long a command may take to end by itself once it was asked to stop.
pub const DEFAULT_STOP_GRACE: Duration = Duration::from_secs(5);

/// A pipeline command: an argument vector, never a shell string. Text that somebody else wrote is no part of it:
///
/// ```compile_fail,E0308
/// # use selfheal_adapters::local::process::Command;
/// # use selfheal_core::evidence::Untrusted;
/// fn install(package: Untrusted<String>) -> Command {
///     let mut command = Command::new("npm", ".");
///     command.args.push(package); // as `OsString` it may be
///     command
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Command {
    /// The program: a path, or a name looked up in the child's `PATH`. A relative path is relative to [`dir`](Self::dir).
    pub program: OsString,
    /// Its arguments, without the program's own name.
    pub args: Vec<OsString>,
    /// The directory the command starts in.
    pub dir: PathBuf,
    /// Variables set for the command on top of the inherited environment.
    pub env: Vec<(OsString, OsString)>,
    /// Inherited variables the command does not get.
    pub env_remove: Vec<OsString>,
    /// The most memory the command and its descendants may use together.
    pub memory: Option<MemoryLimit>,
    /// What it reads. `None` shares our standard input as [`passthrough`](Self::passthrough) says.
    pub input: Option<Input>,
    /// Where the command's output goes beside the capture.
    pub passthrough: Passthrough,
    /// The command is stopped after this long.
    pub timeout: Option<Duration>,
    /// Time between the request to stop and `SIGKILL`.
    pub stop_grace: Duration,
    /// How much of the output is kept.
    pub capture: CaptureLimits,
    /// The host's own executable, needed for a memory limit; see [`Launcher`].
    pub launcher: Option<Launcher>,
}

impl Command {
    /// A command without arguments in `dir`, silent, without limits.
    pub fn new(program: impl Into<OsString>, dir: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            dir: dir.into(),
            env: Vec::new(),
            env_remove: Vec::new(),
            memory: None,
            input: None,
            passthrough: Passthrough::Silent,
            timeout: None,
            stop_grace: DEFAULT_STOP_GRACE,
            capture: CaptureLimits::default(),
            launcher: None,
        }
    }
}

/// An upper bound on the memory of a command and all its descendants, in bytes.
///
/// The kernel enforces it through a memory control group of the command's own, and counts what it killed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryLimit {
    /// The bound in bytes; the kernel rounds it down to whole pages.
    pub bytes: u64,
}

/// Where a command's output goes beside the capture, and with it how close the command is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passthrough {
    /// Each stream to our own stream of the same name. The command shares our standard input and process group,
    /// so that a terminal treats it as if it had been started directly.
    Streams,
    /// Both streams to our standard error; otherwise like [`Streams`](Self::Streams).
    AllToStderr,
    /// Nowhere. Without an [`Input`] the command reads nothing. It has a process group of its own, which is killed when the run ends.
    Silent,
}

/// How much of a command's output is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureLimits {
    /// Bytes kept from the beginning.
    pub head_bytes: usize,
    /// Bytes kept from the end.
    pub tail_bytes: usize,
}

impl Default for CaptureLimits {
    fn default() -> Self {
        Self { head_bytes: 1 << 20, tail_bytes: 4 << 20 }
    }
}

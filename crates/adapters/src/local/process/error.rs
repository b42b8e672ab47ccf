//! Why a command could not be run.

use std::io;
use std::path::PathBuf;

use super::StopSignal;

/// Why a command could not be run. A command that ran and failed is a [`Finished`](super::Finished), not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// No such program; shells report 127.
    #[error("command `{program}` was not found{hint}")]
    NotFound {
        /// The program as it was given.
        program: String,
        /// What was looked for, when it is not the program itself: the interpreter of a script.
        hint: String,
    },
    /// The program exists and can't be executed; shells report 126.
    #[error("command `{program}` cannot be executed: {source}")]
    NotExecutable {
        /// The program as it was given.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The directory to start in does not exist or can't be entered.
    #[error("directory `{}` cannot be entered: {source}", dir.display())]
    DirUnreadable {
        /// The directory as it was given.
        dir: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A memory limit was asked for and can't be enforced here. It is refused, because a run without it
    /// would be another experiment.
    #[error("a memory limit cannot be enforced here: {why}")]
    MemoryLimitUnavailable {
        /// What was tried, and what would help.
        why: String,
    },
    /// The command reads its standard input, and what earlier runs read of it is gone: the run would be another experiment.
    #[error("the command's input can't be given again: {why}")]
    InputSpent {
        /// What was lost.
        why: String,
    },
    /// The run was cancelled before the command started.
    #[error("cancelled before the command started")]
    Cancelled(StopSignal),
    /// The system refused something else.
    #[error("cannot {operation}: {source}")]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl RunError {
    /// The exit status a shell gives for the same failure, where there is one.
    pub fn shell_status(&self) -> Option<u8> {
        match self {
            Self::NotFound { .. } => Some(127),
            Self::NotExecutable { .. } => Some(126),
            Self::Cancelled(signal) => Some(signal.shell_status()),
            _ => None,
        }
    }

    pub(super) fn io(operation: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { operation, source }
    }
}

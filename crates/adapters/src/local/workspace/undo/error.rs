//! Why a change was not made or not taken back.

use std::io;
use std::path::{Path, PathBuf};

use selfheal_core::error::Error;

/// Why a change was not made or not taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// The file is not as it was when the change was previewed; nothing was changed.
    #[error("{} was changed by somebody else", path.display())]
    Fence {
        /// Which file.
        path: PathBuf,
    },
    /// The file is neither as before nor as after; it was left alone.
    #[error("{} was changed by somebody else since", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The path leaves the directory or enters git's.
    #[error("{} is not a file of the project", path.display())]
    Outside {
        /// Which path.
        path: PathBuf,
    },
    /// Another incident has changed files here that may still be taken back; nothing was changed.
    #[error("files here are still changed by the incident {incident}, which has not ended")]
    Occupied {
        /// Which incident.
        incident: String,
    },
    /// A former healer left a record that can't be read.
    #[error("the undo record {} can't be read ({why}); look at it, restore what it names, and remove it", path.display())]
    Unreadable {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A change failed in the middle and could not be taken back; the record stays for the next healer.
    #[error("{why}; and taking back what was done failed: {rollback}")]
    PartlyApplied {
        /// Why the change failed.
        why: String,
        /// Why it could not be taken back.
        rollback: String,
    },
    /// What is kept of the incident can't be changed.
    #[error("{message}")]
    Kept {
        /// Why.
        message: String,
    },
    /// The system refused.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

pub(super) fn kept_error(error: Error) -> UndoError {
    UndoError::Kept { message: error.to_string() }
}

pub(super) fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> UndoError {
    let path = path.to_owned();
    move |source| UndoError::Io { what, path, source }
}

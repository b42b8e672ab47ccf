//! Why a tree is not copied, or a copy not changed.

use std::io;
use std::path::{Path, PathBuf};

/// Why a copy could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The system refused.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What could not be done.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Somebody asked to stop; what was copied so far is removed.
    #[error("stopped by the user")]
    Cancelled,
    /// The tree goes beyond what is copied, or beyond the space there is for it.
    #[error("the directory is too large to work on a copy: {why}")]
    TooLarge {
        /// Which bound it goes beyond.
        why: String,
    },
    /// Another file system is mounted in the tree: it may be without end, or shared with others.
    #[error("{} is a mounted file system, which is not copied", path.display())]
    Mounted {
        /// The mount point.
        path: PathBuf,
    },
    /// A repository that a command in the copy could change, because it can't be copied along.
    #[error("{} belongs to a repository elsewhere that can't be copied along: {why}", path.display())]
    Git {
        /// The `.git` of the tree, or what lies in it.
        path: PathBuf,
        /// What stands in the way.
        why: &'static str,
    },
    /// The file to be changed is a link, or lies behind one.
    #[error("{} is a symbolic link, or lies behind one; only regular files of the project are changed, by their own path", path.display())]
    Link {
        /// Relative to the project.
        path: PathBuf,
    },
    /// The file to be changed lies elsewhere.
    #[error("{} leads out of the project", path.display())]
    Outside {
        /// Relative to the project.
        path: PathBuf,
    },
}

impl CopyError {
    /// Whether no copy of this tree can be made, now or later, so that a rehearsal isn't possible.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::Cancelled)
    }
}

/// An [`io::Error`] with what was tried on which path.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CopyError + use<> {
    let path = path.to_owned();
    move |source| CopyError::Io { what, path, source }
}

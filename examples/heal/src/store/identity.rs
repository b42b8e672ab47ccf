//! Which store it is, for a process that comes later.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(feature = "postgres")]
use selfheal_adapters::local::workspace::ContentHash;
use serde::{Deserialize, Serialize};

/// Tells one store from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Identity {
    /// The folder, absolute.
    Folder(OsString),
    /// A database, by a hash of its URL, which may hold a password.
    Database(String),
}

impl Identity {
    pub(super) fn of_folder(folder: &Path) -> Self {
        Self::Folder(folder.as_os_str().to_owned())
    }

    #[cfg(feature = "postgres")]
    pub(super) fn of_url(url: &str) -> Self {
        Self::Database(ContentHash::of(url.as_bytes()).as_str()[..16].to_owned())
    }

    /// The folder, if it is one.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(folder.into()),
            Self::Database(_) => None,
        }
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", Path::new(folder).display()),
            Self::Database(hash) => write!(out, "a Postgres database ({hash})"),
        }
    }
}

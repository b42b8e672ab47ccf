//! The undo record as it lies on disk.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::error::{UndoError, io_error};
use crate::local::workspace::{ContentHash, StateDir, os_path, private};

const RECORD: &str = "undo.json";
const BLOBS: &str = "undo";
const VERSION: u32 = 1;

/// Largest record that is read, in bytes; an entry has some hundred.
const MAX_RECORD_BYTES: u64 = 16 << 20;

/// What was changed in a directory, by which incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    pub(super) incident: String,
    #[serde(with = "os_path")]
    pub(super) dir: PathBuf,
    /// See [`identity`].
    pub(super) identity: (u64, u64),
    pub(super) entries: Vec<Entry>,
    /// Whether taking back was tried and could not be finished: then it is left for the next healer.
    #[serde(default)]
    pub(super) unfinished: bool,
}

/// One file that a step changed, or was about to change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Which step, in the words of the one who applied it.
    #[serde(default)]
    pub(super) step: String,
    #[serde(with = "os_path")]
    pub(super) path: PathBuf,
    pub(super) before: Option<Kept>,
    pub(super) after: Option<ContentHash>,
    /// What the command left there, seen right after it ended.
    pub(super) left_by_command: Option<Option<ContentHash>>,
}

impl Entry {
    pub(super) fn is_before(&self, now: Option<&ContentHash>) -> bool {
        now == self.before.as_ref().map(|kept| &kept.hash)
    }

    /// Whether a file of a directory that was made anew has the very content that the healer left. That a file is missing there
    /// says nothing.
    pub(super) fn is_copied(&self, now: Option<&ContentHash>) -> bool {
        now.is_some() && self.is_ours(now) && !self.is_before(now)
    }

    /// Whether the healer, or the command right after, left the file as it is now.
    pub(super) fn is_ours(&self, now: Option<&ContentHash>) -> bool {
        now == self.after.as_ref() || self.left_by_command.as_ref().is_some_and(|left| left.as_ref() == now)
    }
}

/// What a file was; its content is a blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) hash: ContentHash,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Record {
    pub(super) fn new(dir: &Path, incident: &str) -> Self {
        Self {
            version: VERSION,
            incident: incident.to_owned(),
            dir: dir.to_owned(),
            identity: (0, 0),
            entries: Vec::new(),
            unfinished: false,
        }
    }

    /// The record in `state`, if there is one.
    pub(super) fn read(state: &StateDir) -> Result<Option<Self>, UndoError> {
        let path = path_in(state.path());
        let unreadable = |why: String| UndoError::Unreadable { path: path.clone(), why };
        let text = match private::read(&path, MAX_RECORD_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unreadable(error.to_string())),
            read => read.map_err(io_error("read", &path))?,
        };
        let Some(text) = text else { return Ok(None) };
        let record: Self = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        match record.version == VERSION {
            true => Ok(Some(record)),
            false => Err(unreadable(format!("it has version {}; expected {VERSION}", record.version))),
        }
    }

    /// Refuses a record that another directory's healer wrote.
    pub(super) fn of_dir(self, dir: &Path, state: &StateDir) -> Result<Self, UndoError> {
        if self.dir == dir {
            return Ok(self);
        }
        let why = format!("it is of {}; expected {}", self.dir.display(), dir.display());
        Err(UndoError::Unreadable { path: path_in(state.path()), why })
    }

    /// Makes it durable; a record without entries is removed.
    pub(super) fn write(&self, state: &Path) -> Result<(), UndoError> {
        let path = path_in(state);
        if self.entries.is_empty() {
            let removed = private::remove(&path).and_then(|()| private::sync_dir(state));
            return removed.map_err(io_error("remove", &path));
        }
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::from).map_err(io_error("write", &path))?;
        private::write(state, RECORD, &[&text]).map_err(io_error("write", &path))
    }

    /// Whether the directory is the one that was changed, and not one that was made anew at the same path.
    pub(super) fn is_of_this(&self, dir: &Path) -> Result<bool, UndoError> {
        Ok(self.identity == identity(dir)?)
    }
}

pub(super) fn path_in(state: &Path) -> PathBuf {
    state.join(RECORD)
}

pub(super) fn blobs_in(state: &Path) -> PathBuf {
    state.join(BLOBS)
}

/// When the directory was made, and its inode: what stays when the machine starts anew. The number of its device may be
/// another then, and is taken only where the file system doesn't know when.
pub(super) fn identity(dir: &Path) -> Result<(u64, u64), UndoError> {
    let found = fs::metadata(dir).map_err(io_error("look at", dir))?;
    let made = found.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    let made = made.and_then(|made| u64::try_from(made.as_nanos()).ok());
    Ok((made.unwrap_or_else(|| found.dev()), found.ino()))
}

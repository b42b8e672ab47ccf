//! Taking back what a killed healer left, when nobody knows its incident any more.

use std::path::{Path, PathBuf};

use selfheal_core::incident::IncidentId;

use super::error::{UndoError, io_error, kept_error};
use super::record::{Entry, Kept, Record, blobs_in};
use super::{Undo, read_blob, replace};
use crate::local::kept::IncidentFolder;
use crate::local::workspace::{StateDir, private};

const SAVED: &str = "saved";

/// What a recovery did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The incident that was interrupted.
    pub incident: String,
    /// Files that were taken back.
    pub restored: Vec<PathBuf>,
    /// Files that had changed since and were left alone; what they held before the fix lies in the second path, if they
    /// existed.
    pub left_alone: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Undo {
    /// Takes back what a killed healer left, if it left something. For an incident that another process can still go on
    /// with, [`Undo::open`] is the way.
    ///
    /// Only files that still are as the healer, or the command right after, left them; a file that changed since is
    /// somebody's work and is left alone, and what it held before is saved. A directory that was made anew at the same
    /// path is not the one that was changed: nothing in it is touched, and only a file that is as the healer left it is told of.
    ///
    /// # Errors
    /// If the record can't be read or a file can't be restored.
    pub fn recover(dir: &Path, state: &StateDir) -> Result<Option<Recovery>, UndoError> {
        let Some(record) = Record::read(state)? else { return Ok(None) };
        let record = record.of_dir(dir, state)?;
        let undo = Self { dir: dir.to_owned(), state: state.clone(), record };
        let mut recovery =
            Recovery { incident: undo.record.incident.clone(), restored: Vec::new(), left_alone: Vec::new() };
        let here = undo.record.is_of_this(dir)?;
        if here {
            // Before, so that no process that goes on with the incident takes what it saw for the present.
            IncidentFolder::of(state, &IncidentId::new(&recovery.incident)).outdate_run().map_err(kept_error)?;
            undo.take_all_back(&mut recovery)?;
        } else {
            undo.tell_what_is_left(&mut recovery)?;
        }
        Self::remove_material(state)?;
        Ok(Some(recovery))
    }

    fn take_all_back(&self, recovery: &mut Recovery) -> Result<(), UndoError> {
        for entry in self.record.entries.iter().rev() {
            self.check_inside(&entry.path)?;
            replace::sweep_beside(&self.dir.join(&entry.path));
            let now = self.current(&entry.path)?.map(|state| state.hash());
            if entry.is_before(now.as_ref()) {
                continue;
            }
            if entry.is_ours(now.as_ref()) {
                self.restore(entry)?;
                recovery.restored.push(entry.path.clone());
            } else {
                self.leave_alone(entry, recovery)?;
            }
        }
        Ok(())
    }

    /// In a directory that was made anew: files with the very content that the healer left, be it from a copy.
    fn tell_what_is_left(&self, recovery: &mut Recovery) -> Result<(), UndoError> {
        for entry in self.record.entries.iter().rev().filter(|entry| self.check_inside(&entry.path).is_ok()) {
            let now = self.current(&entry.path)?.map(|state| state.hash());
            if entry.is_copied(now.as_ref()) {
                self.leave_alone(entry, recovery)?;
            }
        }
        Ok(())
    }

    fn leave_alone(&self, entry: &Entry, recovery: &mut Recovery) -> Result<(), UndoError> {
        let saved = entry.before.as_ref().map(|kept| self.save(&entry.path, kept)).transpose()?;
        recovery.left_alone.push((entry.path.clone(), saved));
        Ok(())
    }

    fn save(&self, path: &Path, kept: &Kept) -> Result<PathBuf, UndoError> {
        let content = read_blob(&blobs_in(self.state.path()), &kept.hash)?;
        let name = format!("{}-{}", &kept.hash.as_str()[..12], path.file_name().unwrap_or_default().to_string_lossy());
        let saved = self.state.path().join(SAVED);
        private::write(&saved, &name, &[&content]).map_err(io_error("write", &saved))?;
        Ok(saved.join(name))
    }
}

//! Changes to a directory that can be taken back to the byte, also by another process after a kill.

mod error;
mod record;
mod recover;
mod replace;
mod standing;
#[cfg(test)]
mod tests;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use selfheal_core::failpoint;

pub use self::error::UndoError;
use self::error::io_error;
use self::record::{Entry, Kept, Record, blobs_in, identity, path_in};
pub use self::recover::Recovery;
use super::{ContentHash, FileChange, FileState, StateDir, private};

/// The undo record of one directory: what was there before, durable before the first change.
///
/// Blobs hold the raw former content (they may hold what is secret in the user's files) and are private (0600); the
/// record holds hashes. It belongs to one incident; as long as that has not ended, no other one changes files here.
#[derive(Debug)]
pub struct Undo {
    dir: PathBuf,
    state: StateDir,
    record: Record,
}

impl Undo {
    /// The record of `incident` in `dir` (canonical): what a former process left of it, or an empty one. Nothing is written
    /// before the first change.
    ///
    /// # Errors
    /// If there is a record that can't be read.
    pub fn open(dir: &Path, state: &StateDir, incident: &str) -> Result<Self, UndoError> {
        let found = Record::read(state)?.filter(|found| found.incident == incident);
        let found = found.map(|found| found.of_dir(dir, state)).transpose()?;
        let record = found.unwrap_or_else(|| Record::new(dir, incident));
        if record.is_of_this(dir)? {
            record.entries.iter().for_each(|entry| replace::sweep_beside(&dir.join(&entry.path)));
        }
        Ok(Self { dir: dir.to_owned(), state: state.clone(), record })
    }

    /// The incident whose changes of files could still be taken back, if there is one.
    ///
    /// # Errors
    /// If there is a record that can't be read.
    pub fn owner(state: &StateDir) -> Result<Option<String>, UndoError> {
        Ok(Record::read(state)?.map(|record| record.incident))
    }

    /// Whether there is a record of changes whose taking back was begun and could not be finished, so that whoever comes next is
    /// to finish it.
    ///
    /// # Errors
    /// If there is a record that can't be read.
    pub fn is_left_to_next(state: &StateDir) -> Result<bool, UndoError> {
        Ok(Record::read(state)?.is_some_and(|record| record.unfinished))
    }

    /// Where the record lies, if there is one.
    #[must_use]
    pub fn record_path(state: &StateDir) -> PathBuf {
        path_in(state.path())
    }

    /// Makes the `changes` of `step`: fences are checked, the former content is durable, then files are replaced one by one.
    ///
    /// # Errors
    /// [`UndoError::Fence`] if a file is not as `before` says, [`UndoError::Occupied`] while another incident's changes lie
    /// here; after any error but [`UndoError::PartlyApplied`] the files are as they were.
    pub fn apply(&mut self, step: &str, changes: &[FileChange]) -> Result<(), UndoError> {
        self.check_free()?;
        for change in changes {
            self.check_inside(&change.path)?;
            if self.current(&change.path)? != change.before {
                return Err(UndoError::Fence { path: change.path.clone() });
            }
        }
        // What an earlier, interrupted start of the step noted didn't happen: the fences hold. And what was changed in a
        // directory that was here before is nothing of this one.
        let here = self.record.is_of_this(&self.dir)?;
        self.record.entries.retain(|entry| here && entry.step != step);
        let kept = changes.iter().map(|change| self.keep(step, change)).collect::<Result<Vec<_>, _>>()?;
        self.record.entries.extend(kept);
        self.record.identity = identity(&self.dir)?;
        self.record.write(self.state.path())?;
        failpoint::hit("undo.recorded");
        let made = changes.iter().try_for_each(|change| {
            replace::replace(&self.dir.join(&change.path), change.after.as_ref(), None)?;
            failpoint::hit("undo.file_replaced");
            Ok(())
        });
        made.or_else(|failed| self.roll_back(step, failed))
    }

    /// All of it or none of it: an error after the first file was replaced must not leave that file changed.
    fn roll_back(&mut self, step: &str, failed: UndoError) -> Result<(), UndoError> {
        match self.take_back(step) {
            Ok(_) => Err(failed),
            Err(error) => Err(UndoError::PartlyApplied { why: failed.to_string(), rollback: error.to_string() }),
        }
    }

    /// Notes what the command left in the changed files: that is its doing and no foreign change.
    ///
    /// # Errors
    /// If a file can't be read or the record can't be written.
    pub fn command_ended(&mut self) -> Result<(), UndoError> {
        if self.record.entries.is_empty() || !self.record.is_of_this(&self.dir)? {
            return Ok(());
        }
        for index in 0..self.record.entries.len() {
            let left = self.current(&self.record.entries[index].path)?.map(|state| state.hash());
            self.record.entries[index].left_by_command = Some(left);
        }
        self.record.write(self.state.path())?;
        failpoint::hit("undo.command_noted");
        Ok(())
    }

    /// Takes the changes of `step` back, last first. Returns whether there were any.
    ///
    /// In a directory that was made anew at the same path nothing is touched: somebody put there what is there, be it the very
    /// content that the step left.
    ///
    /// # Errors
    /// [`UndoError::Foreign`] at the first file that somebody else changed, or that has the step's content in a directory
    /// that was made anew; files before it stay as they are. After an error the record outlives [`forget`](Self::forget), for the next healer to finish.
    pub fn take_back(&mut self, step: &str) -> Result<bool, UndoError> {
        let took = self.take_each_back(step);
        if self.record.unfinished != took.is_err() {
            self.record.unfinished = took.is_err();
            // Best effort: what made taking back fail may make this fail too, and is the error to tell.
            let noted = self.record.write(self.state.path());
            return took.and_then(|took| noted.map(|()| took));
        }
        took
    }

    fn take_each_back(&mut self, step: &str) -> Result<bool, UndoError> {
        let here = self.record.is_of_this(&self.dir)?;
        let mut took = false;
        while let Some(at) = self.record.entries.iter().rposition(|entry| entry.step == step) {
            let entry = &self.record.entries[at];
            let now = self.current(&entry.path)?.map(|state| state.hash());
            let foreign = if here { !entry.is_ours(now.as_ref()) } else { entry.is_copied(now.as_ref()) };
            match entry.is_before(now.as_ref()) {
                false if foreign => return Err(UndoError::Foreign { path: entry.path.clone() }),
                false if here => {
                    self.restore(entry)?;
                    failpoint::hit("undo.file_restored");
                }
                _ => {}
            }
            self.record.entries.remove(at);
            self.record.write(self.state.path())?;
            failpoint::hit("undo.entry_removed");
            took |= here;
        }
        Ok(took)
    }

    /// Forgets what `incident` changed: it won't be taken back any more. A record of another incident stays, and so does one
    /// that could not be taken back entirely.
    ///
    /// # Errors
    /// If the record can't be read or removed.
    pub fn forget(state: &StateDir, incident: &str) -> Result<(), UndoError> {
        match Record::read(state)? {
            Some(record) if record.incident != incident || record.unfinished => Ok(()),
            _ => Self::remove_material(state),
        }
    }

    fn remove_material(state: &StateDir) -> Result<(), UndoError> {
        let (record, blobs) = (path_in(state.path()), blobs_in(state.path()));
        if record.exists() {
            let removed = private::remove(&record).and_then(|()| private::sync_dir(state.path()));
            removed.map_err(io_error("remove", &record))?;
            failpoint::hit("undo.record_removed");
        }
        private::sweep(&record).map_err(io_error("remove", &record))?;
        private::remove(&blobs).map_err(io_error("remove", &blobs))
    }

    fn check_free(&self) -> Result<(), UndoError> {
        match Self::owner(&self.state)? {
            Some(incident) if incident != self.record.incident => Err(UndoError::Occupied { incident }),
            _ => Ok(()),
        }
    }

    fn check_inside(&self, path: &Path) -> Result<(), UndoError> {
        let outside = || UndoError::Outside { path: path.to_owned() };
        let plain = path.components().all(|part| matches!(part, Component::Normal(name) if name != ".git"));
        if !plain || path.as_os_str().is_empty() {
            return Err(outside());
        }
        // A parent that is a link may lead anywhere.
        let parent = self.dir.join(path);
        let parent = parent.parent().ok_or_else(outside)?;
        let real = parent.canonicalize().map_err(io_error("enter", parent))?;
        if real.starts_with(&self.dir) { Ok(()) } else { Err(outside()) }
    }

    fn current(&self, path: &Path) -> Result<Option<FileState>, UndoError> {
        let path = self.dir.join(path);
        FileState::read(&path).map_err(io_error("read", &path))
    }

    fn keep(&self, step: &str, change: &FileChange) -> Result<Entry, UndoError> {
        let before = change.before.as_ref().map(|state| self.keep_content(&change.path, state)).transpose()?;
        let after = change.after.as_ref().map(FileState::hash);
        Ok(Entry { step: step.to_owned(), path: change.path.clone(), before, after, left_by_command: None })
    }

    fn keep_content(&self, path: &Path, state: &FileState) -> Result<Kept, UndoError> {
        let path = self.dir.join(path);
        let found = fs::metadata(&path).map_err(io_error("read", &path))?;
        let hash = state.hash();
        let blobs = blobs_in(self.state.path());
        private::write(&blobs, hash.as_str(), &[&state.content]).map_err(io_error("write", &blobs))?;
        failpoint::hit("undo.content_kept");
        Ok(Kept { hash, mode: state.mode, uid: found.uid(), gid: found.gid() })
    }

    fn restore(&self, entry: &Entry) -> Result<(), UndoError> {
        let target = self.dir.join(&entry.path);
        let Some(kept) = &entry.before else { return replace::replace(&target, None, None) };
        let content = read_blob(&blobs_in(self.state.path()), &kept.hash)?;
        replace::replace(&target, Some(&FileState { content, mode: kept.mode }), Some((kept.uid, kept.gid)))
    }
}

fn read_blob(blobs: &Path, hash: &ContentHash) -> Result<Vec<u8>, UndoError> {
    let blob = blobs.join(hash.as_str());
    let content = fs::read(&blob).map_err(io_error("read", &blob))?;
    match ContentHash::of(&content) == *hash {
        true => Ok(content),
        false => Err(UndoError::Unreadable { path: blob, why: "its content is not what was kept".to_owned() }),
    }
}

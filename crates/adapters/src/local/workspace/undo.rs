//! Changes to a directory that can be taken back to the byte, also by the next healer after a kill.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ContentHash, FileChange, FileState, StateDir};

const RECORD: &str = "undo.json";
const BLOBS: &str = "undo";
const SAVED: &str = "saved";
/// What the names of files begin with that are about to take another's place.
const NEW_CONTENT: &str = ".selfheal-new-";
const VERSION: u32 = 1;

/// The undo record of one directory: what was there before, durable before the first change.
///
/// Blobs hold the raw former content (they may hold what is secret in the user's files) and are private (0600); the
/// record holds hashes.
#[derive(Debug)]
pub struct Undo {
    dir: PathBuf,
    state: PathBuf,
    record: Record,
    /// Whether taking back was refused by the system: then it is left for the next healer.
    unfinished: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    version: u32,
    incident: String,
    dir: PathBuf,
    /// Device and inode of the directory.
    identity: (u64, u64),
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    before: Option<Kept>,
    after: Option<ContentHash>,
    /// What the command left there, seen right after it ended.
    left_by_command: Option<Option<ContentHash>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    hash: ContentHash,
    mode: u32,
    uid: u32,
    gid: u32,
}

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

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> UndoError {
    let path = path.to_owned();
    move |source| UndoError::Io { what, path, source }
}

impl Undo {
    /// An empty record for `incident` in `dir` (canonical). Nothing is written before the first change.
    #[must_use]
    pub fn new(dir: &Path, state: &StateDir, incident: &str) -> Self {
        let record = Record {
            version: VERSION,
            incident: incident.to_owned(),
            dir: dir.to_owned(),
            identity: (0, 0),
            entries: Vec::new(),
        };
        Self { dir: dir.to_owned(), state: state.path().to_owned(), record, unfinished: false }
    }

    /// Takes back what a killed healer left, if it left something.
    ///
    /// Only files that still are as the healer, or the command right after, left them; a file that changed since is
    /// somebody's work and is left alone, and what it held before is saved. A directory that was made anew at the same
    /// path is not the one that was changed: nothing in it is touched.
    ///
    /// # Errors
    /// If the record can't be read or a file can't be restored.
    pub fn recover(dir: &Path, state: &StateDir) -> Result<Option<Recovery>, UndoError> {
        let path = state.path().join(RECORD);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let unreadable = |why: String| UndoError::Unreadable { path: path.clone(), why };
        let record: Record = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if record.version != VERSION || record.dir != dir {
            return Err(unreadable("it is another version's or another directory's".to_owned()));
        }
        let mut undo = Self { dir: dir.to_owned(), state: state.path().to_owned(), record, unfinished: false };
        let recovery = match undo.record.identity == identity(dir)? {
            true => undo.take_all_back()?,
            false => Recovery { incident: undo.record.incident.clone(), restored: Vec::new(), left_alone: Vec::new() },
        };
        undo.settle()?;
        Ok(Some(recovery))
    }

    /// Makes `changes`: fences are checked, the former content is durable, then files are replaced one by one.
    ///
    /// # Errors
    /// [`UndoError::Fence`] if a file is not as `before` says; after any error but [`UndoError::PartlyApplied`] the files
    /// are as they were.
    pub fn apply(&mut self, changes: &[FileChange]) -> Result<(), UndoError> {
        for change in changes {
            self.check_inside(&change.path)?;
            if self.current(&change.path)? != change.before {
                return Err(UndoError::Fence { path: change.path.clone() });
            }
        }
        for change in changes {
            let entry = self.keep(change)?;
            self.record.entries.push(entry);
        }
        self.record.identity = identity(&self.dir)?;
        self.write_record()?;
        let made = changes.iter().try_for_each(|change| self.replace(&change.path, change.after.as_ref(), None));
        made.or_else(|failed| self.roll_back(changes, failed))
    }

    /// All of it or none of it: an error after the first file was replaced must not leave that file changed.
    fn roll_back(&mut self, changes: &[FileChange], failed: UndoError) -> Result<(), UndoError> {
        match self.take_back(changes) {
            Ok(_) => Err(failed),
            Err(error) => Err(UndoError::PartlyApplied { why: failed.to_string(), rollback: error.to_string() }),
        }
    }

    /// Notes what the command left in the changed files: that is its doing and no foreign change.
    ///
    /// # Errors
    /// If a file can't be read or the record can't be written.
    pub fn command_ended(&mut self) -> Result<(), UndoError> {
        if self.record.entries.is_empty() {
            return Ok(());
        }
        for index in 0..self.record.entries.len() {
            let left = self.current(&self.record.entries[index].path.clone())?.map(|state| state.hash());
            self.record.entries[index].left_by_command = Some(left);
        }
        self.write_record()
    }

    /// Takes `changes` back, last first.
    ///
    /// # Errors
    /// [`UndoError::Foreign`] at the first file that somebody else changed; files before it stay as they are. After an error
    /// the record outlives [`settle`](Self::settle), for the next healer to finish.
    pub fn take_back(&mut self, changes: &[FileChange]) -> Result<bool, UndoError> {
        let took = self.take_each_back(changes);
        self.unfinished = took.is_err();
        took
    }

    fn take_each_back(&mut self, changes: &[FileChange]) -> Result<bool, UndoError> {
        let mut took = false;
        for change in changes.iter().rev() {
            let Some(at) = self.record.entries.iter().rposition(|entry| entry.path == change.path) else { continue };
            let entry = self.record.entries[at].clone();
            let now = self.current(&entry.path)?.map(|state| state.hash());
            if now != entry.before.as_ref().map(|kept| kept.hash.clone()) {
                let ours = now == entry.after || entry.left_by_command.as_ref() == Some(&now);
                if !ours {
                    return Err(UndoError::Foreign { path: entry.path });
                }
                self.restore(&entry)?;
            }
            self.record.entries.remove(at);
            self.write_record()?;
            took = true;
        }
        Ok(took)
    }

    /// Forgets everything: nothing will be taken back any more, unless taking back was tried and could not be finished.
    ///
    /// # Errors
    /// If the record can't be removed.
    pub fn settle(&mut self) -> Result<(), UndoError> {
        if self.unfinished {
            return Ok(());
        }
        self.record.entries.clear();
        for (path, removed) in [
            (self.state.join(RECORD), fs::remove_file(self.state.join(RECORD))),
            (self.state.join(BLOBS), fs::remove_dir_all(self.state.join(BLOBS))),
        ] {
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("remove", &path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    fn take_all_back(&mut self) -> Result<Recovery, UndoError> {
        let incident = self.record.incident.clone();
        let mut recovery = Recovery { incident, restored: Vec::new(), left_alone: Vec::new() };
        for entry in self.record.entries.clone().into_iter().rev() {
            self.check_inside(&entry.path)?;
            self.sweep_beside(&entry.path);
            let now = self.current(&entry.path)?.map(|state| state.hash());
            if now == entry.before.as_ref().map(|kept| kept.hash.clone()) {
                continue;
            }
            if now == entry.after || entry.left_by_command.as_ref() == Some(&now) {
                self.restore(&entry)?;
                recovery.restored.push(entry.path);
            } else {
                let saved = entry.before.as_ref().map(|kept| self.save(&entry.path, kept)).transpose()?;
                recovery.left_alone.push((entry.path, saved));
            }
        }
        Ok(recovery)
    }

    /// Removes new contents that a kill kept from being put into place.
    fn sweep_beside(&self, path: &Path) {
        let target = self.dir.join(path);
        let entries = fs::read_dir(target.parent().unwrap_or(&self.dir)).into_iter().flatten().flatten();
        let ours = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(NEW_CONTENT.as_bytes());
        // One that can't be removed is in nobody's way.
        entries.filter(ours).for_each(|entry| drop(fs::remove_file(entry.path())));
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

    fn keep(&self, change: &FileChange) -> Result<Entry, UndoError> {
        let before = match &change.before {
            None => None,
            Some(state) => {
                let path = self.dir.join(&change.path);
                let metadata = fs::metadata(&path).map_err(io_error("read", &path))?;
                let hash = state.hash();
                write_private(&self.state.join(BLOBS), hash.as_str(), &state.content)?;
                Some(Kept { hash, mode: state.mode, uid: metadata.uid(), gid: metadata.gid() })
            }
        };
        let after = change.after.as_ref().map(FileState::hash);
        Ok(Entry { path: change.path.clone(), before, after, left_by_command: None })
    }

    fn restore(&self, entry: &Entry) -> Result<(), UndoError> {
        let Some(kept) = &entry.before else { return self.replace(&entry.path, None, None) };
        let blob = self.state.join(BLOBS).join(kept.hash.as_str());
        let content = fs::read(&blob).map_err(io_error("read", &blob))?;
        if ContentHash::of(&content) != kept.hash {
            return Err(UndoError::Unreadable { path: blob, why: "its content is not what was kept".to_owned() });
        }
        self.replace(&entry.path, Some(&FileState { content, mode: kept.mode }), Some((kept.uid, kept.gid)))
    }

    /// Replaces a file at once: a reader sees the old content or the new, also after a crash.
    fn replace(&self, path: &Path, state: Option<&FileState>, owner: Option<(u32, u32)>) -> Result<(), UndoError> {
        let target = self.dir.join(path);
        let parent = target.parent().unwrap_or(&self.dir).to_owned();
        let Some(state) = state else {
            return match fs::remove_file(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", &target)(error)),
                _ => sync_dir(&parent),
            };
        };
        let owner = owner.or_else(|| fs::metadata(&target).ok().map(|found| (found.uid(), found.gid())));
        let named = tempfile::Builder::new().prefix(NEW_CONTENT).tempfile_in(&parent);
        let replaced = named.and_then(|mut file| {
            file.write_all(&state.content)?;
            file.as_file().set_permissions(fs::Permissions::from_mode(state.mode))?;
            if let Some((uid, gid)) =
                owner.filter(|owner| file.as_file().metadata().is_ok_and(|m| (m.uid(), m.gid()) != *owner))
            {
                chown(file.path(), Some(uid), Some(gid))?;
            }
            file.as_file().sync_all()?;
            file.persist(&target).map(drop).map_err(|error| error.error)
        });
        replaced.map_err(io_error("write", &target))?;
        sync_dir(&parent)
    }

    fn save(&self, path: &Path, kept: &Kept) -> Result<PathBuf, UndoError> {
        let blob = self.state.join(BLOBS).join(kept.hash.as_str());
        let content = fs::read(&blob).map_err(io_error("read", &blob))?;
        let name = format!("{}-{}", &kept.hash.as_str()[..12], path.file_name().unwrap_or_default().to_string_lossy());
        let saved = self.state.join(SAVED);
        write_private(&saved, &name, &content)?;
        Ok(saved.join(name))
    }

    fn write_record(&self) -> Result<(), UndoError> {
        if self.record.entries.is_empty() {
            return Ok(());
        }
        let path = self.state.join(RECORD);
        let text =
            serde_json::to_vec_pretty(&self.record).map_err(io::Error::from).map_err(io_error("write", &path))?;
        write_private(&self.state, RECORD, &text)
    }
}

fn identity(dir: &Path) -> Result<(u64, u64), UndoError> {
    fs::metadata(dir).map(|found| (found.dev(), found.ino())).map_err(io_error("look at", dir))
}

/// Writes a private file durably and at once.
fn write_private(dir: &Path, name: &str, content: &[u8]) -> Result<(), UndoError> {
    let path = dir.join(name);
    fs::create_dir_all(dir).map_err(io_error("create", dir))?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(io_error("protect", dir))?;
    let temporary = dir.join(format!("{name}.new"));
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
    written.and_then(|()| fs::rename(&temporary, &path)).map_err(io_error("write", &path))?;
    sync_dir(dir)
}

fn sync_dir(dir: &Path) -> Result<(), UndoError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_error("sync", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        root: tempfile::TempDir,
        dir: PathBuf,
        state: StateDir,
    }

    fn place() -> Place {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().canonicalize().unwrap().join("project");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("a.json"), "old").unwrap();
        fs::set_permissions(dir.join("a.json"), fs::Permissions::from_mode(0o640)).unwrap();
        let state = StateDir::of(&dir, Some(&root.path().join("state"))).unwrap();
        Place { root, dir, state }
    }

    impl Place {
        fn changes(&self) -> Vec<FileChange> {
            let state = |text: &str| Some(FileState { content: text.as_bytes().to_vec(), mode: 0o640 });
            vec![
                FileChange { path: "a.json".into(), before: state("old"), after: state("new") },
                FileChange { path: "b.lock".into(), before: None, after: state("lock") },
            ]
        }

        fn read(&self, name: &str) -> Option<String> {
            fs::read_to_string(self.dir.join(name)).ok()
        }
    }

    #[test]
    fn takes_back_to_the_byte_and_the_mode() {
        let place = place();
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        undo.apply(&place.changes()).unwrap();
        assert_eq!((place.read("a.json").as_deref(), place.read("b.lock").as_deref()), (Some("new"), Some("lock")));
        assert!(undo.take_back(&place.changes()).unwrap());
        assert_eq!((place.read("a.json").as_deref(), place.read("b.lock")), (Some("old"), None));
        assert_eq!(fs::metadata(place.dir.join("a.json")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(!undo.take_back(&place.changes()).unwrap(), "a second time there is nothing to take back");
    }

    #[test]
    fn a_file_that_changed_since_the_preview_stops_everything_before_the_first_change() {
        let place = place();
        fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        assert!(matches!(undo.apply(&place.changes()), Err(UndoError::Fence { path }) if path == Path::new("b.lock")));
        assert_eq!(place.read("a.json").as_deref(), Some("old"));
    }

    #[test]
    fn the_next_healer_takes_back_what_a_kill_left_and_leaves_what_changed_since_alone() {
        let place = place();
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        undo.apply(&place.changes()).unwrap();
        drop(undo);
        fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
        fs::write(place.dir.join(".selfheal-new-x1"), "not put into place").unwrap();
        let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
        assert_eq!(recovery.restored, [PathBuf::from("a.json")]);
        assert_eq!(recovery.left_alone, [(PathBuf::from("b.lock"), None)]);
        assert_eq!(
            (place.read("a.json").as_deref(), place.read("b.lock").as_deref()),
            (Some("old"), Some("somebody's"))
        );
        assert_eq!(place.read(".selfheal-new-x1"), None);
        assert_eq!(Undo::recover(&place.dir, &place.state).unwrap(), None, "done once");
    }

    #[test]
    fn what_was_there_before_is_saved_when_the_file_is_left_alone() {
        let place = place();
        Undo::new(&place.dir, &place.state, "inc-1").apply(&place.changes()).unwrap();
        fs::write(place.dir.join("a.json"), "edited on top of the fix").unwrap();
        let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
        let (path, saved) = &recovery.left_alone[0];
        assert_eq!(path, Path::new("a.json"));
        assert_eq!(fs::read_to_string(saved.as_ref().unwrap()).unwrap(), "old");
    }

    #[test]
    fn a_directory_made_anew_at_the_same_path_is_another_one() {
        let place = place();
        Undo::new(&place.dir, &place.state, "inc-1").apply(&place.changes()).unwrap();
        fs::rename(&place.dir, place.root.path().join("moved")).unwrap();
        fs::create_dir(&place.dir).unwrap();
        fs::write(place.dir.join("a.json"), "new").unwrap();
        let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
        assert!(recovery.restored.is_empty() && recovery.left_alone.is_empty());
        assert_eq!(place.read("a.json").as_deref(), Some("new"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_change_that_fails_in_the_middle_leaves_no_file_changed() {
        let place = place();
        // So deep that a file with a short name can be made there, and the one that is to take its place can't.
        const PATH_MAX: usize = 4096;
        let mut deep = place.dir.clone();
        while PATH_MAX - deep.as_os_str().len() > 12 {
            let room = PATH_MAX - deep.as_os_str().len() - 12;
            deep.push("d".repeat(room.clamp(1, 200)));
        }
        fs::create_dir_all(&deep).unwrap();
        let mut changes = place.changes();
        changes[1].path = deep.strip_prefix(&place.dir).unwrap().join("b");
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        assert!(matches!(undo.apply(&changes), Err(UndoError::Io { what: "write", .. })));
        assert_eq!(place.read("a.json").as_deref(), Some("old"));
    }

    #[test]
    fn after_a_foreign_change_the_record_stays_for_the_next_healer() {
        let place = place();
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        undo.apply(&place.changes()).unwrap();
        fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
        assert!(matches!(undo.take_back(&place.changes()), Err(UndoError::Foreign { .. })));
        undo.settle().unwrap();
        assert_eq!(Undo::recover(&place.dir, &place.state).unwrap().unwrap().restored, [PathBuf::from("a.json")]);
    }

    #[test]
    fn what_the_command_wrote_is_no_foreign_change_and_what_others_wrote_is() {
        let place = place();
        let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
        undo.apply(&place.changes()).unwrap();
        fs::write(place.dir.join("b.lock"), "the command's").unwrap();
        undo.command_ended().unwrap();
        fs::write(place.dir.join("a.json"), "somebody's").unwrap();
        assert!(
            matches!(undo.take_back(&place.changes()), Err(UndoError::Foreign { path }) if path == Path::new("a.json"))
        );
        assert_eq!((place.read("a.json").as_deref(), place.read("b.lock")), (Some("somebody's"), None));
    }

    #[test]
    fn nothing_outside_the_project_is_touched() {
        let place = place();
        fs::create_dir(place.root.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(place.root.path().join("elsewhere"), place.dir.join("link")).unwrap();
        for path in ["../x", "/etc/x", ".git/config", "link/x", ""] {
            let change = FileChange { path: path.into(), before: None, after: place.changes()[1].after.clone() };
            let mut undo = Undo::new(&place.dir, &place.state, "inc-1");
            assert!(undo.apply(&[change]).is_err(), "{path:?}");
        }
        assert_eq!(fs::read_dir(place.root.path().join("elsewhere")).unwrap().count(), 0);
    }
}

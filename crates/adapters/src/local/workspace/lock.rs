//! One healer per directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::StateDir;

/// Held while a healer works on a directory. The kernel releases it when the process ends, however it ends.
///
/// It lies on the directory itself, so that healers of different users see each other; who holds it is written into the
/// state directory, which only healers of the same user find.
#[derive(Debug)]
pub struct DirectoryLock {
    _dir: File,
}

/// Why the directory can't be worked on.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another healer works on it.
    #[error("another heal works on this directory: {holder}")]
    Busy {
        /// What that one wrote about itself: process id and command.
        holder: String,
    },
    /// The lock file can't be used.
    #[error("the lock in {path} can't be taken: {source}")]
    Io {
        /// Where it lies.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
}

impl DirectoryLock {
    /// Takes the lock, or says who holds it. `holder` is what others will be told.
    ///
    /// # Errors
    /// [`LockError::Busy`] if another process holds it.
    pub fn acquire(dir: &Path, state: &StateDir, holder: &str) -> Result<Self, LockError> {
        let path = state.path().join("lock");
        let io = |path: &Path| {
            let path = path.display().to_string();
            move |source| LockError::Io { path, source }
        };
        let locked = File::open(dir).map_err(io(dir))?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = options.map_err(io(&path))?;
        match locked.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Busy { holder: read(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(io(dir)(source)),
        }
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        written.map_err(io(&path))?;
        Ok(Self { _dir: locked })
    }
}

fn read(file: &mut File) -> String {
    let mut holder = String::new();
    match file.take(4096).read_to_string(&mut holder) {
        Ok(read) if read > 0 => holder.trim().to_owned(),
        _ => "it has not said who it is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_healer_is_told_who_holds_it_and_gets_it_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::of(root.path(), Some(&root.path().join("s"))).unwrap();
        let first = DirectoryLock::acquire(root.path(), &state, "process 42: make test").unwrap();
        let busy = DirectoryLock::acquire(root.path(), &state, "second").unwrap_err();
        assert!(busy.to_string().contains("process 42: make test"), "{busy}");
        let elsewhere = StateDir::of(root.path(), Some(&root.path().join("another-user"))).unwrap();
        assert!(DirectoryLock::acquire(root.path(), &elsewhere, "third").is_err(), "whatever the state directory");
        drop(first);
        DirectoryLock::acquire(root.path(), &state, "second").unwrap();
    }
}

//! A stamp of a tree: notices that a rehearsal which should have stayed in its copy touched the original.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::CopyError;
use super::copy_error::failed;
use crate::local::process::Cancel;

/// Names, types, sizes and change times of all that lies in a tree, hashed. Two stamps that differ mean that something
/// was written between them; the content itself isn't read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeStamp([u8; 32]);

impl TreeStamp {
    /// The stamp of `dir` now, without `except` and what is mounted in it. Git's own directory is left out too: looking at a repository refreshes its
    /// index.
    ///
    /// # Errors
    /// If a directory can't be read; [`CopyError::Cancelled`] once `cancel` is requested.
    pub fn of(dir: &Path, except: &Path, cancel: &Cancel) -> Result<Self, CopyError> {
        let mut hash = Sha256::new();
        let wanted = |entry: &walkdir::DirEntry| entry.file_name() != ".git" && entry.path() != except;
        let unreadable = |error: walkdir::Error| failed("cannot read", error.path().unwrap_or(dir))(error.into());
        let entries = WalkDir::new(dir).same_file_system(true).sort_by_file_name().into_iter().filter_entry(wanted);
        for entry in entries {
            if cancel.requested().is_some() {
                return Err(CopyError::Cancelled);
            }
            let entry = entry.map_err(unreadable)?;
            let metadata = entry.metadata().map_err(unreadable)?;
            hash.update(entry.path().as_os_str().as_encoded_bytes());
            hash.update([0]);
            // Not a directory's own times: a file that appears and vanishes again changes nothing that lasts.
            if !metadata.is_dir() {
                for part in [metadata.ctime(), metadata.ctime_nsec(), i64::from(metadata.mode())] {
                    hash.update(part.to_be_bytes());
                }
                hash.update(metadata.len().to_be_bytes());
            }
        }
        Ok(Self(hash.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_a_new_file_and_a_removal_change_it_and_looking_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, "1").unwrap();
        let stamp = || TreeStamp::of(dir.path(), &dir.path().join("copy"), &Cancel::new()).unwrap();
        let first = stamp();
        assert_eq!(first, stamp());
        std::fs::write(&file, "22").unwrap();
        let second = stamp();
        assert_ne!(first, second);
        std::fs::write(dir.path().join("b"), "").unwrap();
        assert_ne!(second, stamp());
        let third = stamp();
        std::fs::create_dir(dir.path().join("copy")).unwrap();
        assert_eq!(third, stamp(), "what is excepted doesn't count");
    }

    #[test]
    fn is_given_up_when_somebody_asks_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let cancel = Cancel::new();
        cancel.request(crate::local::process::StopSignal::Interrupt);
        let stamped = TreeStamp::of(dir.path(), Path::new("/copy"), &cancel);
        assert!(matches!(stamped, Err(CopyError::Cancelled)));
    }
}

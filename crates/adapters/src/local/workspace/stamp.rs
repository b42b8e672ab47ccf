//! A stamp of a tree: notices that a rehearsal which should have stayed in its copy touched the original.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// Names, types, sizes and change times of all that lies in a tree, hashed. Two stamps that differ mean that something
/// was written between them; the content itself isn't read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeStamp([u8; 32]);

impl TreeStamp {
    /// The stamp of `dir` now, without `except`. Git's own directory is left out too: looking at a repository refreshes its
    /// index.
    ///
    /// # Errors
    /// If a directory can't be read.
    pub fn of(dir: &Path, except: &Path) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let wanted = |entry: &walkdir::DirEntry| entry.file_name() != ".git" && entry.path() != except;
        let entries = WalkDir::new(dir).sort_by_file_name().into_iter().filter_entry(wanted);
        for entry in entries {
            let entry = entry?;
            let metadata = entry.metadata()?;
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
        let stamp = || TreeStamp::of(dir.path(), &dir.path().join("copy")).unwrap();
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
}

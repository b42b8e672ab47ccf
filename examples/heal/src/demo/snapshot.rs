//! The bytes of a project's own files, to compare before and after.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Every file of a directory but what builds write (`target`, `Cargo.lock` where there was none).
#[derive(PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<PathBuf, Vec<u8>>);

impl Snapshot {
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        collect(dir, &mut files)?;
        Ok(Self(files))
    }
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            let built = path.file_name().is_some_and(|name| name == "target");
            if !built {
                collect(&path, files)?;
            }
        } else if path.file_name().is_none_or(|name| name != "Cargo.lock") {
            files.insert(path.clone(), std::fs::read(&path)?);
        }
    }
    Ok(())
}

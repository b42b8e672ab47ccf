//! Whether what was changed is still as it was left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Undo, UndoError};

impl Undo {
    /// The first file that is not as its last change, or the command right after, left it.
    pub(in crate::local) fn first_foreign(&self) -> Result<Option<PathBuf>, UndoError> {
        let mut seen = BTreeSet::new();
        // A file that several steps changed is as the last of them left it.
        for entry in self.record.entries.iter().rev().filter(|entry| seen.insert(entry.path.as_path())) {
            let now = self.current(&entry.path)?.map(|state| state.hash());
            if !entry.is_ours(now.as_ref()) {
                return Ok(Some(entry.path.clone()));
            }
        }
        Ok(None)
    }

    /// Whether a change of this file is noted.
    pub(in crate::local) fn covers(&self, path: &Path) -> bool {
        self.record.entries.iter().any(|entry| entry.path == path)
    }
}

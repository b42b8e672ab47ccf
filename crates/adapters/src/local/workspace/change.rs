//! A change of one file: what it was, what it becomes, by content hash.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a file's content, as 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_digest(&Sha256::digest(bytes))
    }

    pub(super) fn from_digest(digest: &[u8]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a file holds, and its permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// The bytes.
    pub content: Vec<u8>,
    /// The permission bits.
    pub mode: u32,
}

impl FileState {
    /// Reads a regular file; `None` if nothing is there.
    ///
    /// # Errors
    /// If it can't be read, or is something else than a regular file.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is a link, a directory or a device; expected a regular file",
            ));
        }
        Ok(Some(Self { content: fs::read(path)?, mode: metadata.permissions().mode() & 0o7777 }))
    }

    /// The hash of its content.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(&self.content)
    }
}

/// A change of one file below the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the working directory.
    pub path: PathBuf,
    /// What it was; `None` if it didn't exist.
    pub before: Option<FileState>,
    /// What it becomes; `None` if it is removed.
    pub after: Option<FileState>,
}

impl FileChange {
    /// Whether anything changes.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// A unified diff with three lines of context; says so where the content isn't text.
    #[must_use]
    pub fn diff(&self) -> String {
        let path = self.path.display();
        let text = |state: &Option<FileState>| match state {
            None => Some(String::new()),
            Some(state) => String::from_utf8(state.content.clone()).ok(),
        };
        let (Some(before), Some(after)) = (text(&self.before), text(&self.after)) else {
            return format!("Binary files a/{path} and b/{path} differ\n");
        };
        let old = if self.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
        let new = if self.after.is_some() { format!("b/{path}") } else { "/dev/null".to_owned() };
        similar::TextDiff::from_lines(&before, &after).unified_diff().context_radius(3).header(&old, &new).to_string()
    }

    /// Lines added and removed.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let diff = self.diff();
        let body = || diff.lines().filter(|line| !line.starts_with("+++") && !line.starts_with("---"));
        let count = |sign: char| body().filter(|line| line.starts_with(sign)).count();
        let clamp = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
        (clamp(count('+')), clamp(count('-')))
    }
}

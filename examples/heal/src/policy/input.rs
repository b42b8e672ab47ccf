//! What is read from the command line's files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use selfheal_policy::limits::DOCUMENT_BYTES;

/// A text, and what it is called in errors.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) text: String,
}

impl Input {
    /// Reads a file, or stdin for `-`.
    ///
    /// # Errors
    /// Says which file can't be read, or is no text, or is too long.
    pub(super) fn read(path: &Path) -> Result<Self, Unreadable> {
        let name = if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
        let text = match is_stdin(path) {
            true => bounded(io::stdin().lock()),
            false => File::open(path).and_then(bounded),
        };
        text.map(|text| Self { name: name.clone(), text })
            .map_err(|error| Unreadable { name, problem: error.to_string() })
    }
}

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub(super) struct Unreadable {
    pub(super) name: String,
    pub(super) problem: String,
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn bounded(file: impl Read) -> io::Result<String> {
    let mut text = String::new();
    file.take(DOCUMENT_BYTES as u64 + 1).read_to_string(&mut text)?;
    match text.len() <= DOCUMENT_BYTES {
        true => Ok(text),
        false => Err(io::Error::other(format!("expected at most {DOCUMENT_BYTES} bytes"))),
    }
}

//! The lines of an export, and the only form in which each is written.

use std::io::{BufRead, Read};

use selfheal_core::audit::Hash;
use selfheal_core::error::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest line: a leaf with as many and as long openings as there may be, every byte of them escaped.
const MAX_LINE_BYTES: usize = 16 << 20;

/// The first line: everything but leaves and checkpoints, and how many of these follow.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogLine {
    pub(super) selfheal_audit_export: u32,
    pub(super) key: String,
    pub(super) leaves: u64,
    pub(super) checkpoints: u64,
    /// Base64 of the head's encoding.
    pub(super) head: String,
}

/// A leaf.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeafLine {
    pub(super) index: u64,
    pub(super) hash: Hash,
    /// Base64 of the leaf's encoding.
    pub(super) leaf: String,
    pub(super) openings: Vec<OpeningLine>,
}

/// An opening within a leaf's line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpeningLine {
    pub(super) name: String,
    /// Hex.
    pub(super) salt: String,
    pub(super) value: String,
}

/// A signed checkpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointLine {
    pub(super) checkpoint: String,
}

/// The next line of `reader`, without its end; `None` at the end of the file.
pub(super) fn next_line<'a>(reader: &mut impl BufRead, line: &'a mut Vec<u8>) -> Result<Option<&'a [u8]>> {
    line.clear();
    let unreadable = |error: std::io::Error| Error::new(ErrorKind::Unavailable, OPERATION, error.to_string());
    reader.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', line).map_err(unreadable)?;
    match line.strip_suffix(b"\n") {
        Some(whole) => Ok(Some(whole)),
        None if line.is_empty() => Ok(None),
        None if line.len() > MAX_LINE_BYTES => Err(invalid(format!("a line is longer than {MAX_LINE_BYTES} bytes"))),
        None => Err(invalid("the last line is cut off")),
    }
}

/// Reads a line that is written exactly as this program writes it: every byte counts.
pub(super) fn parse<T: Serialize + DeserializeOwned>(line: &[u8], what: &str) -> Result<T> {
    let refused = |problem: String| invalid(format!("{what}: {problem}"));
    let parsed: T = serde_json::from_slice(line).map_err(|error| refused(error.to_string()))?;
    let written = serde_json::to_vec(&parsed).map_err(|error| refused(error.to_string()))?;
    if written == line { Ok(parsed) } else { Err(refused("the line is not in its canonical form".to_owned())) }
}

const OPERATION: &str = "audit.import";

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, OPERATION, message)
}

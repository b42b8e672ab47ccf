//! Writing a log as JSON lines.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use selfheal_core::audit::{Hash, Opening, Openings, Row};
use selfheal_core::error::{Error, ErrorKind, Result};
use serde::Serialize;

use super::export_line::{CheckpointLine, LeafLine, LogLine, OpeningLine};
use super::rows::AuditRows;

/// Version of the export's lines.
pub const EXPORT_VERSION: u32 = 1;

const OPERATION: &str = "audit.export";

/// Writes `rows` to `out`: a line with key, head and counts, a line per leaf (index, hash, encoding in base64, openings in
/// plain), a line per signed checkpoint. [`Export`](super::Export) reads it back, and it verifies by itself.
///
/// # Errors
/// [`ErrorKind::Invalid`] if a row isn't even in shape; whatever `rows` fails with; [`ErrorKind::Unavailable`] if it can't be
/// written.
pub fn export(rows: &(impl AuditRows + ?Sized), out: &mut dyn Write) -> Result<()> {
    let stored = rows.stored()?;
    let head = LogLine {
        selfheal_audit_export: EXPORT_VERSION,
        key: rows.public_key()?,
        leaves: stored.rows,
        checkpoints: stored.checkpoints.len() as u64,
        head: STANDARD.encode(&stored.head),
    };
    write(out, &head)?;
    let mut written = Ok(());
    rows.read(0..stored.rows, &mut |row| {
        written = leaf_line(row).and_then(|line| write(out, &line));
        written.is_ok()
    })?;
    written?;
    let mut checkpoints = stored.checkpoints.into_iter().map(|checkpoint| CheckpointLine { checkpoint });
    checkpoints.try_for_each(|line| write(out, &line))?;
    out.flush().map_err(unwritable)
}

fn leaf_line(row: &Row<'_>) -> Result<LeafLine> {
    let refused = |problem: String| {
        Error::new(ErrorKind::Invalid, OPERATION, problem).with_context("leaf", row.index.to_string())
    };
    let hash =
        row.hash.try_into().map_err(|_| refused(format!("its hash has {} bytes, expected 32", row.hash.len())))?;
    let openings = Openings::decode(row.openings).map_err(|problem| refused(problem.to_string()))?;
    let line = |opening: Opening<'_>| OpeningLine {
        name: opening.name.to_owned(),
        salt: opening.salt.to_string(),
        value: opening.value.to_owned(),
    };
    Ok(LeafLine {
        index: row.index,
        hash: Hash::from_bytes(hash),
        leaf: STANDARD.encode(row.leaf),
        openings: openings.iter().map(line).collect(),
    })
}

fn write(out: &mut dyn Write, line: &impl Serialize) -> Result<()> {
    let mut bytes =
        serde_json::to_vec(line).map_err(|error| Error::new(ErrorKind::Internal, OPERATION, error.to_string()))?;
    bytes.push(b'\n');
    out.write_all(&bytes).map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, OPERATION, error.to_string())
}

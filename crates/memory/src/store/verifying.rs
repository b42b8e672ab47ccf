//! Verification of a store that may have been copied from anywhere.

use std::path::Path;

use selfheal_core::audit::{SignedCheckpoint, Verified};
use selfheal_core::error::{Error, ErrorKind, Result};

use super::inspection::open_journal;
use super::{Paths, Store, at, io};
use crate::audit::{AuditRows, FileWitness, PublicKey, Unverified, verify};
use crate::journal::{CrossChecked, Mismatch};

const OPERATION: &str = "store.read_checkpoints";

/// The longest file of a checkpoint that is given from outside, in bytes.
const MAX_CHECKPOINTS_BYTES: u64 = 64 << 20;

/// A store whose audit log and journal are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedStore {
    /// The log.
    pub log: Verified,
    /// What it vouches for.
    pub journal: CrossChecked,
    /// Checkpoints that lie outside the log, and that it was held against.
    pub witnessed: u64,
    /// The text of the public key.
    pub key: String,
}

/// A store that doesn't verify.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnverifiedStore {
    /// The log was changed, is another's, or can't be read.
    #[error(transparent)]
    Log(#[from] Unverified),
    /// The log is sound, and the journal is not what it speaks of.
    #[error("the audit log is sound, but the journal beside it is not what it speaks of: {}", first(.0))]
    Journal(Vec<Mismatch>),
    /// There is no store, or it can't be read.
    #[error(transparent)]
    Unreadable(#[from] Error),
}

fn first(mismatches: &[Mismatch]) -> String {
    let first = mismatches.first().map(ToString::to_string).unwrap_or_default();
    if mismatches.len() > 1 { format!("{first}, and {} more", mismatches.len() - 1) } else { first }
}

impl Store {
    /// Verifies the store in `folder` offline, wherever it was copied to: the audit log against its public key and the
    /// checkpoints beside it, and the journal against the audit log.
    ///
    /// All of that lies in the folder. Who could replace the folder is found out by what was kept elsewhere: `expected`, the
    /// key that the log has to be signed with, and `checkpoint`, a file with one signed checkpoint or a copy of a file of
    /// checkpoints. With neither, a store that was made anew by another key verifies.
    ///
    /// # Errors
    /// [`UnverifiedStore`] says what is wrong, or why that couldn't be found out.
    pub fn verify_audit(
        folder: &Path,
        expected: Option<&PublicKey>,
        checkpoint: Option<&Path>,
    ) -> Result<VerifiedStore, UnverifiedStore> {
        let paths = Paths::of(folder);
        let journal = open_journal(&paths)?;
        let rows = journal.audit_rows()?;
        let key = match PublicKey::open(&paths.public_key) {
            Ok(key) => Some(key),
            // Its writer ended before it had made the file; the log has the key too.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let mut witnessed = beside(&paths)?;
        if let Some(file) = checkpoint {
            witnessed.extend(read_checkpoints(file)?);
        }
        if let (Some(expected), Some(key)) = (expected, key.as_ref().filter(|key| Some(*key) != expected)) {
            return Err(Unverified::WrongKey { expected: expected.to_string(), found: key.to_string() }.into());
        }
        let log = verify(&rows, expected.or(key.as_ref()), &witnessed)?;
        let checked = rows.cross_check(log.leaves)?.map_err(UnverifiedStore::Journal)?;
        let key = rows.public_key()?;
        Ok(VerifiedStore { log, journal: checked, witnessed: witnessed.len() as u64, key })
    }
}

/// The checkpoints in the store's own file; none if there is no file yet.
fn beside(paths: &Paths) -> Result<Vec<String>> {
    match FileWitness::new(&paths.checkpoints).all() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        found => found,
    }
}

/// The signed checkpoints in a file that was kept elsewhere: a single one, or a copy of a store's `checkpoints`.
///
/// # Errors
/// [`ErrorKind::Invalid`] if there is none in it; [`ErrorKind::LimitReached`] past 64 MiB; others if it can't be read.
pub fn read_checkpoints(file: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| io(OPERATION, "the checkpoint can't be read", file, &error);
    let length = std::fs::metadata(file).map_err(failed)?.len();
    if length > MAX_CHECKPOINTS_BYTES {
        let message = format!("expected at most {MAX_CHECKPOINTS_BYTES} bytes of checkpoints, found {length}");
        return Err(at(Error::new(ErrorKind::LimitReached, OPERATION, message), file));
    }
    let text = std::fs::read_to_string(file).map_err(failed)?;
    if SignedCheckpoint::parse(&text).is_ok() {
        return Ok(vec![text]);
    }
    let all = FileWitness::new(file).all()?;
    if all.is_empty() {
        let message = "expected a signed checkpoint, or a file of them";
        return Err(at(Error::new(ErrorKind::Invalid, OPERATION, message), file));
    }
    Ok(all)
}

//! Looking at a store before it is opened: why it can't be used shows without changing anything.

use std::fs::OpenOptions;
use std::io::{ErrorKind as IoKind, Write};
use std::path::Path;

use selfheal_core::audit::SignedCheckpoint;
use selfheal_core::error::{Error, ErrorKind, Result};

use super::{OPEN, Paths, at, io};
use crate::audit::{FileWitness, PublicKey, SigningKey};
use crate::journal::SqliteJournal;

/// What an incident takes in the journal and its write-ahead log, generously.
const ROOM_BYTES: usize = 512 << 10;

/// The key, if there is one already; or why the store can't be used.
pub(super) fn inspect(paths: &Paths, key_file: &Path) -> Result<Option<SigningKey>> {
    // In this order: what another process signs meanwhile is no loss.
    let seen = FileWitness::new(&paths.checkpoints).newest()?;
    let journal = match opened(paths, SqliteJournal::open_to_inspect) {
        Ok(journal) => Some(journal),
        // Not made; or made and not yet filled.
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(seen) = seen {
        compare(paths, &seen, journal.as_ref())?;
    }
    key(public_key(paths, journal.as_ref())?, key_file)
}

/// The journal, for reading.
pub(super) fn open_journal(paths: &Paths) -> Result<SqliteJournal> {
    opened(paths, SqliteJournal::open_read_only)
}

fn opened(paths: &Paths, open: fn(&Path) -> Result<SqliteJournal>) -> Result<SqliteJournal> {
    if paths.journal.is_dir() {
        let message = "expected the file of a journal, this is a directory";
        return Err(at(Error::new(ErrorKind::Invalid, OPEN, message), &paths.journal));
    }
    open(&paths.journal)
}

/// Refuses a journal without the very checkpoint that was `seen`.
fn compare(paths: &Paths, seen: &SignedCheckpoint, journal: Option<&SqliteJournal>) -> Result<()> {
    let conflict = |message: String| Err(at(Error::new(ErrorKind::Conflict, OPEN, message), &paths.journal));
    let size = seen.checkpoint().size;
    let Some(journal) = journal else {
        return conflict(format!(
            "the journal is gone: the checkpoints beside it speak of {size} leaves of its audit log"
        ));
    };
    let there = journal.newest_checkpoint()?.map_or(0, |newest| newest.checkpoint().size);
    if there < size {
        return conflict(format!(
            "the journal is older than the checkpoints beside it: these speak of {size} leaves of the audit log, the journal \
             has signed {there}"
        ));
    }
    match journal.checkpoint_up_to(size)?.as_ref() == Some(seen) {
        true => Ok(()),
        false => conflict(
            "the journal is another than the one that the checkpoints beside it speak of, or its audit log was rewritten"
                .to_owned(),
        ),
    }
}

/// The private key, which must be that of the public one; `None` if neither was made yet.
fn key(known: Option<PublicKey>, file: &Path) -> Result<Option<SigningKey>> {
    match (SigningKey::open(file), known) {
        (Ok(key), Some(known)) if key.public() != known => {
            let message = "this key is not the one that signs the audit log of this store";
            Err(at(Error::new(ErrorKind::Forbidden, OPEN, message), file)
                .with_context("expected", known.to_string())
                .with_context("given", key.public().to_string()))
        }
        (Ok(key), _) => Ok(Some(key)),
        (Err(error), None) if error.kind() == ErrorKind::NotFound => Ok(None),
        (Err(error), Some(known)) if error.kind() == ErrorKind::NotFound => {
            let message = "the private key of this store is missing: without it the store can only be read";
            Err(at(Error::new(ErrorKind::Forbidden, OPEN, message), file).with_context("expected", known.to_string()))
        }
        (Err(error), _) => Err(error),
    }
}

/// The key that the store has: in the journal and, unless its writer ended before making that, in a file beside it.
fn public_key(paths: &Paths, journal: Option<&SqliteJournal>) -> Result<Option<PublicKey>> {
    let beside = match PublicKey::open(&paths.public_key) {
        Ok(key) => Some(key),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let within = journal.map(SqliteJournal::public_key).transpose()?;
    match (beside, within) {
        (Some(beside), Some(within)) if beside != within => {
            let message = "the public key is not that of the journal beside it";
            Err(at(Error::new(ErrorKind::Invalid, OPEN, message), &paths.public_key)
                .with_context("expected", within.to_string())
                .with_context("found", beside.to_string()))
        }
        (beside, within) => Ok(within.or(beside)),
    }
}

/// Refuses a journal that can only be read.
pub(super) fn check_writable(journal: &Path) -> Result<()> {
    match OpenOptions::new().append(true).open(journal) {
        Err(error) if error.kind() != IoKind::NotFound => {
            Err(io(OPEN, "the file can't be opened for writing", journal, &error))
        }
        _ => Ok(()),
    }
}

/// Refuses a folder without room for an incident, by writing as much to a file without a name.
pub(super) fn check_room(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| io(OPEN, "nothing can be written in this directory", folder, &error);
    tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&vec![0; ROOM_BYTES])).map_err(failed)
}

//! The audit log within a transaction: leaves are appended, and signed when it is time.

use rusqlite::{Connection, params};
use selfheal_core::audit::{Checkpoint, Entry, Field, Head, Malformed, SignedCheckpoint, Signer};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::failpoint;
use selfheal_core::time::Timestamp;

use super::failure::Failure;
use crate::audit::Salts;
use crate::journal::leaves::is_full;
use crate::journal::rows::signed;

/// The end of the log as one transaction moves it.
pub(super) struct Log {
    head: Head,
    size_before: u64,
    due: bool,
}

impl Log {
    /// Where the log ends now; the caller's transaction keeps others from moving it.
    pub(super) fn load(connection: &Connection) -> Result<Self, Failure> {
        let mut statement = connection.prepare_cached("SELECT head FROM audit_head")?;
        let head = statement.query_row([], |row| Ok(Head::decode(row.get_ref(0)?.as_blob()?)))?;
        let head = head.map_err(|error| damaged("the audit log's head", &error))?;
        Ok(Self { size_before: head.size(), head, due: false })
    }

    /// Appends a leaf that says `fields` and returns its place.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        salts: &mut Salts,
        fields: Vec<Field>,
    ) -> Result<i64, Failure> {
        let malformed = |error: Malformed| {
            Error::new(ErrorKind::Invalid, "audit.append", format!("a leaf that can't be written: {error}"))
        };
        let salt = salts.draw(fields.len())?;
        let entry = self.head.append(fields, salt).map_err(malformed)?;
        insert(connection, &entry)?;
        Ok(signed(entry.index))
    }

    /// A checkpoint is to be signed at the end of the transaction.
    pub(super) fn wants_checkpoint(&mut self) {
        self.due = true;
    }

    /// Writes the new end, and signs it if it is time.
    pub(super) fn finish(
        self,
        connection: &Connection,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<Option<SignedCheckpoint>, Failure> {
        let size = self.head.size();
        if size != self.size_before {
            connection.prepare_cached("UPDATE audit_head SET head = ?1")?.execute([self.head.encode()])?;
        }
        if self.due || is_full(self.size_before, size) { sign(connection, &self.head, signer, now) } else { Ok(None) }
    }
}

fn insert(connection: &Connection, entry: &Entry) -> Result<(), Failure> {
    let index = signed(entry.index);
    let leaf = "INSERT INTO audit_leaves (leaf, hash, encoding) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(leaf)?.execute(params![index, entry.hash.as_bytes(), entry.leaf])?;
    let openings = "INSERT INTO audit_openings (leaf, encoding) VALUES (?1, ?2)";
    connection.prepare_cached(openings)?.execute(params![index, entry.openings])?;
    Ok(())
}

/// Signs the log as it ends at `head`, unless the newest checkpoint did.
fn sign(
    connection: &Connection,
    head: &Head,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<Option<SignedCheckpoint>, Failure> {
    let newest = newest_checkpoint(connection)?;
    let signed = newest.as_ref().map_or(0, |(_, newest)| newest.checkpoint().size);
    if signed == head.size() {
        return Ok(None);
    }
    let (place, before) = match newest {
        None => (0, None),
        Some((place, newest)) => {
            let next =
                place.checked_add(1).ok_or_else(|| damaged("the newest checkpoint", &"it has no place after it"))?;
            (next, Some(newest))
        }
    };
    let checkpoint = Checkpoint::sign(head, now, before.as_ref(), signer)?;
    let insert = "INSERT INTO audit_checkpoints (place, note) VALUES (?1, ?2)";
    connection.prepare_cached(insert)?.execute(params![place, checkpoint.as_str()])?;
    failpoint::hit("journal.checkpoint_signed");
    Ok(Some(checkpoint))
}

/// The newest checkpoint and its place.
pub(super) fn newest_checkpoint(connection: &Connection) -> Result<Option<(i64, SignedCheckpoint)>, Failure> {
    checkpoint_up_to(connection, u64::MAX)
}

/// The newest checkpoint over at most so many leaves, and its place.
pub(super) fn checkpoint_up_to(
    connection: &Connection,
    leaves: u64,
) -> Result<Option<(i64, SignedCheckpoint)>, Failure> {
    let newest_first = "SELECT place, note FROM audit_checkpoints ORDER BY place DESC";
    let mut statement = connection.prepare_cached(newest_first)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let note = SignedCheckpoint::parse(&row.get::<_, String>(1)?);
        let checkpoint = note.map_err(|error| damaged("a checkpoint", &error))?;
        if checkpoint.checkpoint().size <= leaves {
            return Ok(Some((row.get(0)?, checkpoint)));
        }
    }
    Ok(None)
}

fn damaged(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, "journal.write", format!("the store is damaged: {what}: {error}"))
}

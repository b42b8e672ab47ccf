//! Appending a record: history, standing and audit leaf together.

use rusqlite::params;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::ports::Lease;

use super::batch::Batch;
use super::failure::Failure;
use super::incidents::{self, Kept, check_epoch, lease_until};
use crate::journal::rows::PreparedRecord;

const OPERATION: &str = "journal.append";

/// Appends at the expected sequence, and says so in the audit log.
pub(super) fn append(batch: &mut Batch<'_>, lease: &Lease, record: &PreparedRecord) -> Result<(), Failure> {
    match incidents::find(batch, &lease.incident)? {
        Some(kept) => go_on(batch, lease, record, &kept)?,
        None => open(batch, lease, record)?,
    }
    if record.rests { batch.sign() } else { Ok(()) }
}

fn open(batch: &mut Batch<'_>, lease: &Lease, record: &PreparedRecord) -> Result<(), Failure> {
    if (lease.epoch, record.sequence) != (1, 0) {
        return Err(conflict(lease, "expected the first record of a new incident").into());
    }
    let leaf = batch.say(record.fields.clone())?;
    let held = record.wake_at_ms.map(|_| lease);
    let insert = "INSERT INTO incidents (incident, standing, opened_at_ms, open, wake_at_ms, records, last_record, epoch,
        worker, lease_until_ms) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, 1, ?7, ?8)";
    batch.connection.prepare_cached(insert)?.execute(params![
        lease.incident.as_str(),
        record.standing,
        record.opened_at_ms,
        held.is_some(),
        record.wake_at_ms,
        leaf,
        held.map(|lease| lease.worker.as_ref()),
        held.map(|lease| lease_until(batch, lease.ttl)),
    ])?;
    let number = batch.connection.last_insert_rowid();
    insert_record(batch, leaf, number, None, record)
}

fn go_on(batch: &mut Batch<'_>, lease: &Lease, record: &PreparedRecord, kept: &Kept) -> Result<(), Failure> {
    check_epoch(OPERATION, lease, kept)?;
    if record.sequence != kept.records {
        let message = format!("expected sequence {}, got {}", kept.records, record.sequence);
        return Err(conflict(lease, &message).into());
    }
    let leaf = batch.say(record.fields.clone())?;
    insert_record(batch, leaf, kept.number, Some(kept.last_record), record)?;
    match record.wake_at_ms {
        Some(wake_at_ms) => stay(batch, lease, record, kept, leaf, wake_at_ms),
        None => close(batch, record, kept, leaf),
    }
}

fn stay(
    batch: &Batch<'_>,
    lease: &Lease,
    record: &PreparedRecord,
    kept: &Kept,
    leaf: i64,
    wake_at_ms: i64,
) -> Result<(), Failure> {
    let until = lease_until(batch, lease.ttl);
    let update = "UPDATE incidents SET standing = ?2, wake_at_ms = ?3, records = records + 1, last_record = ?4,
        lease_until_ms = ?5 WHERE number = ?1";
    let mut update = batch.connection.prepare_cached(update)?;
    update.execute(params![kept.number, record.standing, wake_at_ms, leaf, until])?;
    if kept.is_free {
        let hold = "UPDATE incidents SET worker = ?2 WHERE number = ?1";
        batch.connection.prepare_cached(hold)?.execute(params![kept.number, lease.worker.as_ref()])?;
    }
    Ok(())
}

fn close(batch: &Batch<'_>, record: &PreparedRecord, kept: &Kept, leaf: i64) -> Result<(), Failure> {
    let update = "UPDATE incidents SET standing = ?2, open = 0, wake_at_ms = NULL, records = records + 1, last_record = ?3,
        worker = NULL, lease_until_ms = NULL WHERE number = ?1";
    batch.connection.prepare_cached(update)?.execute(params![kept.number, record.standing, leaf])?;
    Ok(())
}

fn insert_record(
    batch: &Batch<'_>,
    leaf: i64,
    number: i64,
    before: Option<i64>,
    record: &PreparedRecord,
) -> Result<(), Failure> {
    let insert = "INSERT INTO records (leaf, incident, sequence, before, record) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![leaf, number, record.sequence, before, record.json];
    batch.connection.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

fn conflict(lease: &Lease, message: &str) -> Error {
    incidents::error(OPERATION, ErrorKind::Conflict, &lease.incident, message)
}

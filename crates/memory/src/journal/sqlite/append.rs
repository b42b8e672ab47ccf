//! Appending a record: history, standing and audit leaf together.

use rusqlite::params;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::ports::Lease;

use super::batch::Batch;
use super::failure::Failure;
use super::incidents::{self, Kept, check_epoch, lease_until};
use super::standing::Columns;
use crate::journal::rows;

/// A record with the columns of the standing after it.
pub(super) type PreparedRecord = rows::PreparedRecord<Columns>;

const OPERATION: &str = "journal.append";

/// Appends at the expected sequence, and says so in the audit log.
pub(super) fn append(batch: &mut Batch<'_>, lease: &Lease, record: &PreparedRecord) -> Result<(), Failure> {
    match incidents::find(batch, &lease.incident)? {
        Some(kept) => go_on(batch, lease, record, &kept)?,
        None => open(batch, lease, record)?,
    }
    if record.is_signed { batch.sign() } else { Ok(()) }
}

fn open(batch: &mut Batch<'_>, lease: &Lease, record: &PreparedRecord) -> Result<(), Failure> {
    if (lease.epoch, record.sequence) != (1, 0) {
        return Err(conflict(lease, "expected the first record of a new incident").into());
    }
    let Some(subject) = &record.standing.subject else {
        return Err(conflict(lease, "the first record doesn't open the incident").into());
    };
    let number = batch.say(record.fields.clone())?;
    let held = record.wake_at_ms.map(|_| lease);
    let insert = "INSERT INTO incidents (number, incident, subject, opened_at_ms, open) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![number, lease.incident.as_str(), subject, record.opened_at_ms, held.is_some()];
    batch.connection.prepare_cached(insert)?.execute(values)?;
    let insert =
        "INSERT INTO standings (number, phase, category, outcome, wake_at_ms, updated_at_ms, records, last_record,
        resource, seal, epoch, worker, lease_until_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?1, ?7, ?8, 1, ?9, ?10)";
    batch.connection.prepare_cached(insert)?.execute(params![
        number,
        record.standing.phase,
        record.standing.category,
        record.standing.outcome,
        record.wake_at_ms,
        record.standing.updated_at_ms,
        record.resource,
        record.standing.seal,
        held.map(|lease| lease.worker.as_ref()),
        held.map(|lease| lease_until(batch, lease.ttl)),
    ])?;
    insert_record(batch, number, number, None, record)
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
    let update =
        "UPDATE standings SET phase = ?2, category = ?3, wake_at_ms = ?4, updated_at_ms = ?5, records = records + 1,
        last_record = ?6, lease_until_ms = ?7, seal = ?8 WHERE number = ?1";
    let Columns { phase, category, updated_at_ms, seal, .. } = &record.standing;
    let until = lease_until(batch, lease.ttl);
    let values = params![kept.number, phase, category, wake_at_ms, updated_at_ms, leaf, until, seal];
    batch.connection.prepare_cached(update)?.execute(values)?;
    if kept.is_free {
        let hold = "UPDATE standings SET worker = ?2 WHERE number = ?1";
        batch.connection.prepare_cached(hold)?.execute(params![kept.number, lease.worker.as_ref()])?;
    }
    Ok(())
}

fn close(batch: &Batch<'_>, record: &PreparedRecord, kept: &Kept, leaf: i64) -> Result<(), Failure> {
    let update = "UPDATE standings SET phase = ?2, category = ?3, outcome = ?4, wake_at_ms = NULL, updated_at_ms = ?5,
        records = records + 1, last_record = ?6, worker = NULL, lease_until_ms = NULL, woken = 0, seal = ?7
        WHERE number = ?1";
    let Columns { phase, category, outcome, updated_at_ms, seal, .. } = &record.standing;
    let values = params![kept.number, phase, category, outcome, updated_at_ms, leaf, seal];
    batch.connection.prepare_cached(update)?.execute(values)?;
    batch.connection.prepare_cached("UPDATE incidents SET open = 0 WHERE number = ?1")?.execute([kept.number])?;
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

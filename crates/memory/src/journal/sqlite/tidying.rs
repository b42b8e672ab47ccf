//! Compaction and forgetting. Each is a leaf of the audit log, so that records that went this way can be told from stolen ones.

use rusqlite::{OptionalExtension, params};
use selfheal_core::error::ErrorKind;
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::Stream;

use super::batch::Batch;
use super::entries;
use super::failure::Failure;
use super::incidents;
use crate::journal::leaves;

/// A [`Snapshot`](selfheal_core::ports::Snapshot) as it is stored.
pub(super) struct PreparedSnapshot {
    pub(super) incident: IncidentId,
    pub(super) records: i64,
    pub(super) json: String,
}

/// Puts the snapshot in place of the records that led to it.
pub(super) fn compact(batch: &mut Batch<'_>, snapshot: &PreparedSnapshot) -> Result<(), Failure> {
    let refuse =
        |message| Err(incidents::error("journal.compact", ErrorKind::Invalid, &snapshot.incident, message).into());
    let Some(kept) = incidents::find(batch, &snapshot.incident)? else {
        return refuse("the journal has no such incident");
    };
    if snapshot.records > kept.records {
        return refuse("the snapshot stands for records that are not there");
    }
    let before = "SELECT records FROM snapshots WHERE incident = ?1";
    let before = batch.connection.prepare_cached(before)?.query_row([kept.number], |row| row.get::<_, i64>(0));
    if before.optional()?.is_some_and(|before| before >= snapshot.records) {
        return Ok(());
    }
    let leaf = batch.say(leaves::compacted(&snapshot.incident, snapshot.records, &snapshot.json, batch.now))?;
    drop_records(batch, kept.last_record, snapshot.records)?;
    let replace = "INSERT OR REPLACE INTO snapshots (incident, leaf, records, snapshot) VALUES (?1, ?2, ?3, ?4)";
    let values = params![kept.number, leaf, snapshot.records, snapshot.json];
    batch.connection.prepare_cached(replace)?.execute(values)?;
    batch.scrub();
    failpoint::hit("journal.incident_compacted");
    Ok(())
}

/// Removes a closed incident, and what was asked and answered about it.
pub(super) fn forget(batch: &mut Batch<'_>, incident: &IncidentId) -> Result<(), Failure> {
    let Some(kept) = incidents::find(batch, incident)? else { return Ok(()) };
    if kept.open {
        return Err(incidents::error("journal.forget", ErrorKind::Invalid, incident, "the incident is open").into());
    }
    batch.say(leaves::forgotten(incident, kept.records, batch.now))?;
    drop_records(batch, kept.last_record, kept.records)?;
    batch.connection.prepare_cached("DELETE FROM snapshots WHERE incident = ?1")?.execute([kept.number])?;
    batch.connection.prepare_cached("DELETE FROM standings WHERE number = ?1")?.execute([kept.number])?;
    batch.connection.prepare_cached("DELETE FROM incidents WHERE number = ?1")?.execute([kept.number])?;
    entries::forget_all(batch, &Stream::approvals(incident))?;
    batch.scrub();
    failpoint::hit("journal.incident_forgotten");
    Ok(())
}

/// Drops the first `records` of an incident whose newest record is at `last_record`.
fn drop_records(batch: &Batch<'_>, last_record: i64, records: i64) -> rusqlite::Result<()> {
    let delete = "DELETE FROM records WHERE leaf IN (
        WITH RECURSIVE history (leaf, sequence, before) AS (
            SELECT leaf, sequence, before FROM records WHERE leaf = ?1
            UNION ALL
            SELECT r.leaf, r.sequence, r.before FROM history h JOIN records r ON r.leaf = h.before)
        SELECT leaf FROM history WHERE sequence < ?2)";
    batch.connection.prepare_cached(delete)?.execute([last_record, records]).map(drop)
}

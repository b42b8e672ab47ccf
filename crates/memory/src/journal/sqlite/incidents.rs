//! The row of an incident: who may write to it, and where its records are.

use rusqlite::{OptionalExtension, Row, params};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Claim, Lease};

use super::batch::Batch;
use super::failure::Failure;
use crate::journal::rows::{signed, unsigned};

/// What the writes look at.
pub(super) struct Kept {
    pub(super) number: i64,
    pub(super) open: bool,
    pub(super) records: i64,
    pub(super) last_record: i64,
    pub(super) epoch: i64,
    pub(super) is_free: bool,
}

/// What is kept of `incident`.
pub(super) fn find(batch: &Batch<'_>, incident: &IncidentId) -> rusqlite::Result<Option<Kept>> {
    // Its number is in the index: the incident's other row is not looked at.
    let query = "SELECT number, wake_at_ms IS NOT NULL, records, last_record, epoch, worker IS NULL FROM standings
        WHERE number = (SELECT number FROM incidents WHERE incident = ?1)";
    let read = |row: &Row<'_>| {
        Ok(Kept {
            number: row.get(0)?,
            open: row.get(1)?,
            records: row.get(2)?,
            last_record: row.get(3)?,
            epoch: row.get(4)?,
            is_free: row.get(5)?,
        })
    };
    batch.connection.prepare_cached(query)?.query_row([incident.as_str()], read).optional()
}

/// Until when a lease holds that is taken or shown to be alive now.
pub(super) fn lease_until(batch: &Batch<'_>, ttl: std::time::Duration) -> i64 {
    signed(batch.now.after(ttl).as_millis())
}

/// The right to go on with an incident, for the worker of `claim`.
pub(super) fn lease(batch: &Batch<'_>, incident: &IncidentId, claim: &Claim) -> Result<Lease, Failure> {
    let refuse = |kind, message| Err(error("journal.lease", kind, incident, message).into());
    let Some(kept) = find(batch, incident)? else {
        return refuse(ErrorKind::NotFound, "the journal has no such incident");
    };
    if !kept.open {
        return refuse(ErrorKind::Invalid, "the incident is closed");
    }
    if !claim.holder_is_gone && is_held_by_another(batch, kept.number, claim)? {
        return refuse(ErrorKind::Conflict, "another worker has it");
    }
    hand_over(batch, kept.number, kept.epoch, incident.clone(), claim)
}

fn is_held_by_another(batch: &Batch<'_>, number: i64, claim: &Claim) -> rusqlite::Result<bool> {
    // A worker who is unknown (NULL) holds nothing.
    let query = "SELECT coalesce(worker <> ?2 AND lease_until_ms > ?3, 0) FROM standings WHERE number = ?1";
    let now = signed(batch.now.as_millis());
    batch.connection.prepare_cached(query)?.query_row(params![number, claim.worker.as_ref(), now], |row| row.get(0))
}

/// Gives the incident to the worker of `claim`; whoever had it is fenced off.
pub(super) fn hand_over(
    batch: &Batch<'_>,
    number: i64,
    epoch: i64,
    incident: IncidentId,
    claim: &Claim,
) -> Result<Lease, Failure> {
    let update = "UPDATE standings SET epoch = ?2, worker = ?3, lease_until_ms = ?4, woken = 0 WHERE number = ?1";
    let past_all = || error("journal.lease", ErrorKind::Invalid, &incident, "the store is damaged: no epoch is left");
    let (epoch, until) = (epoch.checked_add(1).ok_or_else(past_all)?, lease_until(batch, claim.ttl));
    batch.connection.prepare_cached(update)?.execute(params![number, epoch, claim.worker.as_ref(), until])?;
    Ok(Lease { incident, epoch: unsigned(epoch), worker: claim.worker.clone(), ttl: claim.ttl })
}

/// Starts the time of `lease` anew.
pub(super) fn renew(batch: &Batch<'_>, lease: &Lease) -> Result<(), Failure> {
    let operation = "journal.renew";
    let Some(kept) = find(batch, &lease.incident)? else {
        return Err(error(operation, ErrorKind::Conflict, &lease.incident, "the journal has no such incident").into());
    };
    check_epoch(operation, lease, &kept)?;
    let update = match kept.is_free {
        true => "UPDATE standings SET lease_until_ms = ?2, worker = ?3 WHERE number = ?1",
        false => "UPDATE standings SET lease_until_ms = ?2 WHERE number = ?1 AND ?3 IS NOT NULL",
    };
    let until = lease_until(batch, lease.ttl);
    batch.connection.prepare_cached(update)?.execute(params![kept.number, until, lease.worker.as_ref()])?;
    Ok(())
}

/// Leaves the incident to others, if the lease is still good.
pub(super) fn release(batch: &Batch<'_>, lease: &Lease) -> Result<(), Failure> {
    let update = "UPDATE standings SET worker = NULL, lease_until_ms = NULL
        WHERE number = (SELECT number FROM incidents WHERE incident = ?1) AND epoch = ?2";
    let values = params![lease.incident.as_str(), signed(lease.epoch)];
    batch.connection.prepare_cached(update)?.execute(values)?;
    Ok(())
}

/// Has it picked up as soon as nobody holds it, if it is open.
pub(super) fn wake(batch: &Batch<'_>, incident: &IncidentId) -> Result<(), Failure> {
    let update = "UPDATE standings SET woken = 1
        WHERE number = (SELECT number FROM incidents WHERE incident = ?1) AND wake_at_ms IS NOT NULL";
    batch.connection.prepare_cached(update)?.execute([incident.as_str()])?;
    Ok(())
}

/// Refuses a worker who was fenced off, and one who goes on with what is closed.
pub(super) fn check_epoch(operation: &'static str, lease: &Lease, kept: &Kept) -> Result<(), Error> {
    let refuse = |message: &str| Err(error(operation, ErrorKind::Conflict, &lease.incident, message));
    if signed(lease.epoch) != kept.epoch {
        let (own, latest) = (lease.epoch, kept.epoch);
        return refuse(&format!("another worker took over: the lease has epoch {own}, the incident {latest}"));
    }
    if !kept.open { refuse("the incident is closed") } else { Ok(()) }
}

pub(super) fn error(operation: &'static str, kind: ErrorKind, incident: &IncidentId, message: &str) -> Error {
    Error::new(kind, operation, message).with_context("incident", incident.as_str())
}

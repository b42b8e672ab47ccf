//! Who works on what, by the server's clock.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Claim, Lease};
use sqlx::PgPool;

use super::failure::{changing, within};
use crate::journal::rows::{signed, unsigned};

/// Leases the row unless another holds it, and tells what it found in either case.
const LEASE: &str = "
WITH found AS MATERIALIZED (
    SELECT incident, wake_at_ms IS NOT NULL AS open, lease_until_ms > now_ms() AND worker <> $2 AND NOT $4 AS held
    FROM incidents WHERE incident = $1 FOR UPDATE
), leased AS (
    UPDATE incidents i SET epoch = epoch + 1, worker = $2, lease_until_ms = now_ms() + $3, woken = false
    FROM found WHERE i.incident = found.incident AND open AND held IS NOT TRUE RETURNING epoch
)
SELECT open, coalesce(held, false), (SELECT epoch FROM leased) FROM found";

const PICK_UP: &str = "SELECT incident, epoch FROM pick_up($1, $2, $3)";

const RENEW: &str = "
UPDATE incidents SET worker = $3, lease_until_ms = now_ms() + $4
WHERE incident = $1 AND epoch = $2 AND wake_at_ms IS NOT NULL";

const RELEASE: &str = "UPDATE incidents SET worker = NULL, lease_until_ms = NULL WHERE incident = $1 AND epoch = $2";

const WAKE: &str = "UPDATE incidents SET woken = true WHERE incident = $1 AND wake_at_ms IS NOT NULL";

/// Far beyond any sensible lease, and far below where milliseconds would overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Most incidents that one call picks up.
const MOST: usize = 10_000;

pub(super) fn ttl_ms(ttl: Duration) -> i64 {
    i64::try_from(ttl.min(LONGEST).as_millis()).unwrap_or(i64::MAX)
}

pub(super) async fn lease(pool: &PgPool, limit: Duration, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
    let operation = "journal.lease";
    let asked = sqlx::query_as(LEASE)
        .bind(incident.as_str())
        .bind(claim.worker.as_ref())
        .bind(ttl_ms(claim.ttl))
        .bind(claim.holder_is_gone);
    let mut connection = within(limit, operation, pool.acquire()).await?;
    let found: Option<(bool, bool, Option<i64>)> =
        changing(limit, operation, asked.fetch_optional(&mut *connection)).await?;
    let refuse =
        |kind, message: &str| Err(Error::new(kind, operation, message).with_context("incident", incident.as_str()));
    match found {
        None => refuse(ErrorKind::NotFound, "the journal has no such incident"),
        Some((false, ..)) => refuse(ErrorKind::Invalid, "the incident is closed"),
        Some((_, true, _)) => refuse(ErrorKind::Conflict, "another worker has it"),
        Some((.., None)) => refuse(ErrorKind::Conflict, "another worker was quicker"),
        Some((.., Some(epoch))) => {
            failpoint::hit("postgres.leased");
            Ok(granted(incident.clone(), epoch, claim))
        }
    }
}

pub(super) async fn pick_up(pool: &PgPool, limit: Duration, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
    let operation = "journal.pick_up";
    let asked =
        sqlx::query_as(PICK_UP).bind(claim.worker.as_ref()).bind(ttl_ms(claim.ttl)).bind(signed(most.min(MOST) as u64));
    let mut connection = within(limit, operation, pool.acquire()).await?;
    let found: Vec<(String, i64)> = changing(limit, operation, asked.fetch_all(&mut *connection)).await?;
    failpoint::hit("postgres.picked_up");
    Ok(found.into_iter().map(|(incident, epoch)| granted(IncidentId::new(&incident), epoch, claim)).collect())
}

pub(super) async fn renew(pool: &PgPool, limit: Duration, lease: &Lease) -> Result<()> {
    let asked = sqlx::query(RENEW)
        .bind(lease.incident.as_str())
        .bind(signed(lease.epoch))
        .bind(lease.worker.as_ref())
        .bind(ttl_ms(lease.ttl))
        .execute(pool);
    match within(limit, "journal.renew", asked).await?.rows_affected() {
        0 => {
            let message = "another worker took over, or the incident is closed";
            let error = Error::new(ErrorKind::Conflict, "journal.renew", message);
            Err(error.with_context("incident", lease.incident.as_str()).with_context("epoch", lease.epoch.to_string()))
        }
        _ => Ok(()),
    }
}

pub(super) async fn release(pool: &PgPool, limit: Duration, lease: &Lease) -> Result<()> {
    let asked = sqlx::query(RELEASE).bind(lease.incident.as_str()).bind(signed(lease.epoch)).execute(pool);
    within(limit, "journal.release", asked).await.map(drop)
}

pub(super) async fn wake(pool: &PgPool, limit: Duration, incident: &IncidentId) -> Result<()> {
    let asked = sqlx::query(WAKE).bind(incident.as_str()).execute(pool);
    within(limit, "journal.wake", asked).await.map(drop)
}

fn granted(incident: IncidentId, epoch: i64, claim: &Claim) -> Lease {
    Lease { incident, epoch: unsigned(epoch), worker: Arc::clone(&claim.worker), ttl: claim.ttl }
}

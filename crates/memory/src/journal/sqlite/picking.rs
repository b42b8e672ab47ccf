//! Picking up: which incidents a worker may go on with.

use std::collections::BTreeSet;

use rusqlite::{Row, params};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Claim, Lease};

use super::batch::Batch;
use super::failure::Failure;
use super::incidents::hand_over;
use crate::journal::rows::signed;

/// An incident that waits for a worker.
struct Due {
    wake_at_ms: i64,
    number: i64,
    resource: i64,
}

/// Leases of at most `most` incidents that are due or woken, and free, longest waiting first; none of a resource that a worker is at, and
/// one of each other resource.
pub(super) fn pick_up(batch: &Batch<'_>, claim: &Claim, most: usize) -> Result<Vec<Lease>, Failure> {
    let mut taken = worked_on(batch)?;
    let mut due = left(batch)?;
    due.extend(first(batch, FREE, &taken, most)?);
    due.extend(first(batch, WOKEN, &taken, most)?);
    due.sort_by_key(|one| (one.wake_at_ms, one.number));
    due.retain(|one| taken.insert(one.resource));
    due.truncate(most);
    due.into_iter().map(|one| handed_over(batch, &one, claim)).collect()
}

/// The resources of incidents that are held. There are never more of these than workers can hold at once.
fn worked_on(batch: &Batch<'_>) -> rusqlite::Result<BTreeSet<i64>> {
    let held = "SELECT resource FROM standings WHERE worker IS NOT NULL AND lease_until_ms > ?1";
    let now = signed(batch.now.as_millis());
    batch.connection.prepare_cached(held)?.query_map([now], |row| row.get(0))?.collect()
}

/// Incidents whose workers are gone. There are never more of these than workers could hold at once.
fn left(batch: &Batch<'_>) -> rusqlite::Result<Vec<Due>> {
    let expired = "SELECT wake_at_ms, number, resource FROM standings
        WHERE worker IS NOT NULL AND lease_until_ms <= ?1 AND wake_at_ms <= ?1";
    let now = signed(batch.now.as_millis());
    batch.connection.prepare_cached(expired)?.query_map([now], due)?.collect()
}

/// Those that nobody holds and whose time has come. Reads the index alone.
const FREE: &str = "SELECT wake_at_ms, number, resource FROM standings
    WHERE worker IS NULL AND wake_at_ms IS NOT NULL AND wake_at_ms <= ?1 ORDER BY wake_at_ms, number";

/// Those that were woken before their time, and that nobody holds.
const WOKEN: &str = "SELECT wake_at_ms, number, resource FROM standings
    WHERE woken = 1 AND wake_at_ms > ?1 AND (worker IS NULL OR lease_until_ms <= ?1) ORDER BY wake_at_ms, number";

/// The first of each resource that nobody works on, of at most `most` resources. Reads no more than it takes to find them.
fn first(batch: &Batch<'_>, query: &str, taken: &BTreeSet<i64>, most: usize) -> rusqlite::Result<Vec<Due>> {
    let mut statement = batch.connection.prepare_cached(query)?;
    let mut rows = statement.query_map(params![signed(batch.now.as_millis())], due)?;
    let (mut met, mut found) = (BTreeSet::new(), Vec::new());
    while found.len() < most {
        let Some(one) = rows.next().transpose()? else { break };
        if !taken.contains(&one.resource) && met.insert(one.resource) {
            found.push(one);
        }
    }
    Ok(found)
}

fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due { wake_at_ms: row.get(0)?, number: row.get(1)?, resource: row.get(2)? })
}

fn handed_over(batch: &Batch<'_>, one: &Due, claim: &Claim) -> Result<Lease, Failure> {
    let find = "SELECT incident, epoch FROM incidents JOIN standings USING (number) WHERE number = ?1";
    let read = |row: &Row<'_>| Ok((IncidentId::new(row.get_ref(0)?.as_str()?), row.get::<_, i64>(1)?));
    let (incident, epoch) = batch.connection.prepare_cached(find)?.query_row([one.number], read)?;
    hand_over(batch, one.number, epoch, incident, claim)
}

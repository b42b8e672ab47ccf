//! What is there of an incident, and where incidents stand.

use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{History, Query, Standing};
use sqlx::PgPool;

use super::failure::within;
use crate::journal::rows::{complete, millis, parsed, signed, unsigned};
use crate::journal::vouching::Kept;

const OPERATION: &str = "journal.read";

/// One statement, so that a compaction in between can't leave a gap: how many records there are in all; what stands for the first
/// of them, if they were compacted; the others. Each text comes with the openings of the leaf that vouches for it.
const READ: &str = "
SELECT -2 AS part, records AS place, '' AS text, NULL::bytea AS leaf FROM incidents WHERE incident = $1
UNION ALL SELECT -1, s.records, s.snapshot, o.encoding
    FROM snapshots s LEFT JOIN audit_openings o ON o.leaf = s.leaf WHERE incident = $1
UNION ALL SELECT 0, r.sequence, r.record, o.encoding
    FROM records r LEFT JOIN audit_openings o ON o.leaf = r.leaf WHERE incident = $1
ORDER BY part, place";

const COUNT: i32 = -2;
const SNAPSHOT: i32 = -1;

macro_rules! list {
    ($condition:literal) => {
        concat!(
            "SELECT standing FROM incidents WHERE opened_at_ms >= $1 AND (opened_at_ms, incident) < ($2, $3) ",
            $condition,
            " ORDER BY opened_at_ms DESC, incident DESC LIMIT $4"
        )
    };
}

const ALL: &str = list!("");
const OPEN: &str = list!("AND wake_at_ms IS NOT NULL");
const CLOSED: &str = list!("AND wake_at_ms IS NULL");

/// What is there of `incident`: every text compared with what the audit log has the hash of, none missing.
pub(super) async fn read(pool: &PgPool, limit: Duration, incident: &IncidentId) -> Result<History> {
    let asked = sqlx::query_as(READ).bind(incident.as_str()).fetch_all(pool);
    let rows: Vec<(i32, i64, String, Option<Vec<u8>>)> = within(limit, OPERATION, asked).await?;
    history(&rows, incident).map_err(|error| error.with_context("incident", incident.as_str()))
}

fn history(rows: &[(i32, i64, String, Option<Vec<u8>>)], incident: &IncidentId) -> Result<History> {
    let (mut history, mut count) = (History::default(), 0);
    for (part, place, text, leaf) in rows {
        let leaf = leaf.as_deref();
        match *part {
            COUNT => count = unsigned(*place),
            SNAPSHOT => {
                Kept::snapshot(incident.as_str(), *place, text).check(OPERATION, leaf)?;
                history.snapshot = Some(Box::new(parsed(OPERATION, "snapshot", text)?));
            }
            _ => {
                Kept::record(incident.as_str(), *place, text).check(OPERATION, leaf)?;
                history.records.push(parsed(OPERATION, "record", text)?);
            }
        }
    }
    complete(history, count)
}

pub(super) async fn list(pool: &PgPool, limit: Duration, query: &Query) -> Result<Vec<Standing>> {
    let statement = match query.open {
        None => ALL,
        Some(true) => OPEN,
        Some(false) => CLOSED,
    };
    let since = query.since.map_or(i64::MIN, millis);
    let (at, incident) = match &query.after {
        Some((at, incident)) => (millis(*at), incident.as_str()),
        None => (i64::MAX, ""),
    };
    let most = signed(query.most as u64);
    let asked = sqlx::query_scalar(statement).bind(since).bind(at).bind(incident).bind(most).fetch_all(pool);
    let standings: Vec<String> = within(limit, "journal.list", asked).await?;
    standings.iter().map(|standing| parsed("journal.list", "standing", standing)).collect()
}

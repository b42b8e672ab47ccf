//! What is there of an incident, and where incidents stand.

use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{History, Query, Standing};
use sqlx::PgPool;

use super::failure::within;
use crate::journal::rows::{millis, parsed, signed};

/// One statement, so that a compaction in between can't leave a gap. The snapshot comes first.
const READ: &str = "
SELECT -1::bigint AS place, snapshot AS text FROM snapshots WHERE incident = $1
UNION ALL SELECT sequence, record FROM records WHERE incident = $1 ORDER BY place";

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

pub(super) async fn read(pool: &PgPool, limit: Duration, incident: &IncidentId) -> Result<History> {
    let asked = sqlx::query_as(READ).bind(incident.as_str()).fetch_all(pool);
    let rows: Vec<(i64, String)> = within(limit, "journal.read", asked).await?;
    let mut history = History::default();
    for (place, text) in rows {
        let located = |error: selfheal_core::error::Error| error.with_context("incident", incident.as_str());
        match place {
            -1 => history.snapshot = Some(Box::new(parsed("journal.read", "snapshot", &text).map_err(located)?)),
            _ => history.records.push(parsed("journal.read", "record", &text).map_err(located)?),
        }
    }
    Ok(history)
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

//! The tables of the journal against its audit log.

use futures_util::StreamExt;
use selfheal_core::audit::MAX_DEFECTS;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::Standing;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::rows::PostgresRows;
use crate::journal::crosscheck::{At, Stored, StoredEntry};
use crate::journal::entries::Extent;
use crate::journal::rows::{millis, parsed, resource_key, signed};
use crate::journal::{CrossChecked, Mismatch, Part};

const LEAVES: &str = "
SELECT o.leaf, o.encoding, r.incident, r.sequence, r.record, e.stream, e.sequence, e.at_ms, e.entry
FROM audit_openings o LEFT JOIN records r ON r.leaf = o.leaf LEFT JOIN entries e ON e.leaf = o.leaf ORDER BY o.leaf";

/// Records without a leaf, and those whose incident is gone.
const STRANGERS: &str = "
SELECT r.leaf, r.incident, r.sequence FROM records r
WHERE NOT EXISTS (SELECT FROM audit_openings o WHERE o.leaf = r.leaf)
    OR NOT EXISTS (SELECT FROM incidents i WHERE i.incident = r.incident)
ORDER BY r.leaf LIMIT $1";

/// Entries without a leaf of their own.
const STRANGE_ENTRIES: &str = "
SELECT e.leaf, e.stream, e.sequence FROM entries e
WHERE NOT EXISTS (SELECT FROM audit_openings o WHERE o.leaf = e.leaf) OR EXISTS (SELECT FROM records r WHERE r.leaf = e.leaf)
ORDER BY e.leaf LIMIT $1";

const SNAPSHOTS: &str = "
SELECT s.incident, s.records, s.snapshot, o.encoding, EXISTS (SELECT FROM incidents i WHERE i.incident = s.incident)
FROM snapshots s LEFT JOIN audit_openings o ON o.leaf = s.leaf";

/// Where incidents stand, and whether the newest record is there or a snapshot stands for it.
const STANDINGS: &str = "
SELECT i.incident, i.standing, i.opened_at_ms, i.wake_at_ms, i.records, i.resource, o.encoding,
    coalesce(r.leaf = i.last_leaf, s.records = i.records, false)
FROM incidents i LEFT JOIN audit_openings o ON o.leaf = i.last_leaf
    LEFT JOIN records r ON r.incident = i.incident AND r.sequence = i.records - 1
    LEFT JOIN snapshots s ON s.incident = i.incident";

impl PostgresRows {
    /// Compares the journal with its audit log. That the log itself is sound is for [`verify`](crate::audit::verify) to find
    /// out. Blocks, as the methods of [`AuditRows`](crate::audit::AuditRows) do.
    ///
    /// # Errors
    /// If the tables can't be read. What doesn't fit is the answer: at most 100 mismatches are told.
    pub fn cross_check(&self) -> Result<Result<CrossChecked, Vec<Mismatch>>> {
        let mut whole = Part::default();
        self.ask(async |connection| {
            leaves(connection, &mut whole).await?;
            strangers(connection, &mut whole).await?;
            snapshots(connection, &mut whole).await?;
            streams(connection, &mut whole).await?;
            standings(connection, &mut whole).await
        })?;
        Ok(whole.result())
    }

    /// As [`cross_check`](Self::cross_check).
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] too, if something doesn't fit.
    pub(super) fn expect_sound(&self) -> Result<()> {
        let Err(found) = self.cross_check()? else { return Ok(()) };
        let first = found.first().map(ToString::to_string).unwrap_or_default();
        let message = format!("the journal is not what its audit log speaks of: {first}");
        Err(Error::new(ErrorKind::Invalid, "audit.export", message).with_context("mismatches", found.len().to_string()))
    }
}

async fn leaves(connection: &mut PgConnection, whole: &mut Part) -> sqlx::Result<()> {
    let mut rows = sqlx::query(LEAVES).fetch(connection);
    while let Some(row) = rows.next().await.transpose()? {
        whole.look_at(row.try_get(0)?, row.try_get(1)?, &found(&row)?);
        if whole.is_hopeless() {
            break;
        }
    }
    Ok(())
}

/// What stands at the leaf of `row`. A record and an entry at one leaf: the leaf speaks of one of them, the other is none's.
fn found(row: &PgRow) -> sqlx::Result<At<'_>> {
    if let Some(text) = row.try_get(4)? {
        return Ok(At::Record(Stored { incident: row.try_get(2)?, sequence: row.try_get(3)?, text }));
    }
    let Some(text) = row.try_get(8)? else { return Ok(At::Nothing) };
    let (stream, sequence, at_ms) = (row.try_get(5)?, row.try_get(6)?, row.try_get(7)?);
    Ok(At::Entry(StoredEntry { stream, sequence, at_ms, text }))
}

async fn strangers(connection: &mut PgConnection, whole: &mut Part) -> sqlx::Result<()> {
    let found: Vec<(i64, String, i64)> =
        sqlx::query_as(STRANGERS).bind(signed(MAX_DEFECTS as u64)).fetch_all(connection).await?;
    for (leaf, incident, sequence) in found {
        whole.complain(Mismatch::Unknown { leaf, incident, sequence });
    }
    Ok(())
}

async fn snapshots(connection: &mut PgConnection, whole: &mut Part) -> sqlx::Result<()> {
    let mut rows = sqlx::query(SNAPSHOTS).fetch(connection);
    while let Some(row) = rows.next().await.transpose()? {
        let incident: &str = row.try_get(0)?;
        whole.look_at_snapshot(incident, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        if !row.try_get::<bool, _>(4)? {
            whole.complain(Mismatch::Snapshot { incident: incident.to_owned() });
        }
    }
    Ok(())
}

/// Entries that stand nowhere or where a record does, and how far each stream reaches.
async fn streams(connection: &mut PgConnection, whole: &mut Part) -> sqlx::Result<()> {
    let found: Vec<(i64, String, i64)> =
        sqlx::query_as(STRANGE_ENTRIES).bind(signed(MAX_DEFECTS as u64)).fetch_all(&mut *connection).await?;
    for (leaf, stream, sequence) in found {
        whole.complain(Mismatch::UnknownEntry { leaf, stream, sequence });
    }
    let mut rows = sqlx::query("SELECT stream, length, dropped FROM streams").fetch(connection);
    while let Some(row) = rows.next().await.transpose()? {
        whole.look_at_stream(row.try_get(0)?, Extent { length: row.try_get(1)?, dropped: row.try_get(2)? });
    }
    Ok(())
}

async fn standings(connection: &mut PgConnection, whole: &mut Part) -> sqlx::Result<()> {
    let mut rows = sqlx::query(STANDINGS).fetch(connection);
    while let Some(row) = rows.next().await.transpose()? {
        let (incident, text): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        let columns = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let fits = |standing: &Standing| standing.incident.as_str() == incident && columns_of(standing) == columns;
        match parsed("audit.cross_check", "standing", text) {
            Ok(standing) if fits(&standing) && row.try_get(7)? => {
                whole.look_at_standing(&standing, row.try_get(6)?);
            }
            _ => whole.complain(Mismatch::Tables(format!(
                "the row of {incident} doesn't fit itself, or its newest record is missing"
            ))),
        }
        if whole.is_hopeless() {
            break;
        }
    }
    Ok(())
}

/// What the columns beside a standing have to say: when it was opened, when it can go on, how many records, of what.
fn columns_of(standing: &Standing) -> (i64, Option<i64>, i64, i64) {
    let Standing { opened_at, wake_at, records, resource, .. } = standing;
    (millis(*opened_at), wake_at.map(millis), signed(*records), resource_key(resource))
}

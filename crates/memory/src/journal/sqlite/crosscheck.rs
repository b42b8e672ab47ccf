//! The tables of the journal against its audit log.

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use rusqlite::{Connection, Row, params};
use selfheal_core::audit::MAX_DEFECTS;
use selfheal_core::error::{Error, ErrorKind, Result};

use super::audit::SqliteRows;
use super::failure::Failure;
use super::standing::{self, COLUMNS};
use crate::journal::crosscheck::{At, Stored, StoredEntry};
use crate::journal::entries::Extent;
use crate::journal::rows::signed;
use crate::journal::{CrossChecked, Mismatch, Part};

impl SqliteRows {
    /// Compares the journal with its audit log, on all cores. That the log itself is sound is for
    /// [`verify`](crate::audit::verify) to find out.
    ///
    /// # Errors
    /// If the file can't be read. What doesn't fit is the answer: at most 100 mismatches are told.
    pub fn cross_check(&self, leaves: u64) -> Result<Result<CrossChecked, Vec<Mismatch>>> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get) as u64;
        let length = leaves.div_ceil(cores).max(1);
        let bound = |part: u64| part.saturating_mul(length).min(leaves);
        let ranges = (0..cores).map(|part| bound(part)..bound(part + 1));
        let parts: Result<Vec<Part>> = thread::scope(|scope| {
            let threads: Vec<_> = ranges.map(|range| scope.spawn(|| self.with(|one| part(one, range)))).collect();
            let defect = |_| Error::new(ErrorKind::Internal, "audit.cross_check", "a reader panicked");
            threads.into_iter().map(|thread| thread.join().map_err(defect)?).collect()
        });
        let mut whole = parts?.into_iter().fold(Part::default(), Part::joined);
        self.with(|connection| strangers(connection, leaves, &mut whole))?;
        self.with(|connection| snapshots(connection, &mut whole))?;
        self.with(|connection| streams(connection, leaves, &mut whole))?;
        self.with(|connection| tables(connection, &mut whole))?;
        self.with(|connection| standings(connection, &mut whole))?;
        Ok(whole.result())
    }
}

fn part(connection: &Connection, places: Range<u64>) -> rusqlite::Result<Part> {
    let query = "SELECT o.leaf, o.encoding, r.sequence, coalesce(i.incident, ''), r.record,
            e.sequence, e.at_ms, coalesce(s.stream, ''), e.entry FROM audit_openings o
        LEFT JOIN records r ON r.leaf = o.leaf LEFT JOIN incidents i ON i.number = r.incident
        LEFT JOIN entries e ON e.leaf = o.leaf LEFT JOIN streams s ON s.number = e.stream
        WHERE o.leaf >= ?1 AND o.leaf < ?2 ORDER BY o.leaf";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![signed(places.start), signed(places.end)])?;
    let mut part = Part::default();
    while let Some(row) = rows.next()? {
        part.look_at(row.get(0)?, row.get_ref(1)?.as_blob()?, &found(row)?);
        if part.is_hopeless() {
            break;
        }
    }
    Ok(part)
}

/// What stands at the leaf of `row`. A record and an entry at one leaf: the leaf speaks of one of them, the other is none's.
fn found<'row>(row: &'row Row<'_>) -> rusqlite::Result<At<'row>> {
    if let Some(text) = row.get_ref(4)?.as_str_or_null()? {
        return Ok(At::Record(Stored { incident: row.get_ref(3)?.as_str()?, sequence: row.get(2)?, text }));
    }
    let Some(text) = row.get_ref(8)?.as_str_or_null()? else { return Ok(At::Nothing) };
    let (sequence, at_ms, stream) = (row.get(5)?, row.get(6)?, row.get_ref(7)?.as_str()?);
    Ok(At::Entry(StoredEntry { stream, sequence, at_ms, text }))
}

/// Records at places where there is no leaf.
fn strangers(connection: &Connection, leaves: u64, whole: &mut Part) -> rusqlite::Result<()> {
    let query = "SELECT leaf, coalesce(i.incident, 'incident number ' || r.incident), sequence
        FROM records r LEFT JOIN incidents i ON i.number = r.incident WHERE leaf < 0 OR leaf >= ?1 ORDER BY leaf LIMIT ?2";
    let read =
        |row: &Row<'_>| Ok(Mismatch::Unknown { leaf: row.get(0)?, incident: row.get(1)?, sequence: row.get(2)? });
    for stranger in connection.prepare(query)?.query_map(params![signed(leaves), MAX_DEFECTS as i64], read)? {
        whole.complain(stranger?);
    }
    Ok(())
}

fn snapshots(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    let query = "SELECT coalesce(i.incident, 'incident number ' || s.incident), s.records, s.snapshot, o.encoding
        FROM snapshots s LEFT JOIN audit_openings o ON o.leaf = s.leaf LEFT JOIN incidents i ON i.number = s.incident";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (incident, text) = (row.get_ref(0)?.as_str()?, row.get_ref(2)?.as_str()?);
        whole.look_at_snapshot(incident, row.get(1)?, text, row.get_ref(3)?.as_blob_or_null()?);
    }
    Ok(())
}

/// Entries at places where there is no leaf, or one of a record, and how far each stream reaches.
fn streams(connection: &Connection, leaves: u64, whole: &mut Part) -> rusqlite::Result<()> {
    let strangers = "SELECT e.leaf, coalesce(s.stream, 'stream number ' || e.stream), e.sequence
        FROM entries e LEFT JOIN streams s ON s.number = e.stream
        WHERE e.leaf < 0 OR e.leaf >= ?1 OR EXISTS (SELECT 1 FROM records r WHERE r.leaf = e.leaf) ORDER BY e.leaf LIMIT ?2";
    let read =
        |row: &Row<'_>| Ok(Mismatch::UnknownEntry { leaf: row.get(0)?, stream: row.get(1)?, sequence: row.get(2)? });
    for stranger in connection.prepare(strangers)?.query_map(params![signed(leaves), MAX_DEFECTS as i64], read)? {
        whole.complain(stranger?);
    }
    let mut statement = connection.prepare("SELECT stream, length, dropped FROM streams")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let extent = Extent { length: row.get(1)?, dropped: row.get(2)? };
        whole.look_at_stream(row.get_ref(0)?.as_str()?, extent);
    }
    Ok(())
}

/// Incidents whose rows don't fit each other, or whose newest record is not where it should be.
fn tables(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    let query = "SELECT coalesce(i.number, s.number) FROM incidents i FULL JOIN standings s USING (number)
        LEFT JOIN snapshots c ON c.incident = s.number LEFT JOIN records r ON r.leaf = s.last_record
        WHERE i.number IS NULL OR s.number IS NULL OR i.open <> (s.wake_at_ms IS NOT NULL)
            OR (s.outcome IS NULL) <> (s.wake_at_ms IS NOT NULL)
            OR NOT (coalesce(r.incident = s.number AND r.sequence = s.records - 1, 0)
                OR coalesce(c.records = s.records, 0))
        LIMIT ?1";
    let mut statement = connection.prepare(query)?;
    for number in statement.query_map([MAX_DEFECTS as i64], |row| row.get::<_, i64>(0))? {
        let what =
            format!("the rows of incident number {} don't fit each other, or its newest record is missing", number?);
        whole.complain(Mismatch::Tables(what));
    }
    Ok(())
}

/// Rows that are not what was written or not what the log says, and indices that lead past them. The other tables need no such
/// look: nothing of theirs is believed that the audit log doesn't vouch for.
fn standings(connection: &Connection, whole: &mut Part) -> rusqlite::Result<()> {
    for table in ["incidents", "standings", "streams"] {
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({table})"))?;
        let said = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let damage = said.into_iter().filter(|line| line != "ok");
        damage.for_each(|line| whole.complain(Mismatch::Tables(format!("table {table}: {line}"))));
    }
    let query = format!(
        "SELECT {COLUMNS}, o.encoding AS leaf FROM incidents i JOIN standings s USING (number)
        LEFT JOIN audit_openings o ON o.leaf = s.last_record"
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match standing::read(row) {
            Ok(standing) => whole.look_at_standing(&standing, row.get_ref("leaf")?.as_blob_or_null()?),
            Err(Failure::Refused(error)) => whole.complain(Mismatch::Tables(error.to_string())),
            Err(Failure::Database(error)) => return Err(error),
        }
        if whole.is_hopeless() {
            break;
        }
    }
    Ok(())
}

//! Reading: on connections of their own, beside the one that writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{History, Query, Record, Snapshot, Standing};

use super::failure::{self, Failure};
use super::file::open_read_only;
use super::standing::{self, COLUMNS};
use crate::journal::rows::{complete, millis, parsed, signed, unsigned};
use crate::journal::vouching::Kept;

/// Connections that are kept open.
const KEPT: usize = 4;

const READ: &str = "journal.read";

/// Opens connections as they are needed, and keeps a few.
#[derive(Clone)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Arc::default() }
    }

    /// As [`new`](Self::new), with a connection that is there already.
    pub(super) fn with(path: &Path, connection: Connection) -> Self {
        let readers = Self::new(path);
        readers.idle().push(connection);
        readers
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` on a thread that may block, in one transaction.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let readers = self.clone();
        let done = tokio::task::spawn_blocking(move || readers.read_blocking(work)).await;
        done.map_err(|error| Error::new(ErrorKind::Internal, READ, "a call panicked").with_source(error))?
    }

    /// Runs `work` in one transaction, on this thread.
    pub(super) fn read_blocking<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T> {
        let kept = self.idle().pop();
        let mut connection = kept.map_or_else(|| open_read_only(&self.path), Ok)?;
        let done = in_transaction(&mut connection, work).map_err(|failure| self.error(failure));
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        done
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, failure: Failure) -> Error {
        match failure {
            Failure::Refused(error) => error.with_context("path", self.path.display().to_string()),
            Failure::Database(error) => failure::of(READ, &self.path, &error),
        }
    }
}

fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// What is there of `incident`: every record compared with what the audit log has the hash of, none missing.
pub(super) fn history(connection: &Connection, incident: &IncidentId) -> Result<History, Failure> {
    let row = "SELECT number, records, last_record FROM incidents JOIN standings USING (number) WHERE incident = ?1";
    let found = connection.prepare_cached(row)?.query_row([incident.as_str()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    let Some((number, count, last_record)) = found.optional()? else { return Ok(History::default()) };
    let about = |error: Error| Failure::Refused(error.with_context("incident", incident.as_str()));
    let snapshot = snapshot(connection, number, incident)?.transpose().map_err(about)?;
    let first = snapshot.as_ref().map_or(0, |snapshot| signed(snapshot.records));
    let records = records(connection, last_record, first, incident)?.map_err(about)?;
    complete(History { snapshot: snapshot.map(Box::new), records }, unsigned(count)).map_err(about)
}

fn snapshot(connection: &Connection, number: i64, incident: &IncidentId) -> rusqlite::Result<Option<Result<Snapshot>>> {
    let query =
        "SELECT s.records, s.snapshot, o.encoding FROM snapshots s LEFT JOIN audit_openings o ON o.leaf = s.leaf
        WHERE s.incident = ?1";
    let read = |row: &Row<'_>| {
        let (records, text, leaf) = (row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob_or_null()?);
        let checked = Kept::snapshot(incident.as_str(), records, text).check(READ, leaf);
        Ok(checked.and_then(|()| parsed(READ, "snapshot", text)))
    };
    connection.prepare_cached(query)?.query_row([number], read).optional()
}

fn records(
    connection: &Connection,
    last_record: i64,
    first: i64,
    incident: &IncidentId,
) -> rusqlite::Result<Result<Vec<Record>>> {
    let query = "WITH RECURSIVE history (leaf, sequence, before, record) AS (
            SELECT leaf, sequence, before, record FROM records WHERE leaf = ?1
            UNION ALL
            SELECT r.leaf, r.sequence, r.before, r.record FROM history h JOIN records r ON r.leaf = h.before
            WHERE h.sequence > ?2)
        SELECT h.sequence, h.record, o.encoding FROM history h LEFT JOIN audit_openings o ON o.leaf = h.leaf
        WHERE h.sequence >= ?2 ORDER BY h.sequence";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &Row<'_>| {
        let (sequence, text, leaf) = (row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob_or_null()?);
        let checked = Kept::record(incident.as_str(), sequence, text).check(READ, leaf);
        Ok(checked.and_then(|()| parsed(READ, "record", text)))
    };
    statement.query_map(params![last_record, first], read)?.collect()
}

/// Where incidents stand.
pub(super) fn list(connection: &Connection, query: &Query) -> Result<Vec<Standing>, Failure> {
    match query.open {
        Some(open) => listed(connection, query, open),
        None => {
            let both = [listed(connection, query, true)?, listed(connection, query, false)?];
            Ok(merged(both, query.most))
        }
    }
}

fn merged(both: [Vec<Standing>; 2], most: usize) -> Vec<Standing> {
    let mut all = both.concat();
    all.sort_by(|a, b| (b.opened_at, &b.incident).cmp(&(a.opened_at, &a.incident)));
    all.truncate(most);
    all
}

fn listed(connection: &Connection, query: &Query, open: bool) -> Result<Vec<Standing>, Failure> {
    let select = format!(
        "SELECT {COLUMNS} FROM incidents i JOIN standings s USING (number)
        WHERE i.open = ?1 AND i.opened_at_ms >= ?2 AND (i.opened_at_ms, i.incident) < (?3, ?4)
        ORDER BY i.opened_at_ms DESC, i.incident DESC LIMIT ?5"
    );
    let since = query.since.map_or(0, millis);
    // Past every place of the list: no text sorts after the last of all characters.
    let (before, id) = match &query.after {
        Some((at, id)) => (millis(*at), id.as_str()),
        None => (i64::MAX, "\u{10ffff}"),
    };
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(params![open, since, before, id, signed(query.most as u64)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(standing::read(row)?);
    }
    Ok(found)
}

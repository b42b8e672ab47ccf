//! The audit log as rows, read by several threads in one state of the file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use selfheal_core::audit::{Row, Stored};
use selfheal_core::error::{Error, ErrorKind, Result};

use super::failure;
use super::file::open_read_only;
use crate::audit::AuditRows;
use crate::journal::rows::{signed, unsigned};

const OPERATION: &str = "audit.read";

/// Most connections: more threads take turns.
const MOST_CONNECTIONS: usize = 8;

/// How often connections are opened anew because somebody wrote between the first and the last of them.
const ATTEMPTS: usize = 200;

/// Bytes of the file that are mapped into memory: reading them costs no copy.
const MAPPED: i64 = 4 << 30;

/// The audit log of a journal as it was at one moment.
pub struct SqliteRows {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl SqliteRows {
    /// Opens the log of the journal at `path`.
    ///
    /// # Errors
    /// As [`SqliteJournal::open_read_only`](super::SqliteJournal::open_read_only).
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = cores.clamp(2, MOST_CONNECTIONS);
        let connections: Result<Vec<_>> = (0..count).map(|_| connection(path)).collect();
        let connections = connections?;
        for _ in 0..ATTEMPTS {
            if see_the_same(&connections).map_err(|error| failure::of(OPERATION, path, &error))? {
                return Ok(Self { path: path.to_owned(), idle: Mutex::new(connections), returned: Condvar::new() });
            }
        }
        let message = "others write so much that the log can't be read in one state by several threads";
        Err(Error::new(ErrorKind::Unavailable, OPERATION, message).with_context("path", path.display().to_string()))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection; waits while all are in use.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut idle = self.idle();
        let connection = loop {
            match idle.pop() {
                Some(connection) => break connection,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let done = work(&connection);
        self.idle().push(connection);
        self.returned.notify_one();
        done.map_err(|error| failure::of(OPERATION, &self.path, &error))
    }

    fn damaged(&self, what: impl Into<String>) -> Error {
        let message = format!("the store is damaged: {}", what.into());
        Error::new(ErrorKind::Invalid, OPERATION, message).with_context("path", self.path.display().to_string())
    }

    /// The only value of a table that has one row.
    fn only<T>(&self, table: &str, column: &str, value: impl FnOnce(ValueRef<'_>) -> Option<T>) -> Result<T> {
        let query = format!("SELECT one, {column}, (SELECT count(*) FROM {table}) FROM {table} LIMIT 1");
        let read = |row: &rusqlite::Row<'_>| {
            let alone = row.get_ref(0)? == ValueRef::Integer(1) && row.get_ref(2)? == ValueRef::Integer(1);
            Ok(if alone { value(row.get_ref(1)?) } else { None })
        };
        let found = self.with(|connection| match connection.query_row(&query, [], read) {
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            found => found,
        });
        found?.ok_or_else(|| self.damaged(format!("expected one row in {table}, with its {column}")))
    }

    /// The number of leaves, if the rows of leaves and of openings are numbered from 0 on to the same end. That none is missing
    /// between shows when they are read.
    fn count(&self) -> Result<u64> {
        let bounds = |table: &str| {
            let query = format!("SELECT coalesce(min(leaf), 0), coalesce(max(leaf), -1) FROM {table}");
            self.with(|connection| {
                connection.query_row(&query, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            })
        };
        let (leaves, openings) = (bounds("audit_leaves")?, bounds("audit_openings")?);
        if leaves.0 != 0 || openings != leaves {
            let message =
                format!("expected leaves and openings from 0 on to the same end, found {leaves:?} and {openings:?}");
            return Err(self.damaged(message));
        }
        leaves.1.checked_add(1).map(unsigned).ok_or_else(|| self.damaged("a leaf has no place after it"))
    }

    fn checkpoints(&self) -> Result<Vec<String>> {
        let notes = self.with(|connection| {
            let mut statement = connection.prepare("SELECT place, note FROM audit_checkpoints ORDER BY place")?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
            statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        if !notes.iter().map(|(place, _)| *place).eq(0..signed(notes.len() as u64)) {
            return Err(self.damaged("the checkpoints are not numbered from 0 on"));
        }
        Ok(notes.into_iter().map(|(_, note)| note).collect())
    }
}

fn connection(path: &Path) -> Result<Connection> {
    let connection = open_read_only(path)?;
    connection.pragma_update(None, "mmap_size", MAPPED).map_err(|error| failure::of(OPERATION, path, &error))?;
    Ok(connection)
}

/// Begins a transaction on each and says whether all of them see the log end at the same place.
fn see_the_same(connections: &[Connection]) -> rusqlite::Result<bool> {
    let mut seen: Option<Vec<u8>> = None;
    let mut same = true;
    for connection in connections {
        if !connection.is_autocommit() {
            connection.execute_batch("COMMIT")?;
        }
    }
    for connection in connections {
        connection.execute_batch("BEGIN")?;
        let head: Vec<u8> = connection.query_row("SELECT head FROM audit_head", [], |row| row.get(0))?;
        same &= seen.as_ref().is_none_or(|seen| *seen == head);
        seen = Some(head);
    }
    Ok(same)
}

impl AuditRows for SqliteRows {
    fn public_key(&self) -> Result<String> {
        self.only("audit_key", "key", |value| value.as_str().ok().map(str::to_owned))
    }

    fn stored(&self) -> Result<Stored> {
        let head = self.only("audit_head", "head", |value| value.as_blob().ok().map(<[u8]>::to_vec))?;
        Ok(Stored { rows: self.count()?, head, checkpoints: self.checkpoints()? })
    }

    fn read(&self, places: Range<u64>, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()> {
        self.with(|connection| {
            // Two walks side by side, which is faster than a join.
            let mut leaves = connection.prepare(
                "SELECT leaf, hash, encoding FROM audit_leaves WHERE leaf >= ?1 AND leaf < ?2 ORDER BY leaf",
            )?;
            let mut openings = connection
                .prepare("SELECT leaf, encoding FROM audit_openings WHERE leaf >= ?1 AND leaf < ?2 ORDER BY leaf")?;
            let bounds = params![signed(places.start), signed(places.end)];
            let (mut leaves, mut openings) = (leaves.query(bounds)?, openings.query(bounds)?);
            let mut opened = openings.next()?;
            while let Some(row) = leaves.next()? {
                let leaf: i64 = row.get(0)?;
                while opened.map(|row| row.get::<_, i64>(0)).transpose()?.is_some_and(|place| place < leaf) {
                    opened = openings.next()?;
                }
                // Without openings it is a row all the same, and a defect.
                let encoding = match opened {
                    Some(row) if row.get::<_, i64>(0)? == leaf => row.get_ref(1)?.as_blob()?,
                    _ => &[],
                };
                let (hash, encoded) = (row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?);
                if !each(&Row { index: unsigned(leaf), hash, leaf: encoded, openings: encoding }) {
                    break;
                }
            }
            Ok(())
        })
    }
}

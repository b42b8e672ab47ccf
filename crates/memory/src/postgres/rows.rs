//! The store's log as rows, read through one connection in one state of the database.

use std::io::Write;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt;
use selfheal_core::audit::{Row, Stored};
use selfheal_core::error::{Error, ErrorKind, Result};
use sqlx::{PgConnection, Row as _};
use tokio::runtime::Handle;

use super::failure::failed;
use super::journal::PostgresJournal;
use super::schema::public_key;
use crate::audit::{AuditRows, export};
use crate::journal::rows::{signed, unsigned};

const OPERATION: &str = "audit.read";

/// An opening without its leaf is a row too, and so is a leaf without its openings: nothing is passed over.
const ROWS: &str = "
SELECT leaf, coalesce(l.hash, ''), coalesce(l.encoding, ''), coalesce(o.encoding, '')
FROM audit_leaves l FULL JOIN audit_openings o USING (leaf) ORDER BY leaf OFFSET $1 LIMIT $2";

const COUNT: &str = "SELECT count(*) FROM audit_leaves FULL JOIN audit_openings USING (leaf)";

/// The log of a store as it was at one moment, for [`verify`](crate::audit::verify) and [`export`](crate::audit::export).
///
/// Its methods block, and wait for the runtime that made it: call them where blocking is allowed, such as in
/// [`spawn_blocking`](tokio::task::spawn_blocking).
#[derive(Debug)]
pub struct PostgresRows {
    connection: Mutex<PgConnection>,
    runtime: Handle,
}

impl PostgresJournal {
    /// The log as it is now.
    ///
    /// # Errors
    /// If the server can't be reached.
    pub async fn audit_rows(&self) -> Result<PostgresRows> {
        let mut connection = self.server.connect().await?;
        // However long it takes to read it all.
        let begin = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        sqlx::raw_sql(begin).execute(&mut connection).await.map_err(failed(OPERATION))?;
        Ok(PostgresRows { connection: Mutex::new(connection), runtime: Handle::current() })
    }

    /// Writes the log as JSON lines, which verify by themselves, without the database; gives `out` back. The journal does not
    /// go with it, so it is compared with the log before.
    ///
    /// # Errors
    /// As [`export`](crate::audit::export); [`ErrorKind::Invalid`] before anything is written if the journal is not what the
    /// log speaks of; if the server can't be reached.
    pub async fn export<W: Write + Send + 'static>(&self, mut out: W) -> Result<W> {
        let rows = self.audit_rows().await?;
        let exporting = tokio::task::spawn_blocking(move || {
            rows.expect_sound()?;
            export(&rows, &mut out).map(|()| out)
        });
        let defect = |error| Error::new(ErrorKind::Internal, "audit.export", "the export panicked").with_source(error);
        exporting.await.map_err(defect)?
    }
}

impl PostgresRows {
    pub(super) fn ask<T>(&self, question: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> Result<T> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        self.runtime.block_on(question(&mut connection)).map_err(failed(OPERATION))
    }
}

impl AuditRows for PostgresRows {
    fn public_key(&self) -> Result<String> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        self.runtime.block_on(public_key(&mut connection))
    }

    fn stored(&self) -> Result<Stored> {
        let (rows, head, notes) = self.ask(async |connection| {
            let rows: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *connection).await?;
            let head = sqlx::query_scalar("SELECT head FROM audit_head").fetch_optional(&mut *connection).await?;
            let notes = sqlx::query_as("SELECT place, note FROM audit_checkpoints ORDER BY place");
            let notes: Vec<(i64, String)> = notes.fetch_all(connection).await?;
            Ok((rows, head.unwrap_or_default(), notes))
        })?;
        let (places, checkpoints): (Vec<i64>, Vec<String>) = notes.into_iter().unzip();
        if !places.iter().copied().eq(0..places.len() as i64) {
            let message = "the places of the checkpoints have gaps";
            return Err(Error::new(ErrorKind::Invalid, OPERATION, message));
        }
        Ok(Stored { rows: unsigned(rows), head, checkpoints })
    }

    fn read(&self, places: Range<u64>, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()> {
        self.ask(async |connection| {
            let count = places.end.saturating_sub(places.start);
            let rows = sqlx::query(ROWS).bind(signed(places.start)).bind(signed(count));
            let mut rows = rows.fetch(connection);
            while let Some(row) = rows.next().await.transpose()? {
                let index: i64 = row.try_get(0)?;
                let column = |place: usize| row.try_get::<&[u8], _>(place);
                let (hash, leaf, openings) = (column(1)?, column(2)?, column(3)?);
                // A negative one, which can't be a place, becomes one that can't be either.
                let index = u64::try_from(index).unwrap_or(u64::MAX);
                if !each(&Row { index, hash, leaf, openings }) {
                    break;
                }
            }
            Ok(())
        })
    }
}

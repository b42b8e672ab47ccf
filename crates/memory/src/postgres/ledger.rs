//! The ledger's streams, beside the journal.

use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::ports::{Entry, Ledger, Note, Stream};
use selfheal_core::time::Timestamp;
use sqlx::PgPool;
use tokio::sync::oneshot;

use super::failure::within;
use super::journal::PostgresJournal;
use super::tending::Tend;
use super::writer::Job;
use crate::journal::entries::{APPEND, Extent, Page, PreparedEntry, READ};
use crate::journal::rows::{millis, signed, unsigned};

/// One statement, so that nothing is appended or dropped in between. A stream without entries from there on gives one row.
const ENTRIES: &str = "
SELECT s.length, s.dropped, e.sequence, e.entry, o.encoding
FROM streams s LEFT JOIN LATERAL (
    SELECT sequence, leaf, entry FROM entries WHERE stream = s.stream AND sequence >= $2 ORDER BY sequence LIMIT $3) e ON true
LEFT JOIN audit_openings o ON o.leaf = e.leaf
WHERE s.stream = $1 ORDER BY e.sequence";

type Row = (i64, i64, Option<i64>, Option<String>, Option<Vec<u8>>);

#[async_trait]
impl Ledger for PostgresJournal {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        let queue = self.queue(APPEND)?;
        let entry = Box::new(PreparedEntry::of(stream, expected, at, note)?);
        let (answer, answered) = oneshot::channel();
        queue.ask(APPEND, Job::Note(entry, answer), answered).await
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        read(&self.pool, self.limit(), stream, from, most).await
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        let asked = sqlx::query_scalar("SELECT length FROM streams WHERE stream = $1").bind(stream.as_str());
        let found: Option<i64> = within(self.limit(), "ledger.len", asked.fetch_optional(&self.pool)).await?;
        Ok(found.map_or(0, unsigned))
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        let (stream, before_ms) = (stream.clone(), millis(before));
        self.tend("ledger.forget", Tend::Drop { stream, before_ms }).await
    }
}

async fn read(pool: &PgPool, limit: Duration, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
    let asked = sqlx::query_as(ENTRIES).bind(stream.as_str()).bind(signed(from)).bind(signed(most as u64));
    let rows: Vec<Row> = within(limit, READ, asked.fetch_all(pool)).await?;
    let Some((length, dropped, ..)) = rows.first() else { return Ok(Vec::new()) };
    let mut page = Page::of(stream, Extent { length: *length, dropped: *dropped }, from, most);
    for (_, _, sequence, entry, leaf) in &rows {
        if let (Some(sequence), Some(entry)) = (sequence, entry) {
            page.take(*sequence, entry, leaf.as_deref())?;
        }
    }
    page.complete()
}

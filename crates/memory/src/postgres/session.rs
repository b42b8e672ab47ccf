//! The one connection that appends: what it asks the server, each call knowing what its failure leaves behind.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{Connection, FromRow, PgConnection, Postgres};

use super::commit::{Append, Elsewhere, Item, Verdict};
use super::failure::{Aftermath, Broken, aftermath, describe, timed_out};
use super::log::{Draft, End};
use crate::journal::rows::bounded_json;

const OPERATION: &str = "journal.append";

const APPEND: &str = "SELECT verdict, refused, epochs, counts FROM append($1::json, $2, $3, $4, $5, $6, $7, $8, $9)";

const WRITE_LOG: &str = "SELECT write_log($1, $2, $3, $4, $5, $6, $7)";

const STORED: &str = "
SELECT r.incident FROM records r
JOIN unnest($1::text[], $2::bigint[], $3::text[]) AS sent (incident, sequence, record) USING (incident, sequence, record)";

/// A connection with at most one transaction open. Dropped, it takes back what was not committed.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    limit: Duration,
}

/// Whether the failure of a call may hide its success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// It makes something durable.
    If,
    /// It doesn't, whatever happens.
    Never,
}

impl Session {
    /// `limit` bounds each call.
    pub(super) fn new(connection: PgConnection, limit: Duration) -> Self {
        Self { connection, limit }
    }

    /// Begins a transaction that holds the log.
    pub(super) async fn hold(&mut self) -> Result<End, Broken> {
        let begin = sqlx::raw_sql("BEGIN").execute(&mut self.connection);
        call(self.limit, Durable::Never, begin).await?;
        let hold = sqlx::query_as("SELECT head, checkpoints, note FROM hold_log()").fetch_one(&mut self.connection);
        let found: (Option<Vec<u8>>, Option<i64>, Option<String>) = call(self.limit, Durable::Never, hold).await?;
        let (head, checkpoints, note) = found;
        End::read(&head.unwrap_or_default(), checkpoints, note.as_deref()).map_err(Broken::refused)
    }

    /// Stores `batch` with its leaves, unless the log no longer ends as `before`.
    pub(super) async fn append(
        &mut self,
        batch: &[Append],
        before: &End,
        draft: &Draft,
        held: bool,
    ) -> Result<Verdict, Broken> {
        let items: Vec<Item<'_>> = batch.iter().map(Item::of).collect();
        let items = bounded_json(OPERATION, "batch", &items).map_err(Broken::refused)?;
        let asked = sqlx::query_as(APPEND)
            .bind(items)
            .bind(before.head.encode())
            .bind(draft.after.head.encode())
            .bind(draft.first_leaf)
            .bind(&draft.hashes)
            .bind(&draft.encodings)
            .bind(&draft.openings)
            .bind(before.checkpoints)
            .bind(draft.checkpoint.as_ref().map(|checkpoint| checkpoint.as_str()))
            .fetch_one(&mut self.connection);
        type Answer = (String, Option<Vec<String>>, Option<Vec<i64>>, Option<Vec<i64>>);
        let durable = if held { Durable::Never } else { Durable::If };
        let (verdict, refused, epochs, counts): Answer = call(self.limit, durable, asked).await?;
        Ok(match verdict.as_str() {
            "stored" => Verdict::Stored,
            "refused" => Verdict::Refused(elsewhere(refused, epochs, counts)),
            _ => Verdict::Stale,
        })
    }

    /// Goes on with the log that is held.
    pub(super) async fn write_log(&mut self, before: &End, draft: &Draft) -> Result<(), Broken> {
        let written = sqlx::query(WRITE_LOG)
            .bind(draft.after.head.encode())
            .bind(draft.first_leaf)
            .bind(&draft.hashes)
            .bind(&draft.encodings)
            .bind(&draft.openings)
            .bind(before.checkpoints)
            .bind(draft.checkpoint.as_ref().map(|checkpoint| checkpoint.as_str()))
            .execute(&mut self.connection);
        call(self.limit, Durable::Never, written).await.map(drop)
    }

    /// The incidents of `batch` whose records are stored, byte for byte.
    pub(super) async fn stored(&mut self, batch: &[Append]) -> Result<Vec<String>, Broken> {
        let incidents: Vec<&str> = batch.iter().map(|append| append.lease.incident.as_str()).collect();
        let sequences: Vec<i64> = batch.iter().map(|append| append.record.sequence).collect();
        let records: Vec<&str> = batch.iter().map(|append| append.record.json.as_str()).collect();
        let asked = sqlx::query_scalar(STORED).bind(incidents).bind(sequences).bind(records);
        call(self.limit, Durable::Never, asked.fetch_all(&mut self.connection)).await
    }

    /// Makes the transaction durable.
    pub(super) async fn commit(&mut self) -> Result<(), Broken> {
        let commit = sqlx::raw_sql("COMMIT").execute(&mut self.connection);
        call(self.limit, Durable::If, commit).await.map(drop)
    }

    /// Takes the transaction back.
    pub(super) async fn roll_back(&mut self) -> Result<(), Broken> {
        let roll_back = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection);
        call(self.limit, Durable::Never, roll_back).await.map(drop)
    }

    /// Carries `statement` out in the transaction that is open.
    pub(super) async fn execute(&mut self, statement: Query<'_, Postgres, PgArguments>) -> Result<(), Broken> {
        call(self.limit, Durable::Never, statement.execute(&mut self.connection)).await.map(drop)
    }

    /// The row that `query` finds, if there is one.
    pub(super) async fn find<T>(&mut self, query: QueryAs<'_, Postgres, T, PgArguments>) -> Result<Option<T>, Broken>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        call(self.limit, Durable::Never, query.fetch_optional(&mut self.connection)).await
    }

    /// Says goodbye, so that the server's log stays clean.
    pub(super) async fn close(self) {
        let _ = tokio::time::timeout(self.limit, self.connection.close()).await;
    }
}

fn elsewhere(incidents: Option<Vec<String>>, epochs: Option<Vec<i64>>, counts: Option<Vec<i64>>) -> Vec<Elsewhere> {
    let numbers = epochs.into_iter().flatten().zip(counts.into_iter().flatten());
    let found = incidents.into_iter().flatten().zip(numbers);
    found.map(|(incident, (epoch, records))| Elsewhere { incident, epoch, records }).collect()
}

/// Waits for `asked` at most so long; past that the connection is given up, since its answer may still come.
async fn call<T>(limit: Duration, durable: Durable, asked: impl Future<Output = sqlx::Result<T>>) -> Result<T, Broken> {
    // The server's own limit is the same, and its refusal says more.
    let answered = tokio::time::timeout(limit + Duration::from_secs(1), asked).await;
    let (aftermath, error) = match answered {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => (aftermath(&error), describe(OPERATION, &error)),
        Err(_) => (Aftermath::Disconnected, timed_out(OPERATION)),
    };
    let in_doubt = durable == Durable::If && aftermath == Aftermath::Disconnected;
    Err(Broken { error, aftermath, in_doubt })
}

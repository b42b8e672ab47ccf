//! The store held against what its witness has seen.

use futures_util::StreamExt;
use selfheal_core::audit::{SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result};
use sqlx::PgConnection;

use super::failure::failed;
use crate::journal::witnessing::{patiently, show};

const NEWEST_FIRST: &str = "SELECT note FROM audit_checkpoints ORDER BY place DESC";

/// The newest checkpoint; `None` if nothing was signed yet.
pub(super) async fn newest_checkpoint(connection: &mut PgConnection) -> Result<Option<SignedCheckpoint>> {
    newest_up_to(connection, u64::MAX).await
}

/// The newest checkpoint over at most so many leaves.
async fn newest_up_to(connection: &mut PgConnection, leaves: u64) -> Result<Option<SignedCheckpoint>> {
    let damaged = |error| Error::new(ErrorKind::Invalid, "audit.read", "a checkpoint is none").with_source(error);
    let mut notes = sqlx::query_scalar::<_, String>(NEWEST_FIRST).fetch(connection);
    while let Some(note) = notes.next().await {
        let checkpoint = SignedCheckpoint::parse(&note.map_err(failed("audit.read"))?).map_err(damaged)?;
        if checkpoint.checkpoint().size <= leaves {
            return Ok(Some(checkpoint));
        }
    }
    Ok(None)
}

/// Refuses a store that lost what the witness has seen of it; shows the witness what it missed.
pub(super) async fn face(connection: &mut PgConnection, witness: &dyn Witness) -> Result<()> {
    // In this order: what another worker signs meanwhile is no loss.
    let seen = patiently(witness.latest()).await?;
    let newest = newest_checkpoint(connection).await?;
    if let Some(seen) = seen {
        has(connection, &seen, newest.as_ref()).await?;
    }
    match newest {
        Some(newest) => show(witness, &newest).await,
        None => Ok(()),
    }
}

/// Refuses a store without the very checkpoint that was `seen`.
async fn has(connection: &mut PgConnection, seen: &SignedCheckpoint, newest: Option<&SignedCheckpoint>) -> Result<()> {
    let size = seen.checkpoint().size;
    let there = newest.map_or(0, |newest| newest.checkpoint().size);
    let message = if there < size {
        "the witness has seen more of the log than the store has: the database lost something"
    } else if newest_up_to(connection, size).await?.as_ref() != Some(seen) {
        "the witness has seen another log than the store has: the database was replaced, or its log rewritten"
    } else {
        return Ok(());
    };
    let error = Error::new(ErrorKind::Conflict, "journal.connect", message);
    Err(error.with_context("seen", size.to_string()).with_context("there", there.to_string()))
}

//! The store held against what its witness has seen.

use selfheal_core::audit::{SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result};
use sqlx::PgConnection;

use super::failure::failed;

/// The newest checkpoint; `None` if nothing was signed yet.
pub(super) async fn newest_checkpoint(connection: &mut PgConnection) -> Result<Option<SignedCheckpoint>> {
    let newest = "SELECT note FROM audit_checkpoints ORDER BY place DESC LIMIT 1";
    let found = sqlx::query_scalar(newest).fetch_optional(connection).await;
    let note: Option<String> = found.map_err(failed("audit.read"))?;
    let damaged =
        |error| Error::new(ErrorKind::Invalid, "audit.read", "the newest checkpoint is none").with_source(error);
    note.map(|note| SignedCheckpoint::parse(&note).map_err(damaged)).transpose()
}

/// Shows `checkpoint` to a witness that workers may share.
pub(super) async fn show(witness: &dyn Witness, checkpoint: &SignedCheckpoint) -> Result<()> {
    match witness.witness(checkpoint).await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            // Another worker may have shown it a newer one first, which covers this one.
            let latest = witness.latest().await?;
            if size(&latest) > checkpoint.checkpoint().size { Ok(()) } else { Err(error) }
        }
        shown => shown,
    }
}

/// Refuses a store that lost what the witness has seen of it; shows the witness what it missed.
pub(super) async fn face(connection: &mut PgConnection, witness: &dyn Witness) -> Result<()> {
    // In this order: what another worker signs meanwhile is no loss.
    let seen = witness.latest().await?;
    let newest = newest_checkpoint(connection).await?;
    if size(&seen) > size(&newest) {
        let message = "the witness has seen more of the log than the store has: the database lost something";
        let error = Error::new(ErrorKind::Conflict, "journal.connect", message);
        return Err(error
            .with_context("seen", size(&seen).to_string())
            .with_context("there", size(&newest).to_string()));
    }
    match newest {
        Some(newest) => show(witness, &newest).await,
        None => Ok(()),
    }
}

fn size(checkpoint: &Option<SignedCheckpoint>) -> u64 {
    checkpoint.as_ref().map_or(0, |known| known.checkpoint().size)
}

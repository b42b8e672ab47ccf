//! Erasure: one opening goes, and a signed leaf says so.

use rusqlite::{OptionalExtension, params};
use selfheal_core::audit::{Erasure, Leaf, Malformed, Openings};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::failpoint;

use super::batch::Batch;
use super::failure::Failure;
use super::tidying::{COMPACTED, FORGOTTEN};
use crate::journal::rows::signed;

/// Drops the opening, unless it is gone already.
pub(super) fn erase(batch: &mut Batch<'_>, erasure: &Erasure) -> Result<(), Failure> {
    let damaged = |error: Malformed| refusal(erasure, ErrorKind::Invalid, &format!("the log is damaged: {error}"));
    let find = "SELECT l.encoding, o.encoding FROM audit_leaves l JOIN audit_openings o USING (leaf) WHERE leaf = ?1";
    let found = batch
        .connection
        .prepare_cached(find)?
        .query_row([signed(erasure.leaf)], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let Some((leaf, openings)) = found.optional()? else {
        return Err(refusal(erasure, ErrorKind::NotFound, "there is no such leaf").into());
    };
    let openings = Openings::decode(&openings).map_err(damaged)?;
    if tells_of_a_loss(&openings) {
        let message = "what tells of an erasure, or of records that are gone, is never erased";
        return Err(refusal(erasure, ErrorKind::Invalid, message).into());
    }
    let Some(kept) = openings.without(&erasure.field) else {
        let leaf = Leaf::decode(&leaf).map_err(damaged)?;
        let was_there = leaf.commitments().any(|(name, _)| name == erasure.field);
        let never = || refusal(erasure, ErrorKind::NotFound, "the leaf has no such field").into();
        return if was_there { Ok(()) } else { Err(never()) };
    };
    batch.say(erasure.fields())?;
    // An erasure that no checkpoint covers counts as forged.
    batch.sign()?;
    batch.scrub();
    let update = "UPDATE audit_openings SET encoding = ?2 WHERE leaf = ?1";
    batch.connection.prepare_cached(update)?.execute(params![signed(erasure.leaf), kept])?;
    failpoint::hit("journal.opening_dropped");
    Ok(())
}

fn tells_of_a_loss(openings: &Openings<'_>) -> bool {
    Erasure::read(openings).is_some() || matches!(openings.value("event"), Some(COMPACTED | FORGOTTEN))
}

fn refusal(erasure: &Erasure, kind: ErrorKind, message: &str) -> Error {
    let error = Error::new(kind, "audit.erase", message).with_context("leaf", erasure.leaf.to_string());
    error.with_context("field", erasure.field.clone())
}

//! Erasure: one opening goes, and a signed leaf says so.

use rusqlite::{OptionalExtension, params};
use selfheal_core::audit::Erasure;
use selfheal_core::failpoint;

use super::batch::Batch;
use super::failure::Failure;
use crate::journal::leaves;
use crate::journal::rows::signed;

/// Drops the opening, unless it is gone already.
pub(super) fn erase(batch: &mut Batch<'_>, erasure: &Erasure) -> Result<(), Failure> {
    let find = "SELECT l.encoding, o.encoding FROM audit_leaves l JOIN audit_openings o USING (leaf) WHERE leaf = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?));
    let found = batch.connection.prepare_cached(find)?.query_row([signed(erasure.leaf)], read).optional()?;
    let found = found.as_ref().map(|(leaf, openings)| (leaf.as_slice(), openings.as_slice()));
    let Some(left) = leaves::erased(erasure, found)? else { return Ok(()) };
    batch.say(erasure.fields())?;
    // An erasure that no checkpoint covers counts as forged.
    batch.sign()?;
    batch.scrub();
    let update = "UPDATE audit_openings SET encoding = ?2 WHERE leaf = ?1";
    batch.connection.prepare_cached(update)?.execute(params![signed(erasure.leaf), left])?;
    failpoint::hit("journal.opening_dropped");
    Ok(())
}

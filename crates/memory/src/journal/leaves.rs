//! What the journal's leaves say beside those of records, and what may never be erased from any of them.

use selfheal_core::audit::{Erasure, Field, Hash, Leaf, Malformed, Openings};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::Stream;
use selfheal_core::time::Timestamp;

/// A checkpoint is signed at least when the number of leaves passes a multiple of this.
const LEAVES_PER_CHECKPOINT: u64 = 256;

/// The value of `event` in a leaf that says that a snapshot stands for records from now on.
pub(crate) const COMPACTED: &str = "compacted";

/// The value of `event` in a leaf that says that a closed incident was removed.
pub(crate) const FORGOTTEN: &str = "forgotten";

/// The value of `event` in a leaf that says that a stream's oldest entries were removed.
pub(crate) const DROPPED: &str = "dropped";

/// What ties journal and ledger to their log. Without them nobody could say whose a record is and whether it is the one that was
/// written, so that a forged one would pass for one whose proof was erased.
const TIES: [&str; 9] = ["entry", "event", "incident", "note", "place", "record", "sequence", "snapshot", "stream"];

/// Whether a log that grew from `before` to `after` leaves is to be signed for that alone.
pub(crate) fn is_full(before: u64, after: u64) -> bool {
    before / LEAVES_PER_CHECKPOINT != after / LEAVES_PER_CHECKPOINT
}

/// What the leaf says of a snapshot, whose text is `snapshot`, in place of the first `records` of `incident`.
pub(crate) fn compacted(incident: &IncidentId, records: i64, snapshot: &str, now: Timestamp) -> Vec<Field> {
    let mut said = told(COMPACTED, incident, records, now);
    said.push(Field::new("snapshot", Hash::of(snapshot.as_bytes()).to_string()));
    said
}

/// What the leaf says of the removal of `incident`, which had so many records.
pub(crate) fn forgotten(incident: &IncidentId, records: i64, now: Timestamp) -> Vec<Field> {
    told(FORGOTTEN, incident, records, now)
}

/// What the leaf says of the removal of the first `entries` of `stream`.
pub(crate) fn dropped(stream: &Stream, entries: i64, now: Timestamp) -> Vec<Field> {
    vec![
        Field::new("at_ms", now.as_millis().to_string()),
        Field::new("by", "healer"),
        Field::new("entries", entries.to_string()),
        Field::new("event", DROPPED),
        Field::new("stream", stream.as_str()),
    ]
}

fn told(event: &str, incident: &IncidentId, records: i64, now: Timestamp) -> Vec<Field> {
    vec![
        Field::new("at_ms", now.as_millis().to_string()),
        Field::new("by", "healer"),
        Field::new("event", event),
        Field::new("incident", incident.as_str()),
        Field::new("records", records.to_string()),
    ]
}

/// What is left of a leaf's `openings` after `erasure`; `None` if that was done before. `found` has the encodings of the leaf and
/// of its openings.
pub(crate) fn erased(erasure: &Erasure, found: Option<(&[u8], &[u8])>) -> Result<Option<Vec<u8>>> {
    let refuse = |kind, message: &str| Err(refusal(erasure, kind, message));
    let damaged = |error: Malformed| refusal(erasure, ErrorKind::Invalid, &format!("the log is damaged: {error}"));
    let Some((leaf, openings)) = found else { return refuse(ErrorKind::NotFound, "there is no such leaf") };
    let openings = Openings::decode(openings).map_err(damaged)?;
    if tells_of_a_loss(&openings) {
        return refuse(ErrorKind::Invalid, "what tells of an erasure, or of what is gone, is never erased");
    }
    let leaf = Leaf::decode(leaf).map_err(damaged)?;
    if !leaf.commitments().any(|(name, _)| name == erasure.field) {
        return refuse(ErrorKind::NotFound, "the leaf has no such field");
    }
    if TIES.contains(&erasure.field.as_str()) {
        let message = "what says what a leaf vouches for is never erased; forget the incident instead";
        return refuse(ErrorKind::Invalid, message);
    }
    Ok(openings.without(&erasure.field))
}

fn tells_of_a_loss(openings: &Openings<'_>) -> bool {
    Erasure::read(openings).is_some() || matches!(openings.value("event"), Some(COMPACTED | FORGOTTEN | DROPPED))
}

fn refusal(erasure: &Erasure, kind: ErrorKind, message: &str) -> Error {
    let error = Error::new(kind, "audit.erase", message).with_context("leaf", erasure.leaf.to_string());
    error.with_context("field", erasure.field.clone())
}

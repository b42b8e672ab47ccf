//! What a leaf says of a journal record.

use crate::engine::{Event, State};
use crate::ports::{Approval, Record};

use super::detail;
use super::field::Field;
use super::hash::Hash;

/// Who is named where no person spoke.
pub(super) const HEALER: &str = "healer";

/// What a leaf says of `record`; `after` is the state that it led to.
///
/// Its fields: `incident`, `sequence`, `at_ms`, `event`, `phase` (after it), `by` (the person who answered, or `healer`),
/// `record` (SHA-256 of the record's JSON) and `detail` (JSON of at most 16 KiB: what was decided and why, on what, and how
/// it went). All of it was redacted when the evidence was made.
#[must_use]
pub fn account(record: &Record, after: &State) -> Vec<Field> {
    // A record is made of values that serialise; a defect here shows as the hash of nothing, which fits no record.
    account_of(&serde_json::to_vec(record).unwrap_or_default(), record, after)
}

/// As [`account`], over the very bytes in which a store keeps the record.
#[must_use]
pub fn account_of(record_json: &[u8], record: &Record, after: &State) -> Vec<Field> {
    vec![
        Field::new("incident", clipped(after.incident.id.as_str())),
        Field::new("sequence", record.sequence.to_string()),
        Field::new("at_ms", record.at.as_millis().to_string()),
        Field::new("event", record.event.name()),
        Field::new("phase", after.phase.name()),
        Field::new("by", clipped(by(&record.event))),
        Field::new("record", Hash::of(record_json).to_string()),
        Field::new("detail", detail::of(&record.event, after)),
    ]
}

fn by(event: &Event) -> &str {
    match event {
        Event::Answered(
            Approval::Given { by, .. }
            | Approval::Refused { by, .. }
            | Approval::Edited { by, .. }
            | Approval::Responded { by, .. },
        ) => by,
        _ => HEALER,
    }
}

fn clipped(text: &str) -> &str {
    detail::clip(text, 1024)
}

//! What every database backend writes the same way: a record as it is stored, and what its audit leaf says.

use selfheal_core::audit::{Field, Hash, account_of};
use selfheal_core::engine::{Event, Phase, State};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{History, Record, Standing};
use selfheal_core::resource::ResourceRef;
use selfheal_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest record or snapshot that is stored, in bytes of JSON: far above what the engine's bounds on evidence allow.
pub(crate) const MAX_JSON_BYTES: usize = 64 << 20;

/// A record that is to be appended: written as JSON once, in the caller's thread. `S` is the form in which the backend keeps
/// where the incident stands.
#[derive(Debug, Clone)]
pub(crate) struct PreparedRecord<S = String> {
    /// Its place in the incident's history.
    pub(crate) sequence: i64,
    /// The very text that is stored, and that the leaf has the hash of.
    pub(crate) json: String,
    /// Where the incident stands after it.
    pub(crate) standing: S,
    /// When the incident was opened.
    pub(crate) opened_at_ms: i64,
    /// When the incident can go on; `None`: closed.
    pub(crate) wake_at_ms: Option<i64>,
    /// [`resource_key`] of what the incident is about.
    pub(crate) resource: i64,
    /// What the leaf says.
    pub(crate) fields: Vec<Field>,
    /// Whether the log is signed together with it.
    pub(crate) is_signed: bool,
}

#[cfg(feature = "postgres")]
impl PreparedRecord {
    /// `record` led to `after`; the standing is one JSON text.
    pub(crate) fn of(record: &Record, after: &State) -> Result<Self> {
        Self::with(record, after, |standing| bounded_json("journal.append", "standing", &standing))
    }
}

impl<S> PreparedRecord<S> {
    /// `record` led to `after`; `kept` makes of the standing what the backend keeps.
    pub(crate) fn with(record: &Record, after: &State, kept: impl FnOnce(Standing) -> Result<S>) -> Result<Self> {
        let json = bounded_json("journal.append", "record", record)?;
        let standing = Standing::of(record, after);
        Ok(Self {
            sequence: signed(record.sequence),
            opened_at_ms: millis(standing.opened_at),
            wake_at_ms: standing.wake_at.map(millis),
            resource: resource_key(&standing.resource),
            standing: kept(standing)?,
            fields: account_of(json.as_bytes(), record, after),
            json,
            is_signed: is_signed(&record.event, after),
        })
    }
}

/// Whether the log is signed when `event` led to `after`: what no checkpoint covers, whoever has the file can cut off. So it is
/// when something was sent, or is about to be, on which a healer that knew nothing of it would send it again; when somebody
/// answered or took over; and when nobody works on the incident for a while, or ever again.
fn is_signed(event: &Event, after: &State) -> bool {
    let outward = matches!(
        event,
        Event::Intended
            | Event::Answered(_)
            | Event::Applied
            | Event::Undone(_)
            | Event::Verified(_)
            | Event::Resumed { .. }
    );
    let rests = matches!(after.phase, Phase::Closed { .. } | Phase::BackingOff { .. } | Phase::AwaitingApproval { .. });
    outward || rests
}

/// A number for `resource`, by which incidents of one resource find each other. That two resources share one is unlikely, and
/// then they only wait for each other.
pub(crate) fn resource_key(resource: &ResourceRef) -> i64 {
    let ResourceRef { system, kind, name } = resource;
    let mut text = Vec::new();
    for part in [system, kind, name] {
        text.extend((part.len() as u64).to_be_bytes());
        text.extend(part.as_bytes());
    }
    let [a, b, c, d, e, f, g, h, ..] = *Hash::of(&text).as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// `value` as JSON, within [`MAX_JSON_BYTES`].
pub(crate) fn bounded_json(operation: &'static str, what: &'static str, value: &impl Serialize) -> Result<String> {
    let defect = |error: serde_json::Error| Error::new(ErrorKind::Internal, operation, format!("{what}: {error}"));
    let json = serde_json::to_string(value).map_err(defect)?;
    if json.len() > MAX_JSON_BYTES {
        let message = format!("{what}: expected at most {MAX_JSON_BYTES} bytes of JSON, got {}", json.len());
        return Err(Error::new(ErrorKind::LimitReached, operation, message));
    }
    Ok(json)
}

/// The `what` that was written as `text`.
pub(crate) fn parsed<T: DeserializeOwned>(operation: &'static str, what: &'static str, text: &str) -> Result<T> {
    let damaged = |error: serde_json::Error| {
        Error::new(ErrorKind::Invalid, operation, format!("the store is damaged: expected a {what} as JSON: {error}"))
    };
    serde_json::from_str(text).map_err(damaged)
}

/// `history`, if it has every one of the incident's `count` records, in order.
pub(crate) fn complete(history: History, count: u64) -> Result<History> {
    let first = history.snapshot.as_ref().map_or(0, |snapshot| snapshot.records);
    let in_order = history.records.iter().zip(first..).all(|(record, place)| record.sequence == place);
    if in_order && first.checked_add(history.records.len() as u64) == Some(count) {
        return Ok(history);
    }
    let message = format!("the store is damaged: expected the records {first} to {count}, some are missing");
    Err(Error::new(ErrorKind::Invalid, "journal.read", message))
}

/// Databases have no unsigned numbers; times and counts past their range don't occur.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that [`signed`] wrote.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// `at` as databases keep it.
pub(crate) fn millis(at: Timestamp) -> i64 {
    signed(at.as_millis())
}

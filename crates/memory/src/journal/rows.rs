//! What every database backend writes the same way: a record as it is stored, and what its audit leaf says.

use selfheal_core::audit::{Field, account_of};
use selfheal_core::engine::{Phase, State};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{Record, Standing};
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
    /// What the leaf says.
    pub(crate) fields: Vec<Field>,
    /// Whether nobody works on the incident for a while, or ever again: the time to sign a checkpoint.
    pub(crate) rests: bool,
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
        let rests =
            matches!(after.phase, Phase::Closed { .. } | Phase::BackingOff { .. } | Phase::AwaitingApproval { .. });
        Ok(Self {
            sequence: signed(record.sequence),
            opened_at_ms: millis(standing.opened_at),
            wake_at_ms: standing.wake_at.map(millis),
            standing: kept(standing)?,
            fields: account_of(json.as_bytes(), record, after),
            json,
            rests,
        })
    }
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

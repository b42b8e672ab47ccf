//! What a leaf of the audit log vouches for: a record or a snapshot, and where its incident then stands; an entry of a ledger.

use selfheal_core::audit::{Hash, Openings};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::Standing;

/// Leaves name an incident by at least so much of its id.
const NAMED_BYTES: usize = 1024 - 3;

/// A text of the journal or the ledger with its place, which its leaf has to name with the text's hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    what: &'static str,
    place: (&'static str, i64),
    whose: Whose<'a>,
    text: &'a str,
}

#[derive(Debug, Clone, Copy)]
enum Whose<'a> {
    Incident(&'a str),
    Stream(&'a str),
}

impl<'a> Kept<'a> {
    /// The record of `incident` at `sequence`.
    pub(crate) fn record(incident: &'a str, sequence: i64, text: &'a str) -> Self {
        Self { what: "record", place: ("sequence", sequence), whose: Whose::Incident(incident), text }
    }

    /// What stands for the first `records` of `incident`.
    pub(crate) fn snapshot(incident: &'a str, records: i64, text: &'a str) -> Self {
        Self { what: "snapshot", place: ("records", records), whose: Whose::Incident(incident), text }
    }

    /// The entry of `stream` at `sequence`.
    pub(crate) fn entry(stream: &'a str, sequence: i64, text: &'a str) -> Self {
        Self { what: "entry", place: ("place", sequence), whose: Whose::Stream(stream), text }
    }

    /// Whether the leaf with these openings is that of this text. All that says so is never erased: where it is missing, the
    /// leaf speaks of something else.
    pub(crate) fn is_vouched_for(&self, leaf: &Openings<'_>) -> bool {
        let (name, place) = self.place;
        leaf.value(self.what) == Some(Hash::of(self.text.as_bytes()).to_string().as_str())
            && leaf.value(name) == Some(place.to_string().as_str())
            && self.whose.is_named_by(leaf)
    }

    /// As [`is_vouched_for`](Self::is_vouched_for), of a leaf whose openings are stored as `leaf`, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless it is.
    pub(crate) fn check(&self, operation: &'static str, leaf: Option<&[u8]>) -> Result<()> {
        let damaged = |why: &str| {
            let message = format!("the store is damaged: {} {} {why}", self.what, self.place.1);
            Err(Error::new(ErrorKind::Invalid, operation, message))
        };
        let Some(leaf) = leaf else { return damaged("has no leaf in the audit log") };
        match Openings::decode(leaf) {
            Ok(leaf) if self.is_vouched_for(&leaf) => Ok(()),
            Ok(_) => damaged("is not the one that the audit log has the hash of"),
            Err(_) => damaged("has a leaf whose openings can't be read"),
        }
    }
}

impl Whose<'_> {
    fn is_named_by(self, leaf: &Openings<'_>) -> bool {
        match self {
            Self::Incident(incident) => names(leaf, incident),
            Self::Stream(stream) => leaf.value("stream") == Some(stream),
        }
    }
}

/// Whether the leaf speaks of `incident`.
fn names(leaf: &Openings<'_>, incident: &str) -> bool {
    let said = |said: &str| said == incident || (said.len() >= NAMED_BYTES && incident.starts_with(said));
    leaf.value("incident").is_some_and(said)
}

/// Whether `standing` is where the record with the leaf `last` left the incident. What was erased there says nothing; the leaf
/// doesn't say until when an incident waits that backs off, nor what for.
pub(crate) fn stands_as_said(standing: &Standing, last: &Openings<'_>) -> bool {
    let says = |name, value: &str| last.value(name).is_none_or(|said| said == value);
    let sequence = standing.records.checked_sub(1).map(|sequence| sequence.to_string());
    let phase = last.value("phase");
    last.value("record").is_some()
        && names(last, standing.incident.as_str())
        && last.value("sequence") == sequence.as_deref()
        && says("at_ms", &standing.updated_at.as_millis().to_string())
        && phase.is_none_or(|phase| is_in(standing, phase))
        && last.value("detail").is_none_or(|detail| ended_as_said(standing, detail))
}

fn is_in(standing: &Standing, phase: &str) -> bool {
    let open = standing.is_open() && standing.wake_at.is_some();
    match phase {
        "closed" => !standing.is_open() && standing.wake_at.is_none() && standing.phase == phase,
        "back off" => open,
        "approval" => open && standing.phase == phase,
        _ => open && standing.phase == phase && standing.wake_at == Some(standing.updated_at),
    }
}

/// Whether `detail` tells of the same outcome, or leaves it out for its length.
fn ended_as_said(standing: &Standing, detail: &str) -> bool {
    let said = serde_json::from_str::<serde_json::Value>(detail).unwrap_or_default();
    let was_cut = said.get("left_out_of_bytes").is_some();
    match (&standing.outcome, said.get("outcome")) {
        (Some(outcome), Some(said)) => serde_json::to_value(outcome).is_ok_and(|outcome| outcome == *said),
        (Some(_), None) => was_cut,
        (None, said) => said.is_none(),
    }
}

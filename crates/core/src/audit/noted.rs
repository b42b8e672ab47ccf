//! What a leaf says of an entry of a ledger.

use serde_json::Value;

use super::account::HEALER;
use super::detail::{MAX_ENTRIES, MAX_TEXT_BYTES, bounded, clip, value};
use super::field::Field;
use super::hash::Hash;
use crate::ports::{self, Note, Stream};

/// What a leaf says of `entry` of `stream`; `entry_json` are the very bytes in which a store keeps it.
///
/// Its fields: `stream` and the 0-based `place` in it, `at_ms`, `note` (its kind), `by` (the person, or `healer`), `incident`
/// where it is about one, `entry` (SHA-256 of the entry's JSON) and `detail` (what was noted, as JSON of at most 16 KiB).
#[must_use]
pub fn account_of_entry(entry_json: &[u8], stream: &Stream, entry: &ports::Entry) -> Vec<Field> {
    let (kind, said) = taken_apart(&entry.note);
    let incident = stream.incident().or_else(|| incident(&said)).map(|incident| clip(incident, 1024).to_owned());
    let mut fields = vec![
        Field::new("stream", stream.as_str()),
        Field::new("place", entry.sequence.to_string()),
        Field::new("at_ms", entry.at.as_millis().to_string()),
        Field::new("note", kind),
        Field::new("by", clip(by(&entry.note), 1024)),
        Field::new("entry", Hash::of(entry_json).to_string()),
        Field::new("detail", bounded(clipped(said))),
    ];
    fields.extend(incident.map(|incident| Field::new("incident", incident)));
    fields
}

/// The note's kind and what it says beside that.
fn taken_apart(note: &Note) -> (String, Value) {
    match value(note) {
        Value::Object(entries) => entries.into_iter().next().unwrap_or_default(),
        Value::String(kind) => (kind, Value::Object(serde_json::Map::new())),
        _ => (String::new(), Value::Null),
    }
}

fn by(note: &Note) -> &str {
    match note {
        Note::Answered(signed) => &signed.answer.by,
        Note::Paused { switched, .. }
        | Note::Unpaused { switched, .. }
        | Note::AutonomyGranted { switched, .. }
        | Note::AutonomyWithdrawn { switched, .. }
        | Note::Overridden { switched, .. } => &switched.by,
        Note::Requested(_)
        | Note::Redeemed { .. }
        | Note::Opened(_)
        | Note::Effect(_)
        | Note::Ended(_)
        | Note::RunFailed
        | Note::RunPassed
        | Note::Allotted { .. } => HEALER,
    }
}

fn incident(said: &Value) -> Option<&str> {
    let about = ["/incident", "/effected/incident"];
    about.iter().find_map(|place| said.pointer(place)?.as_str())
}

/// `said` with texts and lists cut to what a detail takes.
fn clipped(said: Value) -> Value {
    match said {
        Value::String(text) => Value::String(clip(&text, MAX_TEXT_BYTES).to_owned()),
        Value::Array(all) => all.into_iter().take(MAX_ENTRIES).map(clipped).collect(),
        Value::Object(all) => all.into_iter().take(MAX_ENTRIES).map(|(name, said)| (name, clipped(said))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::IncidentId;
    use crate::ports::Switched;
    use crate::time::Timestamp;

    fn said(stream: &Stream, note: Note) -> Vec<(&'static str, String)> {
        let entry = ports::Entry { sequence: 3, at: Timestamp::from_millis(9), note };
        account_of_entry(b"{}", stream, &entry).into_iter().map(|field| (field.name, field.value)).collect()
    }

    #[test]
    fn it_says_who_noted_what_where_and_about_which_incident() {
        let switched = Switched { by: "ann".to_owned(), because: "x".repeat(4096) };
        let note = Note::Overridden { incident: IncidentId::new("inc-7"), switched };
        let said = said(&Stream::switches(), note);
        for expected in [("stream", "switches"), ("place", "3"), ("note", "overridden"), ("by", "ann")] {
            assert!(said.contains(&(expected.0, expected.1.to_owned())), "{expected:?} in {said:?}");
        }
        assert!(said.contains(&("incident", "inc-7".to_owned())));
        let detail = &said.iter().find(|(name, _)| *name == "detail").unwrap().1;
        assert!(detail.len() < 700, "a long text is cut: {} bytes", detail.len());
    }

    #[test]
    fn what_says_nothing_but_its_kind_is_the_healers() {
        let said = said(&Stream::runs("nightly"), Note::RunFailed);
        assert!(said.contains(&("note", "run_failed".to_owned())) && said.contains(&("by", HEALER.to_owned())));
        assert!(said.iter().all(|(name, _)| *name != "incident"));
    }
}

//! How far the streams of a ledger reach, by what the audit log says and by what is there.

use std::collections::BTreeMap;

use selfheal_core::audit::Openings;

use super::crosscheck::Mismatch;
use super::entries::Extent;
use super::rows::unsigned;

/// What is known of each stream.
#[derive(Default)]
pub(super) struct Streams(BTreeMap<String, Seen>);

#[derive(Default)]
struct Seen {
    /// One past the last entry that any leaf speaks of.
    length: u64,
    /// One past the last entry that isn't there.
    missing: u64,
    /// How many of the oldest may be gone.
    dropped: u64,
    /// What the stream's own row says.
    row: Option<Extent>,
}

impl Streams {
    fn of(&mut self, stream: &str) -> &mut Seen {
        self.0.entry(stream.to_owned()).or_default()
    }

    /// An entry is there.
    pub(super) fn meet(&mut self, stream: &str, place: u64) {
        let seen = self.of(stream);
        seen.length = seen.length.max(place.saturating_add(1));
    }

    /// An entry that a leaf speaks of is not there.
    pub(super) fn miss(&mut self, stream: &str, place: u64) {
        self.meet(stream, place);
        let seen = self.of(stream);
        seen.missing = seen.missing.max(place.saturating_add(1));
    }

    /// A leaf says that entries were dropped.
    pub(super) fn tell(&mut self, leaf: &Openings<'_>) {
        let entries = leaf.value("entries").and_then(|entries| entries.parse::<u64>().ok());
        if let (Some(stream), Some(entries)) = (leaf.value("stream"), entries) {
            let seen = self.of(stream);
            seen.dropped = seen.dropped.max(entries);
        }
    }

    /// The stream's own row.
    pub(super) fn compare(&mut self, stream: &str, row: Extent) {
        self.of(stream).row = Some(row);
    }

    pub(super) fn join(&mut self, other: Self) {
        for (stream, Seen { length, missing, dropped, row }) in other.0 {
            let seen = self.0.entry(stream).or_default();
            seen.length = seen.length.max(length);
            seen.missing = seen.missing.max(missing);
            seen.dropped = seen.dropped.max(dropped);
            seen.row = seen.row.or(row);
        }
    }

    /// What doesn't fit.
    pub(super) fn mismatches(self) -> impl Iterator<Item = Mismatch> {
        self.0.into_iter().filter_map(|(stream, seen)| seen.mismatch(stream))
    }
}

impl Seen {
    fn mismatch(self, stream: String) -> Option<Mismatch> {
        if self.missing > self.dropped {
            return Some(Mismatch::MissingEntry { stream, last: self.missing - 1 });
        }
        // A stream begins with its first entry: none is empty.
        let expected = (self.length > 0).then_some((self.length, self.dropped));
        let row = self.row.map(|row| (unsigned(row.length), unsigned(row.dropped)));
        (row.is_none() || row != expected).then_some(Mismatch::Stream { stream })
    }
}

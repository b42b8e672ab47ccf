//! The journal and its ledger against the audit log: each record and each entry that is there is the one that its leaf has the hash
//! of, none is missing unless a leaf says that it was compacted, forgotten or dropped, and every incident stands where its newest
//! leaf says.

use std::collections::BTreeMap;

use selfheal_core::audit::{MAX_DEFECTS, Openings};
use selfheal_core::ports::Standing;
use selfheal_core::time::Timestamp;

use super::entries::Extent;
use super::leaves::{COMPACTED, DROPPED, FORGOTTEN};
use super::rows::{millis, unsigned};
use super::streams::Streams;
use super::vouching::{Kept, stands_as_said};

/// One thing in the journal that the audit log doesn't vouch for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A record is not the one that its leaf has the hash of.
    #[error("record {sequence} of {incident} is not what leaf {leaf} has the hash of")]
    Changed {
        /// The leaf.
        leaf: u64,
        /// Whose record.
        incident: String,
        /// Its place.
        sequence: i64,
    },
    /// Records are gone, and no leaf says that they were compacted or forgotten.
    #[error("records of {incident} are missing up to {last}, and the audit log doesn't say why")]
    Missing {
        /// Whose.
        incident: String,
        /// The last one that is missing.
        last: u64,
    },
    /// A record at a leaf that speaks of something else, or that isn't there.
    #[error("record {sequence} of {incident} stands at leaf {leaf}, which doesn't speak of it")]
    Unknown {
        /// The leaf.
        leaf: i64,
        /// Whose record.
        incident: String,
        /// Its place.
        sequence: i64,
    },
    /// A snapshot is not the one that its leaf has the hash of.
    #[error("the snapshot of {incident} is not what its leaf has the hash of")]
    Snapshot {
        /// Whose.
        incident: String,
    },
    /// An incident stands elsewhere than where its newest record left it.
    #[error("{incident} doesn't stand where its newest leaf says")]
    Standing {
        /// Which.
        incident: String,
    },
    /// An entry of the ledger is not the one that its leaf has the hash of.
    #[error("entry {sequence} of stream {stream} is not what leaf {leaf} has the hash of")]
    ChangedEntry {
        /// The leaf.
        leaf: u64,
        /// Whose entry.
        stream: String,
        /// Its place.
        sequence: i64,
    },
    /// Entries of the ledger are gone, and no leaf says that they were dropped.
    #[error("entries of stream {stream} are missing up to {last}, and the audit log doesn't say why")]
    MissingEntry {
        /// Whose.
        stream: String,
        /// The last one that is missing.
        last: u64,
    },
    /// An entry of the ledger at a leaf that speaks of something else, or that isn't there.
    #[error("entry {sequence} of stream {stream} stands at leaf {leaf}, which doesn't speak of it")]
    UnknownEntry {
        /// The leaf.
        leaf: i64,
        /// Whose entry.
        stream: String,
        /// Its place.
        sequence: i64,
    },
    /// A stream of the ledger begins or ends elsewhere than the audit log says.
    #[error("stream {stream} doesn't begin and end where the audit log says")]
    Stream {
        /// Which.
        stream: String,
    },
    /// Tables don't fit each other.
    #[error("{0}")]
    Tables(String),
}

/// How much of the journal the audit log vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrossChecked {
    /// Records that are there, each with its leaf.
    pub records: u64,
    /// Snapshots that stand for records that were compacted.
    pub snapshots: u64,
    /// Entries of the ledger that are there, each with its leaf.
    pub entries: u64,
    /// Leaves whose records were compacted or forgotten, or whose entries were dropped.
    pub tidied: u64,
}

/// A record as it is stored.
pub(crate) struct Stored<'a> {
    pub(crate) incident: &'a str,
    pub(crate) sequence: i64,
    pub(crate) text: &'a str,
}

/// An entry as it is stored.
pub(crate) struct StoredEntry<'a> {
    pub(crate) stream: &'a str,
    pub(crate) sequence: i64,
    pub(crate) at_ms: i64,
    pub(crate) text: &'a str,
}

/// What stands at a leaf.
pub(crate) enum At<'a> {
    Nothing,
    Record(Stored<'a>),
    Entry(StoredEntry<'a>),
}

/// What a part of the journal was found to be.
#[derive(Default)]
pub(crate) struct Part {
    checked: CrossChecked,
    /// The last record of an incident that isn't there.
    missing: BTreeMap<String, u64>,
    /// How many records of an incident may be gone.
    tidied: BTreeMap<String, u64>,
    streams: Streams,
    mismatches: Vec<Mismatch>,
}

impl Part {
    /// Both parts together.
    #[cfg(feature = "sqlite")]
    pub(crate) fn joined(mut self, other: Self) -> Self {
        self.checked.records += other.checked.records;
        self.checked.snapshots += other.checked.snapshots;
        self.checked.entries += other.checked.entries;
        self.checked.tidied += other.checked.tidied;
        self.mismatches.extend(other.mismatches);
        self.streams.join(other.streams);
        for (incident, last) in other.missing {
            raise(&mut self.missing, incident, last);
        }
        for (incident, records) in other.tidied {
            raise(&mut self.tidied, incident, records);
        }
        self
    }

    /// What is wrong with it, at most [`MAX_DEFECTS`] things.
    pub(crate) fn result(mut self) -> Result<CrossChecked, Vec<Mismatch>> {
        for (incident, last) in std::mem::take(&mut self.missing) {
            if self.tidied.get(&incident).is_none_or(|records| last >= *records) {
                self.mismatches.push(Mismatch::Missing { incident, last });
            }
        }
        self.mismatches.extend(std::mem::take(&mut self.streams).mismatches());
        self.mismatches.truncate(MAX_DEFECTS);
        if self.mismatches.is_empty() { Ok(self.checked) } else { Err(self.mismatches) }
    }

    /// Takes down what doesn't fit, unless there is enough of it.
    pub(crate) fn complain(&mut self, mismatch: Mismatch) {
        if !self.is_hopeless() {
            self.mismatches.push(mismatch);
        }
    }

    /// Whether looking on would tell nothing new.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.mismatches.len() > MAX_DEFECTS
    }

    /// Looks at a leaf, whose openings are stored as `leaf`, and at what stands at it.
    pub(crate) fn look_at(&mut self, index: i64, leaf: &[u8], at: &At<'_>) {
        // One that can't be read is a defect of the log, and told of there.
        let Ok(leaf) = Openings::decode(leaf) else { return };
        match at {
            At::Record(record) => self.compare(index, &leaf, record),
            At::Entry(entry) => self.compare_entry(index, &leaf, entry),
            At::Nothing if leaf.value("record").is_some() => self.miss(index, &leaf),
            At::Nothing if leaf.value("entry").is_some() => self.miss_entry(index, &leaf),
            At::Nothing if leaf.value("event") == Some(FORGOTTEN) => self.tell(&leaf),
            At::Nothing if leaf.value("event") == Some(DROPPED) => self.streams.tell(&leaf),
            At::Nothing => {}
        }
    }

    fn compare(&mut self, index: i64, leaf: &Openings<'_>, record: &Stored<'_>) {
        let Stored { incident, sequence, text } = *record;
        self.checked.records += 1;
        let whose = || (incident.to_owned(), sequence);
        if leaf.value("record").is_none() {
            let (incident, sequence) = whose();
            self.complain(Mismatch::Unknown { leaf: index, incident, sequence });
        } else if !Kept::record(incident, sequence, text).is_vouched_for(leaf) {
            let (incident, sequence) = whose();
            self.complain(Mismatch::Changed { leaf: unsigned(index), incident, sequence });
        }
    }

    fn miss(&mut self, index: i64, leaf: &Openings<'_>) {
        self.checked.tidied += 1;
        let sequence = leaf.value("sequence").and_then(|sequence| sequence.parse().ok());
        match (leaf.value("incident"), sequence) {
            (Some(incident), Some(sequence)) => raise(&mut self.missing, incident.to_owned(), sequence),
            _ => self.complain(Mismatch::Tables(format!("leaf {index} doesn't say whose record it speaks of"))),
        }
    }

    fn compare_entry(&mut self, index: i64, leaf: &Openings<'_>, entry: &StoredEntry<'_>) {
        let StoredEntry { stream, sequence, at_ms, text } = *entry;
        self.checked.entries += 1;
        let whose = || (stream.to_owned(), sequence);
        if leaf.value("entry").is_none() {
            let (stream, sequence) = whose();
            self.complain(Mismatch::UnknownEntry { leaf: index, stream, sequence });
        } else if !Kept::entry(stream, sequence, text).is_vouched_for(leaf) || !is_of(text, sequence, at_ms) {
            let (stream, sequence) = whose();
            self.complain(Mismatch::ChangedEntry { leaf: unsigned(index), stream, sequence });
        }
        self.streams.meet(stream, unsigned(sequence));
    }

    fn miss_entry(&mut self, index: i64, leaf: &Openings<'_>) {
        self.checked.tidied += 1;
        let place = leaf.value("place").and_then(|place| place.parse().ok());
        match (leaf.value("stream"), place) {
            (Some(stream), Some(place)) => self.streams.miss(stream, place),
            _ => self.complain(Mismatch::Tables(format!("leaf {index} doesn't say whose entry it speaks of"))),
        }
    }

    /// Looks at how far a stream is said to reach.
    pub(crate) fn look_at_stream(&mut self, stream: &str, extent: Extent) {
        self.streams.compare(stream, extent);
    }

    fn tell(&mut self, leaf: &Openings<'_>) {
        let records = leaf.value("records").and_then(|records| records.parse().ok());
        if let (Some(incident), Some(records)) = (leaf.value("incident"), records) {
            raise(&mut self.tidied, incident.to_owned(), records);
        }
    }

    /// Looks at a snapshot of `incident` and at the leaf that it names: only one that is there, and is the right one, explains
    /// why records are not.
    pub(crate) fn look_at_snapshot(&mut self, incident: &str, records: i64, text: &str, leaf: Option<&[u8]>) {
        self.checked.snapshots += 1;
        let leaf = leaf.and_then(|leaf| Openings::decode(leaf).ok());
        let sound = leaf.filter(|leaf| {
            leaf.value("event") == Some(COMPACTED) && Kept::snapshot(incident, records, text).is_vouched_for(leaf)
        });
        match sound {
            Some(_) => raise(&mut self.tidied, incident.to_owned(), unsigned(records)),
            None => self.complain(Mismatch::Snapshot { incident: incident.to_owned() }),
        }
    }

    /// Looks at where an incident stands and at the leaf of its newest record.
    pub(crate) fn look_at_standing(&mut self, standing: &Standing, leaf: Option<&[u8]>) {
        let leaf = leaf.and_then(|leaf| Openings::decode(leaf).ok());
        if !leaf.is_some_and(|leaf| stands_as_said(standing, &leaf)) {
            self.complain(Mismatch::Standing { incident: standing.incident.as_str().to_owned() });
        }
    }
}

/// Whether `text` is an entry of this place and time, by which it is found.
fn is_of(text: &str, sequence: i64, at_ms: i64) -> bool {
    let found = serde_json::from_str::<Placed>(text);
    found.is_ok_and(|found| found.sequence == unsigned(sequence) && millis(found.at) == at_ms)
}

#[derive(serde::Deserialize)]
struct Placed {
    sequence: u64,
    at: Timestamp,
}

fn raise(all: &mut BTreeMap<String, u64>, incident: String, number: u64) {
    let known = all.entry(incident).or_default();
    *known = number.max(*known);
}

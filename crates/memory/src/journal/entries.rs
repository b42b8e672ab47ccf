//! What every database backend writes the same way of a ledger: an entry as it is stored, and what its audit leaf says.

use selfheal_core::audit::{Field, account_of_entry};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{Entry, Note, Stream};
use selfheal_core::time::Timestamp;

use super::rows::{bounded_json, millis, parsed, signed, unsigned};
use super::vouching::Kept;

pub(crate) const APPEND: &str = "ledger.append";
pub(crate) const READ: &str = "ledger.read";

/// An entry that is to be appended: written as JSON once, in the caller's thread.
#[derive(Debug, Clone)]
pub(crate) struct PreparedEntry {
    pub(crate) stream: Stream,
    /// Its place, which is how many entries the stream has to have.
    pub(crate) sequence: i64,
    pub(crate) at_ms: i64,
    /// The very text that is stored, and that the leaf has the hash of.
    pub(crate) json: String,
    /// What the leaf says.
    pub(crate) fields: Vec<Field>,
    /// Whether the log is signed together with it.
    pub(crate) is_signed: bool,
}

impl PreparedEntry {
    /// `note` at the place `expected` of `stream`.
    pub(crate) fn of(stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<Self> {
        check_size(stream, "name", stream.as_str().len(), Stream::MAX_BYTES)?;
        let entry = Entry { sequence: expected, at, note: note.clone() };
        let json = bounded_json(APPEND, "entry", &entry)?;
        check_size(stream, "note", json.len(), Note::MAX_BYTES)?;
        Ok(Self {
            stream: stream.clone(),
            sequence: signed(expected),
            at_ms: millis(at),
            fields: account_of_entry(json.as_bytes(), stream, &entry),
            json,
            is_signed: is_signed(note),
        })
    }

    /// Refuses it, because the stream has another number of entries.
    pub(crate) fn refusal(&self, length: i64) -> Error {
        let message = format!("expected {} entries, the stream has {length}", self.sequence);
        Error::new(ErrorKind::Conflict, APPEND, message).with_context("stream", self.stream.as_str())
    }
}

fn check_size(stream: &Stream, what: &str, bytes: usize, most: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let message = format!("expected a {what} of at most {most} bytes, got {bytes}");
    // Its name may be too long to be told.
    let named: String = stream.as_str().chars().take(200).collect();
    Err(Error::new(ErrorKind::LimitReached, APPEND, message).with_context("stream", named))
}

/// Whether the log is signed with it: what no checkpoint covers, whoever has the file can cut off. So it is with what people said
/// and what was made of it; what budgets count is signed with the journal's own records.
fn is_signed(note: &Note) -> bool {
    !matches!(note, Note::Opened(_) | Note::Effect(_) | Note::Ended(_) | Note::RunFailed | Note::RunPassed)
}

/// How a stream goes on, and where what is left of it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    /// Entries that ever were.
    pub(crate) length: i64,
    /// Of these, how many were dropped.
    pub(crate) dropped: i64,
}

/// A page of a stream as it is read: every entry compared with what the audit log has the hash of.
pub(crate) struct Page<'a> {
    stream: &'a Stream,
    next: i64,
    end: i64,
    entries: Vec<Entry>,
}

impl<'a> Page<'a> {
    /// The page of at most `most` entries from `from` on, of a stream that reaches from one end of `extent` to the other.
    pub(crate) fn of(stream: &'a Stream, extent: Extent, from: u64, most: usize) -> Self {
        let next = signed(from).max(extent.dropped);
        let end = next.saturating_add(signed(most as u64)).min(extent.length);
        Self { stream, next, end, entries: Vec::new() }
    }

    /// Takes the next entry, which is stored as `text`, with the openings of its leaf.
    pub(crate) fn take(&mut self, sequence: i64, text: &str, leaf: Option<&[u8]>) -> Result<()> {
        Kept::entry(self.stream.as_str(), sequence, text).check(READ, leaf).map_err(|error| self.about(error))?;
        let entry: Entry = parsed(READ, "entry", text).map_err(|error| self.about(error))?;
        if sequence != self.next || entry.sequence != unsigned(sequence) {
            return Err(self.gap());
        }
        self.next += 1;
        self.entries.push(entry);
        Ok(())
    }

    /// All of it, if none is missing.
    pub(crate) fn complete(self) -> Result<Vec<Entry>> {
        if self.next >= self.end { Ok(self.entries) } else { Err(self.gap()) }
    }

    fn gap(&self) -> Error {
        let message = format!("the store is damaged: entry {} is missing", self.next);
        self.about(Error::new(ErrorKind::Invalid, READ, message))
    }

    fn about(&self, error: Error) -> Error {
        error.with_context("stream", self.stream.as_str())
    }
}

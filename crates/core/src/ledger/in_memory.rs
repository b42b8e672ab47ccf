//! A ledger that lives as long as the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Entry, Ledger, Note, Stream};
use crate::time::Timestamp;

/// Keeps everything in memory: for tests, simulations and hosts of one process that ask nobody.
#[derive(Debug, Default)]
pub struct InMemoryLedger {
    streams: Mutex<BTreeMap<Stream, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Entries that were dropped: the first that is left has this place.
    dropped: u64,
    entries: Vec<Entry>,
}

impl Kept {
    fn len(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }
}

impl InMemoryLedger {
    fn held(&self) -> MutexGuard<'_, BTreeMap<Stream, Kept>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for InMemoryLedger {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        check_bounds(stream, note)?;
        let mut streams = self.held();
        let len = streams.get(stream).map_or(0, Kept::len);
        if len != expected {
            let message = format!("expected {expected} entries, the stream has {len}");
            return Err(refusal(stream, ErrorKind::Conflict, message));
        }
        let entry = Entry { sequence: len, at, note: note.clone() };
        streams.entry(stream.clone()).or_default().entries.push(entry);
        Ok(())
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        let streams = self.held();
        let Some(kept) = streams.get(stream) else { return Ok(Vec::new()) };
        let first = usize::try_from(from.saturating_sub(kept.dropped)).unwrap_or(usize::MAX);
        Ok(kept.entries.iter().skip(first).take(most).cloned().collect())
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        Ok(self.held().get(stream).map_or(0, Kept::len))
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        if let Some(kept) = self.held().get_mut(stream) {
            let old = kept.entries.iter().take_while(|entry| entry.at < before).count();
            kept.entries.drain(..old);
            kept.dropped += old as u64;
        }
        Ok(())
    }
}

fn check_bounds(stream: &Stream, note: &Note) -> Result<()> {
    let defect = |error: serde_json::Error| refusal(stream, ErrorKind::Internal, error.to_string());
    let bytes = serde_json::to_vec(note).map_err(defect)?.len();
    let parts = [("name", stream.as_str().len(), Stream::MAX_BYTES), ("note", bytes, Note::MAX_BYTES)];
    match parts.into_iter().find(|(_, bytes, most)| bytes > most) {
        Some((what, bytes, most)) => {
            let message = format!("expected a {what} of at most {most} bytes, got {bytes}");
            Err(refusal(stream, ErrorKind::LimitReached, message))
        }
        None => Ok(()),
    }
}

fn refusal(stream: &Stream, kind: ErrorKind, message: String) -> Error {
    // Its name may be too long to be told.
    let named: String = stream.as_str().chars().take(200).collect();
    Error::new(kind, "ledger.append", message).with_context("stream", named)
}

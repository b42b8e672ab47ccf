//! Reading what was appended to a stream since one looked last.

use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Entry, Ledger, Stream};
use crate::time::Timestamp;

/// Entries asked for at once.
pub(super) const PAGE: usize = 512;

/// Pages read at most in one go.
const MOST_PAGES: usize = 4_096;

/// Tells an entry from one that took its place after a store was put back to an earlier day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    sequence: u64,
    at: Timestamp,
}

impl Mark {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self { sequence: entry.sequence, at: entry.at }
    }
}

/// What is folded from the entries of one stream.
pub(crate) trait Fold: Send {
    /// The place of the entry it takes next.
    fn next(&self) -> u64;

    /// The entry it took last.
    fn last(&self) -> Option<Mark>;

    /// Takes the entry at that place, or a later one if those between were dropped.
    fn take(&mut self, entry: Entry);
}

/// Takes what was appended since. `false` if the entry that was taken last is not there any more, because it was dropped or the store
/// was put back to an earlier day, or if none was taken yet: then the stream is to be read anew.
///
/// # Errors
/// As [`catch_up`].
pub(crate) async fn go_on(ledger: &dyn Ledger, stream: &Stream, fold: &mut impl Fold) -> Result<bool> {
    let Some(last) = fold.last() else { return Ok(false) };
    let page = ledger.read(stream, last.sequence, PAGE).await?;
    let is_last = page.len() < PAGE;
    let mut entries = page.into_iter();
    if entries.next().as_ref().map(Mark::of) != Some(last) {
        return Ok(false);
    }
    entries.for_each(|entry| fold.take(entry));
    if !is_last {
        catch_up(ledger, stream, fold).await?;
    }
    Ok(true)
}

/// Brings `fold` up to the end of the stream.
///
/// # Errors
/// What the ledger answers; [`ErrorKind::LimitReached`] past 2 million new entries.
pub(crate) async fn catch_up(ledger: &dyn Ledger, stream: &Stream, fold: &mut impl Fold) -> Result<()> {
    for _ in 0..MOST_PAGES {
        let page = ledger.read(stream, fold.next(), PAGE).await?;
        let is_last = page.len() < PAGE;
        page.into_iter().for_each(|entry| fold.take(entry));
        if is_last {
            return Ok(());
        }
    }
    let message = format!("more than {} entries since it was read last", MOST_PAGES * PAGE);
    Err(Error::new(ErrorKind::LimitReached, "ledger.read", message).with_context("stream", stream.as_str()))
}

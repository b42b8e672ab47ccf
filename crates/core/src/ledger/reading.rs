//! Reading what was appended to a stream since one looked last.

use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Entry, Ledger, Stream};

/// Entries asked for at once.
const PAGE: usize = 512;

/// Pages read at most in one go.
const MOST_PAGES: usize = 4_096;

/// What is folded from the entries of one stream.
pub(crate) trait Fold: Send {
    /// The place of the entry it takes next.
    fn next(&self) -> u64;

    /// Takes the entry at that place, or a later one if those between were dropped.
    fn take(&mut self, entry: Entry);
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

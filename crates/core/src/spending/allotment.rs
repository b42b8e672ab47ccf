//! Parts of a day's ceiling, taken from a ledger by all processes that share it.

use std::sync::Arc;

use super::{Amount, Day};
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::ports::{Ledger, Note, Stream};
use crate::time::Timestamp;

/// Tries while other processes are faster.
const TRIES: u32 = 64;

/// A part is at most this part of the ceiling…
const PARTS_OF_CEILING: u64 = 50;

/// …and of what is left of it, so that idle holders never use it up among themselves.
const PARTS_OF_REST: u64 = 16;

/// How long the entries of a day stay. Clocks that are a little ahead must not drop those of a day that isn't over.
const DAYS_KEPT: u64 = 7;

/// Takes from the day's stream and gives back to it. Each entry tells what all have together, so that the last one says all.
pub(super) struct Allotments {
    ledger: Arc<dyn Ledger>,
}

/// Where a day stands.
struct Tail {
    entries: u64,
    total: Amount,
}

impl Allotments {
    pub(super) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger }
    }

    /// Takes at least `need` of the day, of which all together may have `ceiling`.
    ///
    /// # Errors
    /// [`ErrorKind::LimitReached`] if that is more than is left; [`ErrorKind::Unavailable`] if nobody can tell.
    pub(super) async fn take(&self, day: Day, need: Amount, ceiling: Amount, now: Timestamp) -> Result<Amount> {
        let stream = Stream::spending(day);
        for _ in 0..TRIES {
            let tail = self.tail(&stream).await?;
            let left = ceiling.without(tail.total);
            if let Some(what) = need.beyond(left) {
                return Err(used_up(what));
            }
            let part = part(need, left, ceiling);
            crate::failpoint::hit("spending.allotting");
            if self.append(&stream, tail.entries, now, tail.total.and(part)).await? {
                crate::failpoint::hit("spending.allotted");
                if tail.entries == 0 {
                    self.forget_older(day, now).await;
                }
                return Ok(part);
            }
        }
        Err(busy())
    }

    /// Gives back what is `unused` of the day, and adds what is `owed`.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`]; with [`Retry::UnknownOutcome`] it may have been noted.
    pub(super) async fn settle(&self, day: Day, unused: Amount, owed: Amount, now: Timestamp) -> Result<()> {
        let stream = Stream::spending(day);
        for _ in 0..TRIES {
            let tail = self.tail(&stream).await?;
            let total = tail.total.without(unused).and(owed);
            if self.append(&stream, tail.entries, now, total).await? {
                crate::failpoint::hit("spending.settled");
                return Ok(());
            }
        }
        Err(busy())
    }

    /// Whether it was appended; `false` if another was faster.
    async fn append(&self, stream: &Stream, place: u64, now: Timestamp, total: Amount) -> Result<bool> {
        match self.ledger.append(stream, place, now, &Note::Allotted { total }).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(out_of_reach(error)),
        }
    }

    async fn tail(&self, stream: &Stream) -> Result<Tail> {
        let entries = self.ledger.len(stream).await.map_err(out_of_reach)?;
        let Some(last) = entries.checked_sub(1) else { return Ok(Tail { entries: 0, total: Amount::NONE }) };
        let read = self.ledger.read(stream, last, 1).await.map_err(out_of_reach)?;
        match read.first().map(|entry| &entry.note) {
            Some(Note::Allotted { total }) => Ok(Tail { entries, total: *total }),
            _ => Err(unreadable(stream)),
        }
    }

    /// What is too old costs a little room and nothing else.
    async fn forget_older(&self, day: Day, now: Timestamp) {
        let stream = Stream::spending(day.before(DAYS_KEPT));
        if let Err(problem) = self.ledger.forget(&stream, now).await {
            tracing::debug!(%stream, %problem, "an old day is kept for now");
        }
    }
}

/// How much is taken at once where `need` is needed and `left` is there.
fn part(need: Amount, left: Amount, ceiling: Amount) -> Amount {
    let usual = ceiling.part(PARTS_OF_CEILING).at_most(left.part(PARTS_OF_REST));
    need.at_least(usual)
}

/// The ceiling's refusal.
pub(super) fn used_up(what: &str) -> Error {
    let message = format!("the day's ceiling on {what} of language models is used up");
    Error::new(ErrorKind::LimitReached, super::OPERATION, message)
}

pub(super) fn busy() -> Error {
    let message = format!("others were faster {TRIES} times to take a part of the day's ceiling");
    Error::new(ErrorKind::Unavailable, super::OPERATION, message).with_retry(Retry::Retryable)
}

fn unreadable(stream: &Stream) -> Error {
    let message = "the ledger does not tell what was spent today: the last entry is no allotment, or was dropped";
    Error::new(ErrorKind::Unavailable, super::OPERATION, message).with_context("stream", stream.as_str())
}

fn out_of_reach(error: Error) -> Error {
    let retry = error.retry();
    let message = format!("the ledger does not tell what may be spent: {error}");
    Error::new(ErrorKind::Unavailable, super::OPERATION, message).with_retry(retry).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_is_needed_at_least_and_shrinks_with_what_is_left() {
        let all = |n| Amount { calls: n, tokens: n, micro_usd: n };
        assert_eq!(part(all(1), all(1000), all(1000)), all(20));
        assert_eq!(part(all(30), all(1000), all(1000)), all(30));
        assert_eq!(part(all(1), all(160), all(1000)), all(10));
        assert_eq!(part(all(1), all(3), all(1000)), all(1));
    }
}

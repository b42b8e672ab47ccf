//! How often a pipeline failed in a row, counted across processes: a healer may be told to wait for the third failure.

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::ports::{Entry, Ledger, Note, Stream};
use crate::time::Timestamp;

/// The most failures in a row that are counted; older ones are forgotten.
pub const MOST_FAILURES: u32 = 256;

/// How often a note is tried again after another process was faster.
const TRIES: u32 = 16;

/// How a run of a pipeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// It failed.
    Failed,
    /// It passed.
    Passed,
}

impl RunEnd {
    fn note(self) -> Note {
        match self {
            Self::Failed => Note::RunFailed,
            Self::Passed => Note::RunPassed,
        }
    }
}

/// Notes how a run of `pipeline` ended; returns how many failed in a row up to and with it, at most [`MOST_FAILURES`].
///
/// # Errors
/// As the ledger. [`ErrorKind::Conflict`] if other processes were faster sixteen times; then nothing was noted. With
/// [`Retry::UnknownOutcome`] it may have been: noting it again could count it twice.
pub async fn note(ledger: &dyn Ledger, pipeline: &str, end: RunEnd, at: Timestamp) -> Result<u32> {
    let stream = Stream::runs(pipeline);
    for _ in 0..TRIES {
        let recent = Recent::read(ledger, &stream).await?;
        crate::failpoint::hit("runs.noting");
        match ledger.append(&stream, recent.len, at, &end.note()).await {
            Ok(()) => {
                crate::failpoint::hit("runs.noted");
                recent.forget_older(ledger, &stream).await;
                return Ok(recent.failures_with(end));
            }
            Err(conflict) if conflict.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    let busy = Error::new(ErrorKind::Conflict, "runs.note", format!("other processes were faster {TRIES} times"));
    Err(busy.with_context("pipeline", pipeline).with_retry(Retry::Retryable))
}

/// How many runs of `pipeline` failed since the last one that passed, at most [`MOST_FAILURES`].
///
/// # Errors
/// As the ledger.
pub async fn failures(ledger: &dyn Ledger, pipeline: &str) -> Result<u32> {
    Ok(Recent::read(ledger, &Stream::runs(pipeline)).await?.failures())
}

/// The end of a stream; what lies before it is of no use any more.
struct Recent {
    entries: Vec<Entry>,
    /// How many there ever were.
    len: u64,
}

impl Recent {
    async fn read(ledger: &dyn Ledger, stream: &Stream) -> Result<Self> {
        let len = ledger.len(stream).await?;
        let from = len.saturating_sub(u64::from(MOST_FAILURES));
        let entries = ledger.read(stream, from, MOST_FAILURES as usize).await?;
        Ok(Self { entries, len })
    }

    fn failures(&self) -> u32 {
        let ends = self.entries.iter().rev().filter(|entry| matches!(entry.note, Note::RunFailed | Note::RunPassed));
        let failed = ends.take_while(|entry| entry.note == Note::RunFailed);
        failed.fold(0, |failures, _| failures + 1).min(MOST_FAILURES)
    }

    fn failures_with(&self, end: RunEnd) -> u32 {
        match end {
            RunEnd::Passed => 0,
            RunEnd::Failed => (self.failures() + 1).min(MOST_FAILURES),
        }
    }

    /// What is too old costs a little room and nothing else: if it can't be dropped now, the next note drops it.
    async fn forget_older(&self, ledger: &dyn Ledger, stream: &Stream) {
        let full = self.entries.len() >= MOST_FAILURES as usize;
        let Some(oldest) = self.entries.first().filter(|_| full) else { return };
        if let Err(problem) = ledger.forget(stream, oldest.at).await {
            tracing::debug!(%stream, %problem, "old runs are kept for now");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::ledger::InMemoryLedger;

    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    #[tokio::test]
    async fn failures_count_until_a_run_passes_and_pipelines_do_not_share_them() {
        let ledger = InMemoryLedger::default();
        let ends = [RunEnd::Failed, RunEnd::Failed, RunEnd::Passed, RunEnd::Failed];
        let mut counted = Vec::new();
        for (second, end) in (0..).zip(ends) {
            counted.push(note(&ledger, "shop", end, at(second)).await.unwrap());
        }
        assert_eq!(counted, [1, 2, 0, 1]);
        assert_eq!(failures(&ledger, "shop").await.unwrap(), 1);
        assert_eq!(failures(&ledger, "other").await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_is_kept_of_a_pipeline_that_always_fails_is_bounded() {
        let ledger = InMemoryLedger::default();
        let mut last = 0;
        for second in 0..u64::from(MOST_FAILURES) * 2 {
            last = note(&ledger, "shop", RunEnd::Failed, at(second)).await.unwrap();
        }
        assert_eq!(last, MOST_FAILURES);
        let kept = ledger.read(&Stream::runs("shop"), 0, usize::MAX).await.unwrap();
        assert!(kept.len() <= MOST_FAILURES as usize + 1, "{}", kept.len());
    }

    /// Another process notes a failure just before each of the first `rivals` appends.
    struct Contended {
        ledger: InMemoryLedger,
        rivals: AtomicU32,
    }

    #[async_trait]
    impl Ledger for Contended {
        async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
            let one_less = |rivals: u32| rivals.checked_sub(1);
            if self.rivals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                self.ledger.append(stream, expected, at, &Note::RunFailed).await?;
            }
            self.ledger.append(stream, expected, at, note).await
        }

        async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
            self.ledger.read(stream, from, most).await
        }

        async fn len(&self, stream: &Stream) -> Result<u64> {
            self.ledger.len(stream).await
        }

        async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
            self.ledger.forget(stream, before).await
        }
    }

    #[tokio::test]
    async fn a_run_that_ends_at_the_same_time_is_counted_too_and_endless_contention_is_an_error() {
        let contended = |rivals| Contended { ledger: InMemoryLedger::default(), rivals: AtomicU32::new(rivals) };
        assert_eq!(note(&contended(3), "shop", RunEnd::Failed, at(1)).await.unwrap(), 4);
        assert_eq!(note(&contended(3), "shop", RunEnd::Passed, at(1)).await.unwrap(), 0);
        let refused = note(&contended(u32::MAX), "shop", RunEnd::Failed, at(1)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Conflict, Retry::Retryable));
    }
}

//! Ledgers that a budget has to get on with.

use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::ports::{Entry, Ledger, Note, Stream};
use selfheal_core::time::Timestamp;

/// What goes wrong with the next appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is stored.
    Down,
    /// It is stored, and nobody is told.
    Unheard,
}

/// Lets other tasks go first wherever it is waited for.
#[derive(Default)]
pub(crate) struct SlowLedger {
    pub(crate) inner: InMemoryLedger,
    pub(crate) fault: Mutex<Option<Fault>>,
}

impl SlowLedger {
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap()
    }
}

#[async_trait]
impl Ledger for SlowLedger {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        tokio::task::yield_now().await;
        let lost = || Error::new(ErrorKind::Unavailable, "ledger.append", "the connection broke off");
        match self.fault() {
            None => self.inner.append(stream, expected, at, note).await,
            Some(Fault::Down) => Err(lost().with_retry(Retry::Retryable)),
            Some(Fault::Unheard) => {
                self.inner.append(stream, expected, at, note).await?;
                Err(lost().with_retry(Retry::UnknownOutcome))
            }
        }
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        tokio::task::yield_now().await;
        self.inner.read(stream, from, most).await
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        tokio::task::yield_now().await;
        self.inner.len(stream).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        self.inner.forget(stream, before).await
    }
}

//! The one thread that writes: group commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use selfheal_core::audit::{SignedCheckpoint, Signer};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::ports::Clock;
use tokio::sync::oneshot;

use super::batch::{Batch, Broken, Done, Job, Write, carry_out};
use super::failure::{self, Failure};
use super::queue::{Queue, share_of};
use super::scrubbing::Scrubbing;
use crate::audit::Salts;

/// The longest that the first of several callers waits for the others.
const PATIENCE: Duration = Duration::from_millis(1);

/// What a journal wrote since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Appends, leases and whatever else was asked for.
    pub writes: u64,
    /// Transactions they were made durable in, each by one sync.
    pub transactions: u64,
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    transactions: AtomicU64,
}

/// The callers' side.
pub(super) struct Writer {
    queue: Arc<Queue<Box<dyn Write>>>,
    counters: Arc<Counters>,
    /// Whether something that was removed is still to be overwritten.
    unscrubbed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What the writing thread works with.
pub(super) struct Desk {
    /// Its connection.
    pub(super) connection: Connection,
    /// The file, for errors.
    pub(super) path: PathBuf,
    /// The store's time.
    pub(super) clock: Arc<dyn Clock>,
    /// Signs the audit log.
    pub(super) signer: Arc<dyn Signer>,
    /// Hears of every checkpoint once it is durable.
    pub(super) signed: Box<dyn FnMut(SignedCheckpoint) + Send>,
}

impl Writer {
    pub(super) fn start(desk: Desk) -> Result<Self> {
        let (queue, counters) = (Arc::new(Queue::new()), Arc::new(Counters::default()));
        let scrubbing = Scrubbing::default();
        let unscrubbed = scrubbing.due();
        let mut work = Work {
            desk,
            queue: Arc::clone(&queue),
            counters: Arc::clone(&counters),
            salts: Salts::default(),
            scrubbing,
            broken: None,
        };
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, "journal.open", format!("no thread to write with: {error}"))
        };
        let thread = std::thread::Builder::new().name("selfheal-journal".to_owned());
        let thread = thread.spawn(move || work.run()).map_err(failed)?;
        Ok(Self { queue, counters, unscrubbed, thread: Some(thread) })
    }

    /// Has `work` carried out in a transaction and returns once that is durable; `bytes` is what it adds, roughly.
    pub(super) async fn write<T, F>(&self, bytes: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        self.queue.push(Box::new(Job { work, done: None, caller }), share_of(bytes)).await?;
        // It ends without an answer only by a defect.
        let gone = |_| {
            Error::new(ErrorKind::Internal, "journal.write", "the writing thread ended")
                .with_retry(Retry::UnknownOutcome)
        };
        answer.await.map_err(gone)?
    }

    /// Whether nothing that was removed is left in the file.
    pub(super) fn has_overwritten(&self) -> bool {
        !self.unscrubbed.load(Ordering::Acquire)
    }

    pub(super) fn written(&self) -> Written {
        let Counters { writes, transactions } = &*self.counters;
        Written { writes: writes.load(Ordering::Relaxed), transactions: transactions.load(Ordering::Relaxed) }
    }
}

impl Drop for Writer {
    /// Waits until everything that was asked for is durable and signed.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // Whoever waited for an answer heard of a panic already.
            let _ = thread.join();
        }
    }
}

struct Work {
    desk: Desk,
    queue: Arc<Queue<Box<dyn Write>>>,
    counters: Arc<Counters>,
    salts: Salts,
    scrubbing: Scrubbing,
    /// Set when nobody knows what is durable any more.
    broken: Option<Error>,
}

impl Drop for Work {
    /// Whoever waits or comes later hears that nobody writes any more, also if this thread panicked.
    fn drop(&mut self) {
        self.queue.close();
        self.queue.take(&mut Vec::new(), 0, Duration::ZERO);
    }
}

impl Work {
    fn run(&mut self) {
        let (mut batch, mut wanted, mut patience) = (Vec::new(), 1, Duration::ZERO);
        while self.queue.take(&mut batch, wanted, patience) {
            let (together, started) = (batch.len(), Instant::now());
            self.settle(&mut batch);
            // Whoever came together will come together again; a lone caller never waits for company.
            wanted = (together + self.queue.len()) * 3 / 4;
            patience = started.elapsed().min(PATIENCE);
        }
        if self.broken.is_none() {
            self.sign_the_rest();
            self.scrubbing.finish(&self.desk.connection);
        }
    }

    fn settle(&mut self, writes: &mut Vec<Box<dyn Write>>) {
        let failed = match &self.broken {
            Some(error) => Some(error.clone()),
            None => match self.transact(writes) {
                Ok(()) => None,
                // One of them may be to blame; none may fail for another.
                Err(Broken::Undone(_)) if writes.len() > 1 => return self.settle_one_by_one(writes),
                Err(broken) => Some(self.error(broken)),
            },
        };
        writes.drain(..).for_each(|write| write.answer(failed.as_ref()));
    }

    fn settle_one_by_one(&mut self, writes: &mut Vec<Box<dyn Write>>) {
        for write in writes.drain(..) {
            self.settle(&mut vec![write]);
        }
    }

    fn transact(&mut self, writes: &mut [Box<dyn Write>]) -> Result<(), Broken> {
        let Desk { connection, clock, signer, signed, .. } = &mut self.desk;
        let Done { checkpoint, scrub } = carry_out(connection, &mut self.salts, signer.as_ref(), clock.now(), writes)?;
        self.counters.transactions.fetch_add(1, Ordering::Relaxed);
        self.counters.writes.fetch_add(writes.len() as u64, Ordering::Relaxed);
        if let Some(checkpoint) = checkpoint {
            failpoint::hit("journal.checkpoint_committed");
            signed(checkpoint);
        }
        if scrub {
            self.scrubbing.want();
        }
        self.scrubbing.go_on(connection);
        Ok(())
    }

    fn error(&mut self, broken: Broken) -> Error {
        match broken {
            Broken::Undone(Failure::Refused(error)) => error,
            Broken::Undone(Failure::Database(error)) => failure::of("journal.write", &self.desk.path, &error),
            Broken::InDoubt(error) => {
                // The system forgets unwritten pages after it reported them once ("fsyncgate", 2018): another sync that succeeds
                // would prove nothing.
                let error = failure::of("journal.write", &self.desk.path, &error).with_retry(Retry::UnknownOutcome);
                self.broken = Some(error.clone());
                error
            }
        }
    }

    fn sign_the_rest(&mut self) {
        let (caller, _) = oneshot::channel();
        let work = |batch: &mut Batch<'_>| batch.sign();
        let mut last: [Box<dyn Write>; 1] = [Box::new(Job { work, done: None, caller })];
        // What can't be signed now is signed by whoever opens the store next.
        let _ = self.transact(&mut last);
    }
}

//! The task that appends for the whole process: what waits while it commits goes into the next transaction.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::audit::{SignedCheckpoint, Signer};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::orchestrator::WallClock;
use selfheal_core::ports::Clock;
use selfheal_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::commit::Append;
use super::failure::Broken;
use super::log::End;
use super::server::Server;
use super::session::Session;
use super::tending::Tend;
use crate::journal::entries::PreparedEntry;
use crate::journal::witnessing::Showing;

/// How many callers may wait; those past it wait for room in the queue.
const QUEUE: usize = 1024;

/// Most records of one transaction.
const BATCH: usize = 256;

/// Bytes of records past which a transaction takes no more.
const BATCH_BYTES: usize = 8 << 20;

/// The longest that the first of several callers waits for the others.
const PATIENCE: Duration = Duration::from_millis(1);

/// Something to be written.
#[derive(Debug)]
pub(super) enum Job {
    Append(Box<Append>),
    Note(Box<PreparedEntry>, oneshot::Sender<Result<()>>),
    Tend(Tend, oneshot::Sender<Result<()>>),
}

/// Writes, one transaction after the other.
pub(super) struct Writer {
    pub(super) server: Server,
    pub(super) signer: Arc<dyn Signer>,
    showing: Option<Arc<Showing>>,
    clock: WallClock,
    /// Its connection, once there is one and while it is good.
    pub(super) session: Option<Session>,
    /// How the log ended when this worker last saw it.
    pub(super) known: Option<End>,
    /// Whether other workers went on with the log since then.
    pub(super) contended: bool,
}

/// Hands jobs to the writer.
#[derive(Debug, Clone)]
pub(super) struct Queue(mpsc::Sender<Job>);

impl Queue {
    /// Has `job` done; it answers through `answer`.
    pub(super) async fn ask(
        &self,
        operation: &'static str,
        job: Job,
        answer: oneshot::Receiver<Result<()>>,
    ) -> Result<()> {
        let closed = || Error::new(ErrorKind::Unavailable, operation, "the journal was closed");
        self.0.send(job).await.map_err(|_| closed())?;
        // Sent but never answered: the runtime is being shut down.
        answer.await.unwrap_or_else(|_| Err(closed().with_retry(Retry::UnknownOutcome)))
    }
}

impl Writer {
    /// Starts the task; it ends when every [`Queue`] is dropped and the last job is done.
    pub(super) fn start(server: Server, signer: Arc<dyn Signer>, showing: Option<Arc<Showing>>) -> Queue {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let clock = WallClock::default();
        let writer = Self { server, signer, showing, clock, session: None, known: None, contended: false };
        tokio::spawn(writer.run(jobs));
        Queue(queue)
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = VecDeque::new();
        let (mut wanted, mut patience) = (1, Duration::ZERO);
        while gather(&mut jobs, &mut waiting, wanted, patience).await {
            let started = Instant::now();
            let together = self.next(&mut waiting).await;
            // Whoever came together will come together again; a lone caller never waits for company.
            wanted = (together + jobs.len() + waiting.len()).min(BATCH) * 3 / 4;
            patience = started.elapsed().min(PATIENCE);
        }
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// Does the first job, and with an append whatever can share its transaction; how many it were.
    async fn next(&mut self, waiting: &mut VecDeque<Job>) -> usize {
        match waiting.pop_front() {
            Some(Job::Append(first)) => {
                let batch = batch(*first, waiting);
                let together = batch.len();
                self.commit(batch).await;
                together
            }
            Some(Job::Note(entry, answer)) => {
                let _ = answer.send(self.note(&entry).await);
                1
            }
            Some(Job::Tend(tend, answer)) => {
                // A caller that went away doesn't hear it; it is done all the same.
                let _ = answer.send(self.tend(&tend).await);
                1
            }
            None => 0,
        }
    }

    /// The connection, or a new one.
    pub(super) async fn take_session(&mut self) -> Result<Session, Broken> {
        match self.session.take() {
            Some(session) => Ok(session),
            None => {
                let connection = self.server.connect().await.map_err(Broken::disconnected)?;
                Ok(Session::new(connection, self.server.options.statement_timeout))
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Has a checkpoint that is durable shown to the witness, while the next records are written.
    pub(super) fn show(&self, checkpoint: Option<SignedCheckpoint>) {
        if let (Some(showing), Some(checkpoint)) = (&self.showing, checkpoint) {
            showing.put(checkpoint);
        }
    }
}

/// Takes in what there is, as soon as there is something; if more callers are about to come, gives them `patience` to be
/// `wanted` together. `false` once nobody can come any more and all is done.
async fn gather(
    jobs: &mut mpsc::Receiver<Job>,
    waiting: &mut VecDeque<Job>,
    wanted: usize,
    patience: Duration,
) -> bool {
    if waiting.is_empty() {
        match jobs.recv().await {
            Some(job) => waiting.push_back(job),
            None => return false,
        }
    }
    let deadline = Instant::now() + patience;
    while waiting.len() < QUEUE {
        match jobs.try_recv() {
            Ok(job) => waiting.push_back(job),
            Err(_) if waiting.len() >= wanted => break,
            Err(_) => match tokio::time::timeout_at(deadline, jobs.recv()).await {
                Ok(Some(job)) => waiting.push_back(job),
                _ => break,
            },
        }
    }
    true
}

/// `first` and what can share its transaction: appends that wait, at most one per incident, in the order in which they came.
fn batch(first: Append, waiting: &mut VecDeque<Job>) -> Vec<Append> {
    let mut incidents = BTreeSet::from([first.lease.incident.clone()]);
    let mut bytes = first.record.json.len();
    let mut batch = vec![first];
    let mut later = VecDeque::new();
    while let Some(job) = waiting.pop_front() {
        match job {
            Job::Append(append)
                if batch.len() < BATCH && bytes < BATCH_BYTES && incidents.insert(append.lease.incident.clone()) =>
            {
                bytes += append.record.json.len();
                batch.push(*append);
            }
            other => later.push_back(other),
        }
    }
    *waiting = later;
    batch
}

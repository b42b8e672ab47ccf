//! The task that appends for the whole process: what waits while it commits goes into the next transaction.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use selfheal_core::audit::{SignedCheckpoint, Signer, Witness};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;
use selfheal_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::commit::Append;
use super::failure::Broken;
use super::log::End;
use super::server::Server;
use super::session::Session;
use super::tending::Tend;

/// How many callers may wait; those past it wait for room in the queue.
const QUEUE: usize = 1024;

/// Most records of one transaction.
const BATCH: usize = 256;

/// Bytes of records past which a transaction takes no more.
const BATCH_BYTES: usize = 8 << 20;

/// Something to be written.
#[derive(Debug)]
pub(super) enum Job {
    Append(Box<Append>),
    Tend(Tend, oneshot::Sender<Result<()>>),
}

/// Writes, one transaction after the other.
pub(super) struct Writer {
    pub(super) server: Server,
    pub(super) signer: Arc<dyn Signer>,
    witness: Option<Arc<dyn Witness>>,
    clock: SystemClock,
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
    pub(super) fn start(server: Server, signer: Arc<dyn Signer>, witness: Option<Arc<dyn Witness>>) -> Queue {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let clock = SystemClock::default();
        let writer = Self { server, signer, witness, clock, session: None, known: None, contended: false };
        tokio::spawn(writer.run(jobs));
        Queue(queue)
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match jobs.recv().await {
                    Some(job) => waiting.push_back(job),
                    None => break,
                }
                // Those who were just answered come back with their next record.
                tokio::task::yield_now().await;
            }
            while waiting.len() < QUEUE
                && let Ok(job) = jobs.try_recv()
            {
                waiting.push_back(job);
            }
            match waiting.pop_front() {
                Some(Job::Append(first)) => {
                    let batch = batch(*first, &mut waiting);
                    self.commit(batch).await;
                }
                Some(Job::Tend(tend, answer)) => drop(answer.send(self.tend(&tend).await)),
                None => {}
            }
        }
        if let Some(session) = self.session.take() {
            session.close().await;
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

    /// Shows a checkpoint that is durable to the witness. One that can't be reached sees the next.
    pub(super) async fn show(&self, checkpoint: Option<SignedCheckpoint>) {
        let (Some(witness), Some(checkpoint)) = (&self.witness, checkpoint) else { return };
        match witness.witness(&checkpoint).await {
            Ok(()) => failpoint::hit("postgres.checkpoint_witnessed"),
            Err(error) => tracing::warn!(%error, size = checkpoint.checkpoint().size, "a checkpoint was not witnessed"),
        }
    }
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

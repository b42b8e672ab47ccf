//! The book of one incident: where its events are made durable before the engine acts on them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::Orchestrator;
use crate::engine::{Event, Phase, ReplayError, SCHEMA_VERSION, State, replay, transition};
use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::ports::{Journal, Lease, Record};

/// The place in an incident's history, and the right to write there.
#[derive(Default)]
pub(super) struct Book {
    /// Boxed: a host without a journal should not pay for it with every incident.
    lease: Option<Box<Lease>>,
    sequence: u64,
    resumed: bool,
}

impl Book {
    /// Of an incident that is about to be opened.
    pub(super) fn opened(lease: Lease) -> Self {
        Self { lease: Some(Box::new(lease)), sequence: 0, resumed: false }
    }

    /// Of an incident that has `sequence` records.
    pub(super) fn resumed(lease: Lease, sequence: u64) -> Self {
        Self { lease: Some(Box::new(lease)), sequence, resumed: true }
    }

    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What is to be noted first when another worker goes on.
    pub(super) fn resumed_event(&self) -> Option<Event> {
        let lease = self.lease.as_ref().filter(|_| self.resumed)?;
        Some(Event::Resumed { epoch: lease.epoch, worker: Arc::clone(&lease.worker) })
    }
}

impl Orchestrator {
    /// The state after `event`, once the event is durable; only then may anybody act on it.
    pub(super) async fn happened(&self, book: &mut Book, event: Event, state: Option<State>) -> Result<State> {
        let at = self.ports.clock.now();
        let (Some(journal), Some(lease)) = (&self.ports.journal, &book.lease) else {
            book.sequence += 1;
            return transition(state, at, event).map(|(next, _)| next).map_err(defect);
        };
        let record = Record { schema: SCHEMA_VERSION, sequence: book.sequence, at, event };
        let (next, _) = transition(state, at, record.event.clone()).map_err(defect)?;
        failpoint::hit("journal.appending");
        let next = match journal.append(lease, &record, &next).await {
            Err(error) if error.kind() == ErrorKind::LimitReached && record.sequence > 0 => {
                Box::pin(too_large(journal.as_ref(), lease, &record, &error)).await?
            }
            appended => appended.map(|()| next)?,
        };
        failpoint::hit("journal.appended");
        book.sequence += 1;
        Ok(next)
    }

    /// Looks at the lease once more if much of its time has passed since `asked`: a worker that was paused after the intent
    /// was durable must not send what another may have sent meanwhile.
    pub(super) async fn still_holds(&self, book: &Book, asked: Duration) -> Result<()> {
        let (Some(journal), Some(lease)) = (&self.ports.journal, &book.lease) else { return Ok(()) };
        match self.ports.clock.elapsed().saturating_sub(asked) > lease.ttl / 3 {
            true => journal.renew(lease).await,
            false => Ok(()),
        }
    }

    /// Holds on to the incident while something takes long. Boxed when it is first polled: a visit that is over at once has no
    /// heartbeat, and incidents that wait for their ports reserve no room for one.
    pub(super) async fn heartbeat(&self, book: &Book) -> Infallible {
        match (self.ports.journal.as_deref(), book.lease.as_deref()) {
            (Some(journal), Some(lease)) => Box::pin(self.beat(journal, lease)).await,
            _ => std::future::pending().await,
        }
    }

    async fn beat(&self, journal: &dyn Journal, lease: &Lease) -> Infallible {
        loop {
            let clock = &self.ports.clock;
            clock.sleep_until(clock.now().after(lease.ttl / 3)).await;
            if let Err(error) = journal.renew(lease).await {
                tracing::warn!(%error, incident = %lease.incident, "the lease could not be renewed");
                if error.kind() == ErrorKind::Conflict {
                    // Fenced off. What is under way can't be called back; its outcome will not be accepted.
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Leaves an incident that waits to whoever picks it up; one that is closed was released with its last record.
    pub(super) async fn leave(&self, state: &State, book: &Book) {
        let (Some(journal), Some(lease)) = (&self.ports.journal, &book.lease) else { return };
        if matches!(state.phase, Phase::Closed { .. }) {
            return;
        }
        if let Err(error) = journal.release(lease).await {
            tracing::warn!(%error, incident = %lease.incident, "the lease could not be released; it will expire");
        }
    }
}

/// What a journal has no room for can't be acted upon. That it was too large is what happened in its place: the incident ends with a
/// person, and nobody picks it up to meet the same bound again.
async fn too_large(journal: &dyn Journal, lease: &Lease, record: &Record, error: &Error) -> Result<State> {
    tracing::warn!(%error, incident = %lease.incident, event = record.event.name(), "the journal has no room for this");
    let (former, _) = replay(journal.read(&lease.incident).await?).map_err(damaged)?;
    let said = Record { event: Event::Failed(error.summary()), ..record.clone() };
    let (next, _) = transition(former, record.at, said.event.clone()).map_err(defect)?;
    journal.append(lease, &said, &next).await?;
    Ok(next)
}

fn damaged(error: ReplayError) -> Error {
    Error::new(ErrorKind::Invalid, "journal.read", error.to_string())
}

fn defect(illegal: crate::engine::IllegalEvent) -> Error {
    Error::new(ErrorKind::Internal, "engine.transition", illegal.to_string())
}

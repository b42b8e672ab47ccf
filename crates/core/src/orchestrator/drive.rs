//! The driver: effect → port → event → journal → next state, until the incident is closed or waits for a person.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, SemaphorePermit};
use tracing::{Instrument, Span};

use super::book::Book;
use super::opening::Opening;
use super::report::{Report, Timings};
use super::{Cancellation, Orchestrator};
use crate::engine::{Consultation, Effect, Event, Phase, State, replay};
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::Evidence;
use crate::failpoint;
use crate::incident::{Incident, IncidentId, Signal};
use crate::ports::{Approval, Lease};
use crate::resource::ResourceRef;

/// When an incident that waits for its time is gone on with.
#[derive(Clone, Copy)]
enum Turn {
    WhenDue,
    Now,
}

/// An incident as its last worker left it.
struct Left {
    state: State,
    sequence: u64,
    /// What held it, if that was the last that was said.
    held: Option<Box<Event>>,
}

impl Orchestrator {
    /// Opens an incident for `signal` and works on it until it is closed or waits: for an approval, for its time to come, or
    /// for somebody to receive its escalation.
    ///
    /// # Errors
    /// If the incident can't be opened or an event can't be journaled. Everything else that goes wrong is an
    /// outcome in the [`Report`].
    pub async fn heal(&self, signal: Signal, cancel: &Cancellation) -> Result<Report> {
        let _turn = self.serial.turn(&signal.resource).await;
        let _place = self.bulkhead.acquire().await.map_err(|_| closed())?;
        let started = self.ports.clock.elapsed();
        let opening = self.open(signal).await?;
        let detect = self.ports.clock.elapsed().saturating_sub(started);
        let span = span(&opening.incident);
        self.open_and_drive(opening, detect, cancel).instrument(span).await
    }

    /// Goes on with the incident of `lease`, which a worker of any process may have left at any point. The lease is the
    /// [`claim`](Self::claim)'s or one that a journal picked up for it.
    ///
    /// # Errors
    /// As [`Orchestrator::heal`]; [`ErrorKind::NotFound`] if the journal has nothing of the incident,
    /// [`ErrorKind::Invalid`] if what it has can't be replayed, and [`ErrorKind::Conflict`] once another worker took over.
    pub async fn resume(&self, lease: Lease, cancel: &Cancellation) -> Result<Report> {
        self.resume_at(Turn::WhenDue, lease, cancel).await
    }

    /// As [`resume`](Self::resume), because a person asked for it: an escalation that nobody received is told again now,
    /// not when its time comes.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub async fn resume_now(&self, lease: Lease, cancel: &Cancellation) -> Result<Report> {
        self.resume_at(Turn::Now, lease, cancel).await
    }

    async fn resume_at(&self, turn: Turn, lease: Lease, cancel: &Cancellation) -> Result<Report> {
        let id = lease.incident.clone();
        let Left { state, sequence, held } = self.replayed(&id).await?;
        let span = span(&state.incident);
        let mut book = Book::resumed(lease, sequence);
        let _its_turn = self.its_turn(&state.incident.resource, &book).await?;
        if let Some(held) = held
            && Box::pin(self.is_held_as_before(&state, &held)).await
        {
            self.leave(&state, &book).await;
            return Ok(Report { state, timings: Timings::default() });
        }
        self.take_over(state, turn, &mut book, cancel).instrument(span).await
    }

    /// The resource's turn and a place among the incidents that are worked on. An incident that waits for them is held on to.
    async fn its_turn(
        &self,
        resource: &ResourceRef,
        book: &Book,
    ) -> Result<(OwnedMutexGuard<()>, SemaphorePermit<'_>)> {
        let waits = async {
            let turn = self.serial.turn(resource).await;
            Ok((turn, self.bulkhead.acquire().await.map_err(|_| closed())?))
        };
        tokio::select! {
            biased;
            turn = waits => turn,
            never = self.heartbeat(book) => match never {},
        }
    }

    async fn replayed(&self, id: &IncidentId) -> Result<Left> {
        let Some(journal) = &self.ports.journal else {
            return Err(Error::new(ErrorKind::Unsupported, "orchestrator.resume", "no journal is configured"));
        };
        let history = journal.read(id).await?;
        let last = history.records.last().map(|record| &record.event);
        let held = last.filter(|event| matches!(event, Event::Held { .. })).cloned().map(Box::new);
        let (state, sequence) = replay(history).map_err(|error| {
            Error::new(ErrorKind::Invalid, "orchestrator.resume", error.to_string())
                .with_context("incident", id.as_str())
        })?;
        let unknown = || {
            Error::new(ErrorKind::NotFound, "orchestrator.resume", "the journal has no such incident")
                .with_context("incident", id.as_str())
        };
        Ok(Left { state: state.ok_or_else(unknown)?, sequence, held })
    }

    async fn take_over(&self, state: State, turn: Turn, book: &mut Book, cancel: &Cancellation) -> Result<Report> {
        let told_now = matches!(turn, Turn::Now) && state.phase.is_undelivered();
        // Whoever takes it up before its time was woken, or asked: what held it may be gone.
        let looks_again = told_now || state.is_held();
        let answer = match told_now {
            true => None,
            false => self.answer_of_who_was_asked(&state).await,
        };
        let still_asked = answer == Some(Event::Answered(Approval::Pending));
        if !looks_again && (self.is_parked(&state) || still_asked) {
            self.leave(&state, book).await;
            return Ok(Report { state, timings: Timings::default() });
        }
        let resumed = book.resumed_event();
        let state = match resumed {
            Some(event) if !matches!(state.phase, Phase::Closed { .. }) => {
                self.happened(book, event, Some(state)).await?
            }
            _ => state,
        };
        let state = match answer.or(looks_again.then_some(Event::Waited)) {
            Some(event) => self.happened(book, event, Some(state)).await?,
            None => state,
        };
        self.drive(state, book, Timings::default(), cancel).await
    }

    /// Whether somebody who looks before its time finds what held it as it was. That is no event, as with an answer that is still
    /// to come.
    async fn is_held_as_before(&self, state: &State, held: &Event) -> bool {
        let Phase::BackingOff { until, then } = &state.phase else { return false };
        let Some(effect) = then.effect().filter(|_| *until > self.ports.clock.now()) else { return false };
        self.objection(state, effect).await.as_ref() == Some(held)
    }

    /// What the person who was asked says now, if one was. That somebody still thinks it over is no event: an incident that is
    /// looked at every minute would otherwise fill its journal.
    async fn answer_of_who_was_asked(&self, state: &State) -> Option<Event> {
        let Phase::AwaitingApproval { deadline } = state.phase else { return None };
        let in_time = self.ports.clock.now() <= deadline;
        if !state.intended || !in_time {
            return None;
        }
        match self.perform(state, Effect::AskApproval, &mut Vec::new()).await {
            // Who can't be reached at the moment may answer later; only the deadline ends it.
            Event::Failed(_) => Some(Event::Answered(Approval::Pending)),
            event => Some(event),
        }
    }

    async fn open_and_drive(&self, opening: Opening, detect: Duration, cancel: &Cancellation) -> Result<Report> {
        let (state, mut book) = self.opened(opening).await?;
        self.drive(state, &mut book, Timings { detect, ..Timings::default() }, cancel).await
    }

    pub(super) async fn opened(&self, opening: Opening) -> Result<(State, Book)> {
        let Opening { incident, allowed } = opening;
        let mut book = match &self.ports.journal {
            Some(_) => Book::opened(Lease::first(incident.id.clone(), &self.claim())),
            None => Book::default(),
        };
        let (seed, limits) = (self.ports.entropy.next_u64(), Arc::clone(&self.limits));
        let opened = Event::Opened { incident, seed, limits, allowed };
        let state = self.happened(&mut book, opened, None).await?;
        Box::pin(self.note_opened(&state.incident)).await;
        Ok((state, book))
    }

    #[allow(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice (rust-lang/rust#62958)")]
    fn drive(
        &self,
        mut state: State,
        book: &mut Book,
        mut timings: Timings,
        cancel: &Cancellation,
    ) -> impl Future<Output = Result<Report>> {
        async move {
            while let Some(effect) = state.effect() {
                if self.is_parked(&state) {
                    break;
                }
                if cancel.is_cancelled() && state.may_be_cancelled() {
                    state = self.happened(book, Event::Cancelled, Some(state)).await?;
                    continue;
                }
                // A rollback that may not go on now goes on when it may; who is asked to stop doesn't wait for that.
                if cancel.is_cancelled() && state.is_held() && self.ports.journal.is_some() {
                    break;
                }
                if let Some(progress) = &self.ports.progress {
                    progress.entering(&state.incident.id, &state.phase);
                }
                if effect.is_outward() && !state.intended {
                    // Boxed: mostly nothing stands in the way, and every incident would reserve room for it throughout.
                    if let Some(objection) = Box::pin(self.objection(&state, effect)).await {
                        state = self.happened(book, objection, Some(state)).await?;
                        continue;
                    }
                    let asked = self.ports.clock.elapsed();
                    state = self.happened(book, Event::Intended, Some(state)).await?;
                    self.still_holds(book, asked).await?;
                }
                let started = self.ports.clock.elapsed();
                let mut consulted = Vec::new();
                let event = self.visit(&state, effect, &mut consulted, book, cancel).await;
                if !consulted.is_empty() {
                    // What it took is recorded whatever its answer is worth.
                    let phase = state.phase.clone();
                    state = self.happened(book, Event::Consulted(consulted.into()), Some(state)).await?;
                    if state.phase != phase {
                        // It could not be recorded, and neither is what came of it.
                        continue;
                    }
                }
                failpoint::hit("orchestrator.visited");
                timings.add(effect, self.ports.clock.elapsed().saturating_sub(started));
                let asked = matches!(event, Event::Answered(Approval::Pending));
                state = self.happened(book, event, Some(state)).await?;
                if asked && matches!(state.phase, Phase::AwaitingApproval { .. }) {
                    break;
                }
            }
            self.leave(&state, book).await;
            self.settle(&state).await;
            Box::pin(self.note_ended(&state)).await;
            if let Some(models) = self.agents.models.as_ref().filter(|_| self.is_the_last()) {
                Box::pin(models.settle()).await;
            }
            Ok(Report { state, timings })
        }
    }

    /// Whether the incident waits for so long that no worker stays with it.
    fn is_parked(&self, state: &State) -> bool {
        let Phase::BackingOff { until, .. } = state.phase else { return false };
        let long = until.since(self.ports.clock.now()) > self.limits.park_after && self.ports.journal.is_some();
        // The round that failed is over, whoever drives it.
        long || state.phase.is_undelivered() && until > self.ports.clock.now()
    }

    // An effect that is under way is never dropped; whoever performs it hears the cancellation itself.
    async fn visit(
        &self,
        state: &State,
        effect: Effect,
        asked: &mut Vec<Consultation>,
        book: &Book,
        cancel: &Cancellation,
    ) -> Event {
        let visit = pin!(self.perform(state, effect, asked).instrument(step_span(state, book.sequence())));
        let uninterrupted = effect.is_outward() || !state.may_be_cancelled();
        tokio::select! {
            biased;
            event = visit => event,
            () = cancel.cancelled(), if !uninterrupted => Event::Cancelled,
            // Last: an answer that is there costs no timer.
            never = self.heartbeat(book) => match never {},
        }
    }

    // Undo material may go once nothing will be undone any more; a failure to tidy up changes no outcome.
    async fn settle(&self, state: &State) {
        if !matches!(state.phase, Phase::Closed { .. }) {
            return;
        }
        for executor in &self.ports.executors {
            if let Err(error) = executor.settle(&state.incident.id).await {
                tracing::warn!(%error, "could not tidy up after the incident");
            }
        }
    }

    /// Whether no other incident is under way here.
    fn is_the_last(&self) -> bool {
        self.bulkhead.available_permits() + 1 >= self.limits.concurrent_incidents
    }

    pub(super) async fn wait_until(&self, until: crate::time::Timestamp) {
        if until.since(self.ports.clock.now()) > Duration::ZERO {
            self.ports.clock.sleep_until(until).await;
        }
    }
}

/// One span per incident; its id is what ties all that is said of it together.
fn span(incident: &Incident) -> Span {
    tracing::info_span!("incident", incident = %incident.id, resource = %incident.resource)
}

/// One span per step.
fn step_span(state: &State, sequence: u64) -> Span {
    tracing::info_span!("visit", incident = %state.incident.id, phase = state.phase.name(), sequence)
}

fn closed() -> Error {
    Error::new(ErrorKind::Cancelled, "orchestrator.heal", "the orchestrator is shut down")
}

/// The latest pieces that fit into `bytes`, at least one.
pub(super) fn within(evidence: Vec<Evidence>, bytes: usize) -> Vec<Evidence> {
    let mut room = bytes;
    let mut kept: Vec<Evidence> = Vec::new();
    for piece in evidence.into_iter().rev() {
        let size = piece.text().read().len();
        if size > room && !kept.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        kept.push(piece);
    }
    kept.reverse();
    kept
}

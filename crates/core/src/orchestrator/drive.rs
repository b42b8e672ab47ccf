//! The driver: effect → port → event → journal → next state, until the incident is closed or waits for a person.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;

use super::report::{Report, Timings};
use super::{Cancellation, Orchestrator};
use crate::engine::{Effect, Event, Phase, SCHEMA_VERSION, State, transition};
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::{Evidence, EvidenceId};
use crate::facts::Facts;
use crate::incident::{Fingerprint, Incident, IncidentId, Signal};
use crate::ports::{Approval, Record};

/// Lines that are read from a log source: what the Classifier looks at.
const LOG_TAIL_LINES: usize = 500;

impl Orchestrator {
    /// Opens an incident for `signal` and works on it until it is closed or waits for an approval.
    ///
    /// # Errors
    /// If the incident can't be opened or an event can't be journaled. Everything else that goes wrong is an
    /// outcome in the [`Report`].
    pub async fn heal(&self, signal: Signal, cancel: &Cancellation) -> Result<Report> {
        let _turn = self.serial.turn(&signal.resource).await;
        let _place = self.bulkhead.acquire().await.map_err(|_| closed())?;
        let started = self.ports.clock.elapsed();
        let incident = self.open(signal).await?;
        let detect = self.ports.clock.elapsed().saturating_sub(started);
        let span = tracing::info_span!("incident", id = %incident.id, resource = %incident.resource);
        self.open_and_drive(incident, detect, cancel).instrument(span).await
    }

    /// Goes on with an incident from `state`, which another process may have left at any point.
    ///
    /// `sequence` is the number of records that its journal holds.
    ///
    /// # Errors
    /// As [`Orchestrator::heal`].
    pub async fn resume(&self, state: State, mut sequence: u64, cancel: &Cancellation) -> Result<Report> {
        let _turn = self.serial.turn(&state.incident.resource).await;
        let _place = self.bulkhead.acquire().await.map_err(|_| closed())?;
        let id = state.incident.id.clone();
        let state = match state.intended {
            true => self.act(&id, self.journal(&id, &mut sequence, Event::Resumed).await?, Some(state))?,
            false => state,
        };
        self.drive(state, sequence, Timings::default(), cancel).await
    }

    async fn open(&self, signal: Signal) -> Result<Arc<Incident>> {
        let mut facts = Facts::new();
        for context in &self.ports.context {
            facts = facts.updated(&context.facts(&signal.resource).await?);
        }
        let facts = facts.updated(&signal.facts);
        let mut evidence = signal.evidence;
        if let (true, Some(log)) = (evidence.is_empty(), &self.ports.log_source) {
            evidence = log.tail(&signal.resource, LOG_TAIL_LINES).await?;
        }
        let evidence = numbered(within(evidence, self.limits.evidence_bytes));
        Ok(Arc::new(Incident {
            id: IncidentId::from_random(self.ports.entropy.next_u64()),
            fingerprint: Fingerprint::of(&signal.resource, &facts, &evidence),
            resource: signal.resource,
            environment: signal.environment,
            severity: signal.severity,
            facts,
            evidence,
            opened_at: self.ports.clock.now(),
        }))
    }

    async fn open_and_drive(&self, incident: Arc<Incident>, detect: Duration, cancel: &Cancellation) -> Result<Report> {
        let mut sequence = 0;
        let opened = Event::Opened { incident: Arc::clone(&incident), seed: self.ports.entropy.next_u64() };
        let state = self.act(&incident.id, self.journal(&incident.id, &mut sequence, opened).await?, None)?;
        self.drive(state, sequence, Timings { detect, ..Timings::default() }, cancel).await
    }

    #[allow(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice (rust-lang/rust#62958)")]
    fn drive(
        &self,
        mut state: State,
        mut sequence: u64,
        mut timings: Timings,
        cancel: &Cancellation,
    ) -> impl Future<Output = Result<Report>> {
        async move {
            let id = state.incident.id.clone();
            while let Some(effect) = state.effect() {
                if cancel.is_cancelled() && !state.phase.is_ending() {
                    state = self.act(&id, self.journal(&id, &mut sequence, Event::Cancelled).await?, Some(state))?;
                    continue;
                }
                if let Some(progress) = &self.ports.progress {
                    progress.entering(&id, &state.phase);
                }
                if effect.is_outward() && !state.intended {
                    state = self.act(&id, self.journal(&id, &mut sequence, Event::Intended).await?, Some(state))?;
                }
                let started = self.ports.clock.elapsed();
                let event = self.visit(&state, effect, cancel).await;
                timings.add(effect, self.ports.clock.elapsed().saturating_sub(started));
                let waits = matches!(event, Event::Answered(Approval::Pending));
                state = self.act(&id, self.journal(&id, &mut sequence, event).await?, Some(state))?;
                if waits && matches!(state.phase, Phase::AwaitingApproval { .. }) {
                    break;
                }
            }
            self.settle(&state).await;
            Ok(Report { state, timings })
        }
    }

    // An effect that is under way is never dropped; whoever performs it hears the cancellation itself.
    async fn visit(&self, state: &State, effect: Effect, cancel: &Cancellation) -> Event {
        let visit = self.perform(state, effect);
        if effect.is_outward() || state.phase.is_ending() {
            return visit.await;
        }
        tokio::select! {
            biased;
            event = visit => event,
            () = cancel.cancelled() => Event::Cancelled,
        }
    }

    /// Makes the event durable; only then may the engine act on it.
    async fn journal(&self, id: &IncidentId, sequence: &mut u64, event: Event) -> Result<Record> {
        let record = Record { schema: SCHEMA_VERSION, sequence: *sequence, at: self.ports.clock.now(), event };
        if let Some(journal) = &self.ports.journal {
            journal.append(id, &record).await?;
        }
        *sequence += 1;
        Ok(record)
    }

    fn act(&self, id: &IncidentId, record: Record, state: Option<State>) -> Result<State> {
        let next = transition(state, record.at, record.event, &self.limits);
        next.map(|(state, _effect)| state).map_err(|illegal| {
            Error::new(ErrorKind::Internal, "engine.transition", illegal.to_string())
                .with_context("incident", id.as_str())
        })
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

    pub(super) async fn wait_until(&self, until: crate::time::Timestamp) {
        if until.since(self.ports.clock.now()) > Duration::ZERO {
            self.ports.clock.sleep_until(until).await;
        }
    }
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

fn numbered(evidence: Vec<Evidence>) -> Vec<Evidence> {
    let pieces = evidence.into_iter().zip(1..);
    let mut numbered: Vec<_> = pieces.map(|(piece, number)| piece.renumbered(EvidenceId(number))).collect();
    // It stays as long as the incident, and collecting in place keeps the room that the source had.
    numbered.shrink_to_fit();
    numbered
}

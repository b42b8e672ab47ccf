//! What past outcomes say about a plan: the records and the fitted head, read from memory now and then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::confidence::{Counted, Features, HalfLife, Head, Outcome, Record};
use crate::diagnosis::Source;
use crate::ports::{MemoryStore, PastOutcome, RehearsalEvidence};
use crate::time::Timestamp;

/// Most outcomes that are read; the latest.
const MOST_OUTCOMES: usize = 2_000;

/// Most outcomes that the head is fitted on, the latest: more would take longer than a small heal.
const MOST_FITTED: usize = 200;

/// With fewer, what the trade knows is worth more.
const LEAST_FITTED: usize = 20;

/// Most outcomes that are kept of one kind of fix, or of one source; the latest.
const MOST_OF_ONE: usize = 256;

/// How old what was read may be: other workers learn too.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Shared by all incidents of an orchestrator. What it learns itself it knows at once.
#[derive(Default)]
pub(super) struct Experience {
    known: Mutex<Known>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// When memory was asked last, whether it answered or not.
    read_at: Option<Timestamp>,
    head: Option<Arc<Head>>,
    by_kinds: BTreeMap<String, Past>,
    by_source: BTreeMap<Source, Past>,
}

type Past = VecDeque<Counted>;

/// What is known of one plan's like.
pub(super) struct Precedents {
    pub(super) head: Arc<Head>,
    pub(super) of_kinds: Record,
    pub(super) of_source: Record,
    /// Undecayed.
    pub(super) kind_outcomes: u32,
    /// Undecayed.
    pub(super) source_heals: u32,
}

impl Experience {
    /// Reads memory if what is known is old; one incident for all. Those that come meanwhile go on with what is known, and wait
    /// only where nothing was read yet. A memory that fails leaves what was known, and is not asked again at once: with nothing
    /// known a plan is not trusted.
    pub(super) async fn refresh(&self, memory: Option<&dyn MemoryStore>, now: Timestamp) {
        let Some(memory) = memory.filter(|_| self.known().is_old(now)) else { return };
        let Some(_turn) = self.turn().await else { return };
        if !self.known().is_old(now) {
            return;
        }
        match memory.past(MOST_OUTCOMES).await {
            // Fitted before it is locked: others look meanwhile.
            Ok(past) => {
                let known = Known::of(past, now);
                *self.known() = known;
            }
            Err(error) => {
                self.known().read_at = Some(now);
                tracing::warn!(%error, "could not read how plans did in the past");
            }
        }
    }

    /// The turn to read; `None` if somebody else has it and something is known already.
    async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let is_first = self.known().read_at.is_none();
        if is_first { Some(self.reading.lock().await) } else { self.reading.try_lock().ok() }
    }

    /// What is known of plans of these kinds and from this source.
    pub(super) fn precedents(&self, kinds: &str, source: &Source, now: Timestamp) -> Precedents {
        let mut known = self.known();
        let head = Arc::clone(known.head.get_or_insert_with(|| Arc::new(Head::prior())));
        let record = |past: Option<&Past>| {
            past.map_or(Record::NONE, |past| Record::of(past.iter().copied(), now, HalfLife::default()))
        };
        let of_kinds = known.by_kinds.get(kinds);
        let kind_outcomes = of_kinds.map_or(0, |past| u32::try_from(past.len()).unwrap_or(u32::MAX));
        let of_source = known.by_source.get(source);
        let heals = of_source.map_or(0, |past| past.iter().filter(|outcome| outcome.healed).count());
        let source_heals = u32::try_from(heals).unwrap_or(u32::MAX);
        Precedents { head, of_kinds: record(of_kinds), of_source: record(of_source), kind_outcomes, source_heals }
    }

    /// Adds what was just learnt.
    pub(super) fn learnt(&self, outcomes: impl IntoIterator<Item = PastOutcome>) {
        let mut known = self.known();
        outcomes.into_iter().for_each(|outcome| known.count(&outcome));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn of(mut past: Vec<PastOutcome>, now: Timestamp) -> Self {
        past.reverse();
        let mut known = Self { read_at: Some(now), head: Some(Arc::new(head(&past))), ..Self::default() };
        past.iter().for_each(|outcome| known.count(outcome));
        known
    }

    fn is_old(&self, now: Timestamp) -> bool {
        self.read_at.is_none_or(|read| now.since(read) >= READ_AGAIN_AFTER)
    }

    /// Counts a plan that was applied.
    fn count(&mut self, outcome: &PastOutcome) {
        if outcome.features.is_none() {
            return;
        }
        push(self.by_kinds.entry(outcome.kinds.clone()).or_default(), outcome);
        push(self.by_source.entry(outcome.source.clone()).or_default(), outcome);
    }
}

fn head(past: &[PastOutcome]) -> Head {
    let mut outcomes: Vec<Outcome> = past.iter().filter_map(assessed).collect();
    outcomes.drain(..outcomes.len().saturating_sub(MOST_FITTED));
    if outcomes.len() < LEAST_FITTED { Head::prior() } else { Head::fit(&outcomes) }
}

fn push(past: &mut Past, outcome: &PastOutcome) {
    if past.len() == MOST_OF_ONE {
        past.pop_front();
    }
    let verified = |features: &Features| features.rehearsal == RehearsalEvidence::Verified;
    let rehearsed = outcome.features.as_deref().is_some_and(verified);
    past.push_back(Counted { healed: outcome.healed, rehearsed, at: outcome.at });
}

fn assessed(outcome: &PastOutcome) -> Option<Outcome> {
    let features = outcome.features.as_deref()?.clone();
    Some(Outcome { features, healed: outcome.healed, at: outcome.at })
}

#[cfg(test)]
mod tests;

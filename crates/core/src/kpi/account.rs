//! What one incident came to, without its history.

use std::ops::Index;

use serde::Serialize;

use super::quote::Quote;
use super::split::{Part, Split, Stopwatch};
use crate::category::FailureCategory;
use crate::diagnosis::Source;
use crate::engine::{Outcome, Phase, ReplayError, State, TriedResult, each_state};
use crate::ports::{History, Record};
use crate::time::Timestamp;

/// How an incident ended, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Mended, and observed to be.
    Healed,
    /// The same input passed when run again.
    PassedOnRerun,
    /// A rehearsed plan was left to a person.
    Proposed,
    /// A person was told.
    Escalated,
    /// The host stopped it.
    Interrupted,
    /// A dry run, whatever it came to: it was never to heal anything.
    DryRun,
    /// It has not ended.
    Open,
}

impl Ending {
    /// All endings, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Healed,
        Self::PassedOnRerun,
        Self::Proposed,
        Self::Escalated,
        Self::Interrupted,
        Self::DryRun,
        Self::Open,
    ];

    /// The ending of an incident in `state`.
    #[must_use]
    pub fn of(state: &State) -> Self {
        match &state.phase {
            Phase::Closed { .. } if state.limits.dry_run => Self::DryRun,
            Phase::Closed { outcome } => Self::of_outcome(outcome),
            _ => Self::Open,
        }
    }

    /// The ending that `outcome` is.
    #[must_use]
    pub fn of_outcome(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Healed => Self::Healed,
            Outcome::PassedOnRerun => Self::PassedOnRerun,
            Outcome::Proposed => Self::Proposed,
            Outcome::Planned => Self::DryRun,
            Outcome::Escalated { .. } => Self::Escalated,
            Outcome::Interrupted => Self::Interrupted,
        }
    }

    /// The name, such as `healed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Healed => "healed",
            Self::PassedOnRerun => "passed_on_rerun",
            Self::Proposed => "proposed",
            Self::Escalated => "escalated",
            Self::Interrupted => "interrupted",
            Self::DryRun => "dry_run",
            Self::Open => "open",
        }
    }
}

/// How many incidents ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Endings([u64; Ending::ALL.len()]);

impl Endings {
    /// Counts one.
    pub fn add(&mut self, ending: Ending) {
        self.0[ending as usize] += 1;
    }

    /// Counts all of `other` too.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// All incidents.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that ended and were to be healed: what rates are of.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.all() - self[Ending::Open] - self[Ending::DryRun]
    }

    /// Each ending with its count, in order.
    pub fn counts(&self) -> impl Iterator<Item = (Ending, u64)> {
        Ending::ALL.into_iter().zip(self.0)
    }
}

impl Index<Ending> for Endings {
    type Output = u64;

    fn index(&self, ending: Ending) -> &u64 {
        &self.0[ending as usize]
    }
}

impl Serialize for Endings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.counts().map(|(ending, count)| (ending.name(), count)))
    }
}

/// What a snapshot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// How many records are gone.
    pub records: u64,
    /// When the last of them was appended.
    pub at: Timestamp,
}

/// What one incident came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Where it stands, with all that was tried.
    pub state: State,
    /// What is gone of its history.
    pub compacted: Option<Compacted>,
    /// Where the time went, until the last record.
    pub split: Split,
    /// When its last record was appended.
    pub updated_at: Timestamp,
    /// How many records led here, compacted ones included.
    pub records: u64,
}

impl Account {
    /// Of the incident whose `history` this is; `None` if it is empty.
    ///
    /// # Errors
    /// [`ReplayError`] if the records are not one incident's whole history.
    pub fn of(history: History) -> Result<Option<Self>, ReplayError> {
        Self::told(history, |_| {})
    }

    /// The same, and tells `listener` each step on the way.
    pub(super) fn told(history: History, mut listener: impl FnMut(Told<'_>)) -> Result<Option<Self>, ReplayError> {
        let compacted =
            history.snapshot.as_ref().map(|snapshot| Compacted { records: snapshot.records, at: snapshot.at });
        let mut walk = Walk { watch: None, before: None, updated_at: Timestamp::default() };
        let records = each_state(history, |record, after| match record {
            Some(record) => listener(walk.step(record, after)),
            None => walk.begin_compacted(after, compacted.map_or(Timestamp::default(), |compacted| compacted.at)),
        })?;
        let account = |(state, watch): (State, Stopwatch)| Self {
            state,
            compacted,
            split: watch.split,
            updated_at: walk.updated_at,
            records,
        };
        Ok(walk.before.zip(walk.watch).map(account))
    }

    /// How it ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending::of(&self.state)
    }

    /// What was wrong; `unknown` if nothing known explains it, or nobody looked yet.
    #[must_use]
    pub fn category(&self) -> FailureCategory {
        self.state.diagnosis().map_or(FailureCategory::UNKNOWN, |diagnosis| diagnosis.category.clone())
    }

    /// The lines that its (first) diagnosis rests on; where it rests on none, those that best tell what failed.
    #[must_use]
    pub fn quotes(&self) -> Vec<Quote> {
        let state = &self.state;
        // What memory knows was cited from another incident's lines.
        let own =
            state.diagnosis().filter(|diagnosis| diagnosis.source != Source::Memory && diagnosis.best().is_some());
        let cited = own.map(|diagnosis| Quote::cited(diagnosis, state)).unwrap_or_default();
        if cited.is_empty() { Quote::failing(&state.incident.evidence) } else { cited }
    }

    /// Whether a plan of it was applied, whatever came of it.
    #[must_use]
    pub fn was_applied(&self) -> bool {
        let applied = [TriedResult::Applied, TriedResult::RolledBack, TriedResult::Stuck];
        let now = self.state.proposal.as_ref().is_some_and(|proposal| proposal.applied > 0);
        now || self.state.tried.iter().any(|tried| applied.contains(&tried.result))
    }

    /// Whether a plan of it ended so.
    #[must_use]
    pub fn has(&self, result: TriedResult) -> bool {
        self.state.tried.iter().any(|tried| tried.result == result)
    }
}

/// One record on the way, with the states around it.
pub(super) struct Told<'a> {
    pub(super) record: &'a Record,
    pub(super) before: Option<State>,
    pub(super) after: &'a State,
    pub(super) part: Part,
    pub(super) took: std::time::Duration,
}

struct Walk {
    watch: Option<Stopwatch>,
    before: Option<State>,
    updated_at: Timestamp,
}

impl Walk {
    fn step<'a>(&mut self, record: &'a Record, after: &'a State) -> Told<'a> {
        let before = self.before.replace(after.clone());
        let part = before.as_ref().map_or(Part::Detect, |before| Part::of(&before.phase, &record.event));
        let watch = self.watch.get_or_insert_with(|| Stopwatch::started(after.incident.observed_at));
        let took = watch.lap(record.at, part);
        self.updated_at = record.at;
        Told { record, before, after, part, took }
    }

    fn begin_compacted(&mut self, state: &State, at: Timestamp) {
        let incident = &state.incident;
        let mut watch = Stopwatch::started(incident.observed_at);
        watch.lap(incident.opened_at, Part::Detect);
        watch.lap(at, Part::Compacted);
        (self.watch, self.before, self.updated_at) = (Some(watch), Some(state.clone()), at);
    }
}

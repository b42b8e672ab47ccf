//! Replay: the state that a journal leads to.

use super::event::Event;
use super::state::{SCHEMA_VERSION, State};
use super::transition::{IllegalEvent, transition};
use crate::ports::{History, Record};

/// Why a journal can't be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A record or snapshot of a newer version; an older program must not guess what it means.
    #[error("record {sequence} is of schema {found}, this program knows up to {SCHEMA_VERSION}")]
    Newer {
        /// Its place.
        sequence: u64,
        /// Its version.
        found: u16,
    },
    /// A record is missing or stands twice.
    #[error("expected record {expected}, found {found}")]
    Gap {
        /// The next place.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// An event that can't have happened there.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
}

/// The state that `history` leads to, and how many records it stands for; `None` for an empty one.
///
/// The bounds are those that the incident was opened with, whatever the program's own are now.
/// To go on with it: [`Orchestrator::resume`](crate::orchestrator::Orchestrator::resume).
///
/// # Errors
/// [`ReplayError`] if the records are not one incident's whole history.
pub fn replay(history: History) -> Result<(Option<State>, u64), ReplayError> {
    let mut last = None;
    let next = each_state(history, |_, state| last = Some(state.clone()))?;
    Ok((last, next))
}

/// Calls `seen` with every record and the state it led to, and returns the number of records that the history stands for. A
/// snapshot is where it begins, and has no record to be shown.
///
/// # Errors
/// As [`replay`]; what was seen before stays seen.
pub fn each_state(history: History, mut seen: impl FnMut(Option<&Record>, &State)) -> Result<u64, ReplayError> {
    let (mut state, mut next) = (None, 0);
    if let Some(snapshot) = history.snapshot {
        known(snapshot.state.schema, snapshot.records)?;
        let from = snapshot.state.confined();
        seen(None, &from);
        (state, next) = (Some(from), snapshot.records);
    }
    for record in history.records {
        known(record.schema, record.sequence)?;
        if record.sequence != next {
            return Err(ReplayError::Gap { expected: next, found: record.sequence });
        }
        let event: Event = record.event.clone();
        let (after, _) = transition(state, record.at, event)?;
        seen(Some(&record), &after);
        state = Some(after);
        next += 1;
    }
    Ok(next)
}

fn known(schema: u16, sequence: u64) -> Result<(), ReplayError> {
    if schema > SCHEMA_VERSION { Err(ReplayError::Newer { sequence, found: schema }) } else { Ok(()) }
}

//! Replay: the state that a journal leads to.

use super::state::{SCHEMA_VERSION, State};
use super::transition::{IllegalEvent, transition};
use crate::limits::Limits;
use crate::ports::Record;

/// Why a journal can't be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A record of a newer version; an older program must not guess what it means.
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

/// The state after `records`, and how many they are; `None` for an empty journal.
///
/// To go on with it: [`Orchestrator::resume`](crate::orchestrator::Orchestrator::resume).
///
/// # Errors
/// [`ReplayError`] if the records are not one incident's whole history under these limits.
pub fn replay(records: impl IntoIterator<Item = Record>, limits: &Limits) -> Result<(Option<State>, u64), ReplayError> {
    let mut state = None;
    let mut next = 0;
    for record in records {
        if record.schema > SCHEMA_VERSION {
            return Err(ReplayError::Newer { sequence: record.sequence, found: record.schema });
        }
        if record.sequence != next {
            return Err(ReplayError::Gap { expected: next, found: record.sequence });
        }
        state = Some(transition(state, record.at, record.event, limits)?.0);
        next += 1;
    }
    Ok((state, next))
}

//! Journal: what happened, in order, before it is acted upon.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::engine::Event;
use crate::error::Result;
use crate::incident::IncidentId;
use crate::time::Timestamp;

/// One event at its place in the incident's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this shape and of the event's.
    pub schema: u16,
    /// 0-based place.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// Keeps the events of each incident.
///
/// # To be correct
/// 1. `append` stores the record only if `record.sequence` is the next of this incident; otherwise
///    [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) and nothing is stored.
/// 2. When it returns `Ok` the record is as durable as the backend promises; a later read returns it unchanged.
/// 3. `read` returns the records in order, without gaps.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends at the expected sequence.
    async fn append(&self, incident: &IncidentId, record: &Record) -> Result<()>;

    /// All records of an incident, in order; empty if there are none.
    async fn read(&self, incident: &IncidentId) -> Result<Vec<Record>>;
}

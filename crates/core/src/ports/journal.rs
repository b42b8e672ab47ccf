//! Journal: what happened, in order, before it is acted upon; and who may write it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::category::FailureCategory;
use crate::engine::{Event, Outcome, Phase, State};
use crate::error::Result;
use crate::incident::{Fingerprint, IncidentId, Severity};
use crate::resource::{Environment, ResourceRef};
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

/// Who wants to work on an incident, and for how long unless he says so again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Names the worker, for people and audit; unique per process.
    pub worker: Arc<str>,
    /// How long the lease holds without a renewal or an append.
    pub ttl: Duration,
    /// Take a lease that has not expired too: the caller knows that its holder is gone (it holds a lock that the
    /// holder held). The former holder is fenced off either way.
    pub holder_is_gone: bool,
}

/// The right to append to one incident. Its epoch is a fencing token: it grows with every new holder, and an append with
/// an older one is refused, however late it comes (Kleppmann, "How to do distributed locking", 2016).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of which incident.
    pub incident: IncidentId,
    /// The fencing token; 1 for the worker that opens the incident.
    pub epoch: u64,
    /// Who holds it.
    pub worker: Arc<str>,
    /// How long it holds without a renewal or an append.
    pub ttl: Duration,
}

impl Lease {
    /// The lease of the worker that is about to open `incident`. Nothing is stored before the first append.
    #[must_use]
    pub fn first(incident: IncidentId, claim: &Claim) -> Self {
        Self { incident, epoch: 1, worker: Arc::clone(&claim.worker), ttl: claim.ttl }
    }
}

/// A state that stands for the records before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// How many records led to it.
    pub records: u64,
    /// When the last of them was appended.
    pub at: Timestamp,
    /// The state they led to.
    pub state: State,
}

/// What a journal holds of one incident.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// What stands for the records that were compacted.
    pub snapshot: Option<Box<Snapshot>>,
    /// The records after it, in order, without gaps.
    pub records: Vec<Record>,
}

/// Where an incident stands, without its history: what lists show and what workers look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The incident.
    pub incident: IncidentId,
    /// Recognises the same failure again.
    pub fingerprint: Fingerprint,
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// How much it matters.
    pub severity: Severity,
    /// What is believed to be wrong, once something is.
    pub category: Option<FailureCategory>,
    /// The [`name`](Phase::name) of its phase, or of the one that it waits for.
    pub phase: String,
    /// How it ended; `None` while it is open.
    pub outcome: Option<Outcome>,
    /// When an open incident can go on; `None` for one that is closed. One that can go on at once has the time of its last record.
    pub wake_at: Option<Timestamp>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its last record was appended.
    pub updated_at: Timestamp,
    /// How many records led here, compacted ones included.
    pub records: u64,
}

impl Standing {
    /// Where the incident stands in `after`, to which `record` led.
    #[must_use]
    pub fn of(record: &Record, after: &State) -> Self {
        let incident = &after.incident;
        let outcome = match &after.phase {
            Phase::Closed { outcome } => Some(outcome.clone()),
            _ => None,
        };
        let wake_at = match &after.phase {
            Phase::Closed { .. } => None,
            Phase::BackingOff { until, .. } => Some(*until),
            Phase::AwaitingApproval { deadline } => Some(*deadline),
            _ => Some(record.at),
        };
        Self {
            incident: incident.id.clone(),
            fingerprint: incident.fingerprint.clone(),
            resource: incident.resource.clone(),
            environment: incident.environment.clone(),
            severity: incident.severity,
            category: after.diagnosis().map(|diagnosis| diagnosis.category.clone()),
            phase: after.phase.awake().name().to_owned(),
            outcome,
            wake_at,
            opened_at: incident.opened_at,
            updated_at: record.at,
            records: record.sequence + 1,
        }
    }

    /// Whether it is not closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }
}

/// Which incidents are listed: newest first, by opening time and then by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Only those that are open, or only those that are closed.
    pub open: Option<bool>,
    /// Only those opened then or later.
    pub since: Option<Timestamp>,
    /// Only those after this place of the list: the last that was seen, to go on from.
    pub after: Option<(Timestamp, IncidentId)>,
    /// At most so many.
    pub most: usize,
}

impl Query {
    /// The first `most` of all incidents.
    #[must_use]
    pub fn newest(most: usize) -> Self {
        Self { open: None, since: None, after: None, most }
    }

    /// The same, open ones only.
    #[must_use]
    pub fn open(most: usize) -> Self {
        Self { open: Some(true), ..Self::newest(most) }
    }

    /// The same, closed ones only.
    #[must_use]
    pub fn closed(most: usize) -> Self {
        Self { open: Some(false), ..Self::newest(most) }
    }
}

/// Keeps the events of each incident, and says which worker may go on with it.
///
/// # To be correct
/// 1. `append` stores the record only if `record.sequence` is the next of this incident and the lease's epoch is its
///    latest; otherwise [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) and nothing is stored. So is every append to a
///    closed incident, also with the lease that closed it. The first record (epoch 1) creates the incident.
/// 2. When it returns `Ok` the record is as durable as the backend promises; a later read returns it unchanged. Records of
///    several incidents that arrive together may be made durable together.
/// 3. `read` returns what is there in order, without gaps; an unknown incident has an empty history.
/// 4. `list` shows every incident's standing after its last record, in the query's order.
/// 5. Epochs of one incident only grow. `lease` gives a new one unless another holder's lease has not expired
///    ([`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict)) or the incident is unknown
///    ([`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound)) or closed
///    ([`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid)). A worker that asks again for what it holds gets a new epoch too.
/// 6. `pick_up` leases at most `most` open incidents whose `wake_at` has come and whose lease is free or expired, longest waiting
///    first; two workers that pick up at once never get the same one. It passes over incidents of a resource of which another
///    open incident is held, and of several of one resource gives the longest waiting: two workers must not change the same
///    thing at once. Who asks for an incident by its name, with `lease`, gets it all the same.
/// 7. `renew` and `append` start the lease's time anew; `renew` with an old epoch is a conflict. `release` frees the incident for
///    others at once; with an old epoch it does nothing. The record that closes an incident releases it.
/// 8. `compact` replaces the records that a snapshot of the same incident stands for, and only those: what is read afterwards
///    leads to the same state. `forget` removes a closed incident and nothing else; an open one is
///    [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid).
/// 9. Time is the store's own: workers whose clocks differ agree on who holds what.
/// 10. An error means that nothing was stored, unless its [`retry`](crate::error::Error::retry) is
///     [`Retry::UnknownOutcome`](crate::error::Retry::UnknownOutcome): what was asked for may be there then, and reading tells.
/// 11. `wake` makes an open incident due whatever its `wake_at`, until the next lease of it, which uses that up: who then finds
///     that it still has to wait leaves it to its `wake_at` again. While it is held, that counts from when it is free, because its
///     holder may have looked too early. Those whose own time has come go first. What `list` shows stays as it is; an unknown
///     incident and a closed one are left alone.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends at the expected sequence. `after` is the state that the record leads to.
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()>;

    /// What is there of an incident.
    async fn read(&self, incident: &IncidentId) -> Result<History>;

    /// Where incidents stand.
    async fn list(&self, query: &Query) -> Result<Vec<Standing>>;

    /// The right to go on with an incident.
    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease>;

    /// The right to go on with incidents that wait for a worker.
    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>>;

    /// Holds on to an incident.
    async fn renew(&self, lease: &Lease) -> Result<()>;

    /// Leaves an incident to others.
    async fn release(&self, lease: &Lease) -> Result<()>;

    /// Has a waiting incident picked up at once: what it waits for may have come.
    async fn wake(&self, incident: &IncidentId) -> Result<()>;

    /// Puts a snapshot in place of the records that led to it.
    async fn compact(&self, snapshot: &Snapshot) -> Result<()>;

    /// Removes a closed incident.
    async fn forget(&self, incident: &IncidentId) -> Result<()>;
}

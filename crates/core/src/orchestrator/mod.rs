//! The orchestrator: performs the engine's effects through the ports and journals each event before acting on it.

mod assuring;
mod book;
mod breaker;
mod builder;
mod cancel;
mod clearing;
mod deciding;
mod drive;
mod experience;
mod noting;
mod opening;
mod opining;
mod perform;
mod report;
mod routing;
mod saying;
mod serial;
mod system;
mod worker;

pub use builder::{BuildError, OrchestratorBuilder};
pub use cancel::Cancellation;
pub use report::{Report, Timings};
pub use system::{SystemClock, SystemEntropy, WallClock};
pub use worker::PickedUp;

use std::collections::BTreeSet;
use std::sync::Arc;

use selfheal_detect::redact::Redactor;

use crate::agents::models::Models;
use crate::agents::{Analyst, Auditor, Classifier, Scholar, Strategist};
use crate::confidence::Autonomy;
use crate::fleet::Watch;
use crate::limits::Limits;
use crate::ports::{
    Approver, Claim, Clock, ContextSource, Entropy, Executor, HealthProbe, Journal, LogSource, MemoryStore, Notifier,
    Progress,
};
use crate::resource::Environment;

/// Heals incidents through the ports it was built with.
///
/// Cheap to share; [`Orchestrator::heal`] may be called for many signals at once. Incidents of one resource are
/// worked on one after the other, and at most [`Limits::concurrent_incidents`] in all.
pub struct Orchestrator {
    ports: Ports,
    agents: Agents,
    limits: Arc<Limits>,
    worker: Arc<str>,
    redactor: Arc<Redactor>,
    autonomy: Autonomy,
    fleet: Option<Watch>,
    must_be_granted: BTreeSet<Environment>,
    experience: experience::Experience,
    breakers: breaker::Breakers,
    serial: serial::PerResource,
    bulkhead: tokio::sync::Semaphore,
}

struct Ports {
    log_source: Option<Arc<dyn LogSource>>,
    context: Vec<Arc<dyn ContextSource>>,
    executors: Vec<Arc<dyn Executor>>,
    probes: Vec<Arc<dyn HealthProbe>>,
    memory: Option<Arc<dyn MemoryStore>>,
    approver: Option<Arc<dyn Approver>>,
    notifiers: Vec<Arc<dyn Notifier>>,
    journal: Option<Arc<dyn Journal>>,
    progress: Option<Arc<dyn Progress>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

struct Agents {
    classifier: Classifier,
    analyst: Analyst,
    strategist: Strategist,
    auditor: Auditor,
    scholar: Scholar,
    models: Option<Models>,
}

impl Orchestrator {
    /// Starts building one.
    pub fn builder() -> OrchestratorBuilder {
        OrchestratorBuilder::default()
    }

    /// The claim by which this worker leases incidents from a journal.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim { worker: Arc::clone(&self.worker), ttl: self.limits.lease_ttl, holder_is_gone: false }
    }

    /// The bounds that incidents are opened with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

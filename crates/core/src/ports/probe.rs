//! Health probe: observes whether a resource is well.

use async_trait::async_trait;

use crate::criterion::Observation;
use crate::error::Result;
use crate::incident::IncidentId;
use crate::resource::ResourceRef;

/// What is to be observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRequest<'a> {
    /// The probe's name, such as `command_succeeds`.
    pub probe: &'a str,
    /// Whose health.
    pub resource: &'a ResourceRef,
    /// For which incident; an observation that predates the incident's last applied step doesn't count.
    pub incident: &'a IncidentId,
}

/// Observes health.
///
/// # To be correct
/// 1. `Healthy` is only said of what was positively observed after the last applied step; silence, a missing metric or a
///    timeout is `NoData`.
/// 2. An unknown probe is [`ErrorKind::Unsupported`](crate::error::ErrorKind::Unsupported), never health.
/// 3. A probe that has to run something (a command) says so in its documentation; the orchestrator records the intent first.
/// 4. After a crash it is asked again. A probe that runs something therefore remembers durably that it began and what it saw:
///    it answers with that, or, if it began and doesn't know how that ended, with an error of
///    [`Retry::UnknownOutcome`](crate::error::Retry::UnknownOutcome); it doesn't run it twice for the same applied step.
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// What `request.probe` sees.
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation>;
}

//! The probe `command_succeeds`.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::criterion::Observation;
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{HealthProbe, ProbeRequest};

use super::executor::{blocking, observe_run};
use super::kept::KeptSession;
use super::pipeline::Pipeline;

/// The name of the probe.
pub const COMMAND_SUCCEEDS: &str = "command_succeeds";

/// Observes whether the pipeline's command ends with status 0 in its directory.
///
/// A run that already saw the present state (a `retry_stage`) counts, also one of a process that was killed right after;
/// otherwise the command is run, unless a process was killed while it ran. After a kill it says nothing of files that somebody
/// changed, or took back, since the fix was applied.
pub struct CommandProbe(Arc<Pipeline>);

impl CommandProbe {
    pub(super) fn new(pipeline: Arc<Pipeline>) -> Self {
        Self(pipeline)
    }
}

/// What the last run saw, if nothing changed since.
fn seen(pipeline: &Pipeline) -> Result<Option<Observation>> {
    pipeline.change(KeptSession::run_looked_at)?;
    let session = pipeline.session();
    Ok(session.kept.run().and_then(|run| run.seen()).map(|seen| Observation::clone(seen)))
}

fn observe(pipeline: &Pipeline, incident: &IncidentId) -> Result<Observation> {
    pipeline.enter(incident)?;
    if let Some(seen) = seen(pipeline)? {
        pipeline.check_in_place(incident)?;
        return Ok(seen);
    }
    if pipeline.left_running() {
        let message = "the command was running when the healer was killed, and nobody knows how that ended";
        return Err(Error::new(ErrorKind::Unavailable, "probe.observe", message).with_retry(Retry::UnknownOutcome));
    }
    pipeline.may_start()?;
    pipeline.check_in_place(incident)?;
    observe_run(pipeline, incident, None)
}

#[async_trait]
impl HealthProbe for CommandProbe {
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation> {
        if request.probe != COMMAND_SUCCEEDS || *request.resource != self.0.resource() {
            let message = format!("local pipelines have the probe `{COMMAND_SUCCEEDS}`, not `{}`", request.probe);
            return Err(Error::new(ErrorKind::Unsupported, "probe.observe", message));
        }
        let (pipeline, incident) = (Arc::clone(&self.0), request.incident.clone());
        blocking(move || observe(&pipeline, &incident)).await
    }
}

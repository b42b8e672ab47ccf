//! The probe `command_succeeds`.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use selfheal_core::criterion::Observation;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{HealthProbe, ProbeRequest};

use super::executor::{blocking, observe_run};
use super::pipeline::Pipeline;
use super::workspace::Undo;

/// The name of the probe.
pub const COMMAND_SUCCEEDS: &str = "command_succeeds";

/// Observes whether the pipeline's command ends with status 0 in its directory.
///
/// A run that already saw the present state (a `retry_stage`) counts; otherwise the command is run.
pub struct CommandProbe {
    pipeline: Arc<Pipeline>,
    undo: Arc<Mutex<Option<Undo>>>,
}

impl CommandProbe {
    pub(super) fn new(pipeline: Arc<Pipeline>, undo: Arc<Mutex<Option<Undo>>>) -> Self {
        Self { pipeline, undo }
    }

    fn seen(&self) -> Option<Observation> {
        let session = self.pipeline.session();
        let current = session.last.as_ref().filter(|last| last.generation == session.generation);
        current.map(|last| last.observation.clone())
    }
}

#[async_trait]
impl HealthProbe for CommandProbe {
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation> {
        if request.probe != COMMAND_SUCCEEDS || *request.resource != self.pipeline.resource() {
            let message = format!("local pipelines have the probe `{COMMAND_SUCCEEDS}`, not `{}`", request.probe);
            return Err(Error::new(ErrorKind::Unsupported, "probe.observe", message));
        }
        if let Some(seen) = self.seen() {
            return Ok(seen);
        }
        self.pipeline.may_start()?;
        let (pipeline, undo) = (Arc::clone(&self.pipeline), Arc::clone(&self.undo));
        blocking(move || observe_run(&pipeline, &undo).map(|last| last.observation)).await
    }
}

//! The log of a local pipeline: what its command wrote when it last ran in its directory.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Evidence;
use selfheal_core::ports::LogSource;
use selfheal_core::resource::ResourceRef;

use super::observation;
use super::pipeline::Pipeline;

/// Reads the captured output of the last run in place, redacted.
pub struct LocalLog(Arc<Pipeline>);

impl LocalLog {
    /// The log of `pipeline`.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        Self(pipeline)
    }
}

#[async_trait]
impl LogSource for LocalLog {
    async fn tail(&self, resource: &ResourceRef, lines: usize) -> Result<Vec<Evidence>> {
        let ours = *resource == self.0.resource();
        let run = ours.then(|| self.0.last_run()).flatten();
        let run =
            run.ok_or_else(|| Error::new(ErrorKind::NotFound, "log.tail", format!("{resource} did not run here")))?;
        let redactor = &self.0.config().redactor;
        let origin = format!("output of `{}`", self.0.program());
        Ok(observation::evidence(&run, lines, &origin, redactor))
    }
}

//! Facts about a local pipeline besides its runs.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::ports::ContextSource;
use selfheal_core::resource::ResourceRef;

use super::ecosystem;
use super::pipeline::Pipeline;

/// Observes `ecosystems`: which package ecosystems the directory uses, by its manifests.
pub struct LocalContext(Arc<Pipeline>);

impl LocalContext {
    /// Context of `pipeline`.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        Self(pipeline)
    }
}

#[async_trait]
impl ContextSource for LocalContext {
    async fn facts(&self, resource: &ResourceRef) -> Result<Facts> {
        if *resource != self.0.resource() {
            return Ok(Facts::new());
        }
        let names = ecosystem::ecosystems(&self.0.config().dir).into_iter().map(str::to_owned).collect();
        Ok(Facts::new().with("ecosystems", Fact::Names(names)))
    }
}

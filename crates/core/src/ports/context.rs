//! Context: what is known about a resource besides its log.

use async_trait::async_trait;

use crate::error::Result;
use crate::facts::Facts;
use crate::resource::ResourceRef;

/// Observes facts about a resource: which ecosystems it uses, its state, its limits.
///
/// # To be correct
/// 1. Facts are observed with the adapter's own credential, never parsed from somebody's text.
/// 2. What is not known is absent; it is not `false` or 0.
/// 3. It changes nothing.
#[async_trait]
pub trait ContextSource: Send + Sync {
    /// What is known about `resource` now.
    async fn facts(&self, resource: &ResourceRef) -> Result<Facts>;
}

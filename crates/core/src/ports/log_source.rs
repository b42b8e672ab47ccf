//! Log source: reads what a failed resource said.

use async_trait::async_trait;

use crate::error::Result;
use crate::evidence::Evidence;
use crate::resource::ResourceRef;

/// Reads the log of a resource.
///
/// # To be correct
/// 1. Text is redacted and ANSI-stripped (that is: made through [`Evidence::new`]) before it is returned.
/// 2. At most `lines` lines of the end are returned, besides regions from earlier that look like a failure;
///    what was left out is said in the origin.
/// 3. Lines are in the order of the log, with their real line numbers.
/// 4. A resource without a log is [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound), not an empty list.
#[async_trait]
pub trait LogSource: Send + Sync {
    /// The last `lines` lines and what else looks like the failure.
    async fn tail(&self, resource: &ResourceRef, lines: usize) -> Result<Vec<Evidence>>;
}

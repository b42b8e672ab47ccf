//! Witness: keeps checkpoints where whoever rewrites the log can't reach them.

use async_trait::async_trait;

use super::checkpoint::SignedCheckpoint;
use crate::error::Result;

/// Remembers the checkpoints that it was shown, so that a log that was cut or rewritten below one is found out.
///
/// # To be correct
/// 1. When [`witness`](Witness::witness) returns `Ok` the checkpoint is as durable as the backend promises, unchanged.
/// 2. A checkpoint that is smaller than the latest, or of the same size with another root, is a log that was cut or
///    rewritten: [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict), and the latest stays.
/// 3. The latest one shown again is `Ok` and changes nothing: after a crash a log shows it again.
///
/// A log shows a checkpoint only after it is durable in the log itself: what a witness knows and the log doesn't is then
/// proof of a loss.
#[async_trait]
pub trait Witness: Send + Sync {
    /// Remembers `checkpoint`.
    async fn witness(&self, checkpoint: &SignedCheckpoint) -> Result<()>;

    /// The latest one; `None` if there was none yet.
    async fn latest(&self) -> Result<Option<SignedCheckpoint>>;
}

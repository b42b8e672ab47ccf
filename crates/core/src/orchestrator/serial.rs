//! Per-resource serialisation: two incidents of one resource are never worked on at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::resource::ResourceRef;

#[derive(Debug, Default)]
pub(super) struct PerResource {
    turns: Mutex<BTreeMap<ResourceRef, Arc<AsyncMutex<()>>>>,
}

impl PerResource {
    /// Waits for the resource's turn; first come, first served.
    pub(super) async fn turn(&self, resource: &ResourceRef) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Entries nobody holds or waits for would otherwise stay for ever.
            if turns.len() > 1024 {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(turns.entry(resource.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

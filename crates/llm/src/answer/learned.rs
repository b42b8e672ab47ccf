//! What was found out about a server's models.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use selfheal_core::ports::{LlmRequest, ModelTier};

/// By model, and whether functions were offered: some servers do either JSON or functions.
type Key = (ModelTier, bool);

/// How requests have to be written; nothing of what was in them.
#[derive(Debug)]
pub(crate) struct Learned<T>(Mutex<BTreeMap<Key, T>>);

impl<T> Default for Learned<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Learned<T> {
    /// What is known for requests like this.
    pub(crate) fn of(&self, request: &LlmRequest) -> Option<T> {
        self.known().get(&key(request)).copied()
    }

    /// Remembers it for requests like this.
    pub(crate) fn learn(&self, request: &LlmRequest, what: T) {
        self.known().insert(key(request), what);
    }

    /// Forgets it for requests like this.
    pub(crate) fn forget(&self, request: &LlmRequest) {
        self.known().remove(&key(request));
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Key, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(request: &LlmRequest) -> Key {
    (request.tier, !request.tools.is_empty())
}

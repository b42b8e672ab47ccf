//! A thread that shows checkpoints to the witness.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use selfheal_core::audit::{SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result};

use crate::journal::witnessing::Showing;

/// How long a call that the witness didn't come back from may hold up the end, once nobody waits for it any more.
const LAST_CALL: Duration = Duration::from_secs(1);

/// A thread of its own, with the runtime that a witness across a network needs.
pub(super) struct Witnessing {
    showing: Option<Showing>,
    thread: Option<JoinHandle<()>>,
}

impl Witnessing {
    pub(super) fn start(witness: Arc<dyn Witness>) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, "journal.open", format!("no thread for the witness: {error}"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (showing, shows) = Showing::to(witness);
        let work = move || {
            runtime.block_on(shows);
            runtime.shutdown_timeout(LAST_CALL);
        };
        let thread = std::thread::Builder::new().name("selfheal-witness".to_owned()).spawn(work).map_err(failed)?;
        Ok(Self { showing: Some(showing), thread: Some(thread) })
    }

    /// Has it shown soon.
    pub(super) fn show(&self, checkpoint: SignedCheckpoint) {
        if let Some(showing) = &self.showing {
            showing.put(checkpoint);
        }
    }
}

impl Drop for Witnessing {
    /// Waits until the newest was shown, or the witness has taken too long.
    fn drop(&mut self) {
        drop(self.showing.take());
        if let Some(thread) = self.thread.take() {
            // A witness that panicked has seen what it has seen.
            let _ = thread.join();
        }
    }
}

//! Shows the witness each checkpoint once it is durable, without keeping anybody waiting.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use selfheal_core::audit::{SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use tokio::sync::watch;

/// How long a witness may take for one checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thread of its own, with the runtime that a witness across a network needs. Only the newest checkpoint is shown: each
/// vouches for those before it.
pub(super) struct Witnessing {
    newest: Option<watch::Sender<Option<SignedCheckpoint>>>,
    thread: Option<JoinHandle<()>>,
}

impl Witnessing {
    pub(super) fn start(witness: Arc<dyn Witness>) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, "journal.open", format!("no thread for the witness: {error}"))
        };
        let (newest, shown) = watch::channel(None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let thread = std::thread::Builder::new().name("selfheal-witness".to_owned());
        let thread = thread.spawn(move || runtime.block_on(show(witness, shown))).map_err(failed)?;
        Ok(Self { newest: Some(newest), thread: Some(thread) })
    }

    /// Has it shown soon.
    pub(super) fn show(&self, checkpoint: SignedCheckpoint) {
        if let Some(newest) = &self.newest {
            newest.send_replace(Some(checkpoint));
        }
    }
}

impl Drop for Witnessing {
    /// Waits until the newest was shown.
    fn drop(&mut self) {
        drop(self.newest.take());
        if let Some(thread) = self.thread.take() {
            // A witness that panicked has seen what it has seen.
            let _ = thread.join();
        }
    }
}

async fn show(witness: Arc<dyn Witness>, mut newest: watch::Receiver<Option<SignedCheckpoint>>) {
    while newest.changed().await.is_ok() {
        let Some(checkpoint) = newest.borrow_and_update().clone() else { continue };
        // What it missed is made good by the next one, or when the store is opened again.
        match tokio::time::timeout(PATIENCE, witness.witness(&checkpoint)).await {
            Ok(Ok(())) => failpoint::hit("journal.checkpoint_witnessed"),
            Ok(Err(error)) => tracing::warn!(%error, "the witness did not take a checkpoint of the audit log"),
            Err(_) => tracing::warn!("the witness took too long over a checkpoint of the audit log"),
        }
    }
}

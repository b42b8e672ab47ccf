//! Shows the witness each checkpoint once it is durable, without keeping anybody waiting.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::audit::{SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use tokio::sync::watch;

/// How long a witness may take for one checkpoint.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Where checkpoints are put that are to be shown. Only the newest waits there: each vouches for those before it.
#[derive(Debug)]
pub(crate) struct Showing {
    newest: watch::Sender<Option<SignedCheckpoint>>,
    /// The size of the log that was shown last, or was tried to be.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file's journal waits for its thread instead"))]
    done: watch::Receiver<u64>,
}

impl Showing {
    /// The place, and what shows `witness` what is put there; that ends once the place is dropped and the newest was shown.
    pub(crate) fn to(witness: Arc<dyn Witness>) -> (Self, impl Future<Output = ()> + Send) {
        let (newest, waiting) = watch::channel(None);
        let (tried, done) = watch::channel(0);
        (Self { newest, done }, show_each(witness, waiting, tried))
    }

    /// Has it shown soon.
    pub(crate) fn put(&self, checkpoint: SignedCheckpoint) {
        self.newest.send_replace(Some(checkpoint));
    }

    /// Waits until the newest was shown, or the witness has taken too long.
    #[cfg(feature = "postgres")]
    pub(crate) async fn settled(&self) {
        let newest = self.newest.borrow().as_ref().map_or(0, |newest| newest.checkpoint().size);
        let mut done = self.done.clone();
        // Nobody shows anything any more, or it takes too long: whoever opens the store next shows it.
        let _ = tokio::time::timeout(2 * PATIENCE, done.wait_for(|size| *size >= newest)).await;
    }
}

async fn show_each(
    witness: Arc<dyn Witness>,
    mut newest: watch::Receiver<Option<SignedCheckpoint>>,
    tried: watch::Sender<u64>,
) {
    while newest.changed().await.is_ok() {
        let Some(checkpoint) = newest.borrow_and_update().clone() else { continue };
        match show(witness.as_ref(), &checkpoint).await {
            Ok(()) => failpoint::hit("journal.checkpoint_witnessed"),
            // What it missed is made good by the next one, or when the store is opened again.
            Err(error) => tracing::warn!(%error, size = checkpoint.checkpoint().size, "a checkpoint was not witnessed"),
        }
        tried.send_replace(checkpoint.checkpoint().size);
    }
}

/// Shows `checkpoint` to a witness that workers may share.
pub(crate) async fn show(witness: &dyn Witness, checkpoint: &SignedCheckpoint) -> Result<()> {
    match patiently(witness.witness(checkpoint)).await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            // Another worker may have shown it a newer one first, which covers this one.
            let latest = patiently(witness.latest()).await?;
            let seen = latest.map_or(0, |latest| latest.checkpoint().size);
            if seen > checkpoint.checkpoint().size { Ok(()) } else { Err(error) }
        }
        shown => shown,
    }
}

/// The witness's answer, if it comes in time.
pub(crate) async fn patiently<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| {
        Error::new(ErrorKind::Unavailable, "journal.witness", "the witness took too long").with_retry(Retry::Retryable)
    };
    tokio::time::timeout(PATIENCE, answer).await.map_err(late)?
}

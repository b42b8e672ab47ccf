//! A request to stop, heard by the loop and by whoever runs something for it.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to stop that can be cloned, asked and awaited. Once made it stays.
#[derive(Debug, Clone)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Default for Cancellation {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancellation {
    /// A request that has not been made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was made.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is made.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}

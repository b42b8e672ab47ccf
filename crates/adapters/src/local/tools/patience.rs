//! How long one look may take, over all that it starts.

use std::time::{Duration, Instant};

use selfheal_core::error::{ErrorKind, Result, Retry};

use super::refused;
use crate::local::process::{Cancel, StopSignal};

/// A deadline, and a way to give up before. Clones share both.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    until: Instant,
    given_up: Cancel,
}

/// Gives up when dropped: nobody waits for the answer any more.
#[derive(Debug)]
pub(super) struct Waiting(Cancel);

impl Patience {
    /// Patience from now on.
    pub(super) fn of(time: Duration) -> Self {
        Self { until: Instant::now() + time, given_up: Cancel::new() }
    }

    /// Lasts while somebody waits.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting(self.given_up.clone())
    }

    /// What stops a command that runs.
    pub(super) fn given_up(&self) -> &Cancel {
        &self.given_up
    }

    /// How long the next step may take.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if there is no time left, or nobody waits.
    pub(super) fn left(&self) -> Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        match left.is_zero() || self.given_up.requested().is_some() {
            true => Err(refused(ErrorKind::Unavailable, "it took too long").with_retry(Retry::Retryable)),
            false => Ok(left),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.request(StopSignal::Terminate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_begun_late_or_for_nobody() {
        assert!(Patience::of(Duration::ZERO).left().is_err());
        let patience = Patience::of(Duration::from_secs(3600));
        let waiting = patience.waiting();
        assert!(patience.clone().left().is_ok_and(|left| left <= Duration::from_secs(3600)));
        drop(waiting);
        assert!(patience.left().is_err() && patience.given_up().requested().is_some());
    }
}

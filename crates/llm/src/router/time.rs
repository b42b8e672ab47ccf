//! A clock, as the router uses it: monotonic durations.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::ports::Clock;

pub(super) struct Time(pub(super) Arc<dyn Clock>);

impl Time {
    pub(super) fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// Returns at once if `at` is past.
    pub(super) async fn wait_until(&self, at: Duration) {
        let wait = at.saturating_sub(self.now());
        if wait > Duration::ZERO {
            // Points in time have milliseconds; cut off, the wait would end too early.
            self.0.sleep_until(self.0.now().after(wait.saturating_add(Duration::from_micros(999)))).await;
        }
    }

    /// What `work` comes to, if it does until then.
    pub(super) async fn within<T>(&self, until: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.wait_until(until) => None,
        }
    }
}

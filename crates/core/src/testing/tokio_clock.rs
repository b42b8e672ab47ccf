//! A clock for tests in which several things wait at once.
#![allow(clippy::disallowed_methods, reason = "this is the port's adapter for tokio's clock")]

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::ports::Clock;
use crate::time::Timestamp;

/// Tokio's time, from when it was made on. In a paused runtime waits cost nothing, and end in the order in which they are due.
#[derive(Debug, Clone)]
pub struct TokioClock(Instant);

impl Default for TokioClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::default().after(self.0.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep_until(&self, at: Timestamp) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

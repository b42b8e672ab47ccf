//! Clock and entropy of the operating system: the only place in core that reads either.
#![allow(clippy::disallowed_methods, reason = "this is the port's adapter for the system's clock")]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::failpoint;
use crate::ports::{Clock, Entropy};
use crate::time::Timestamp;

/// The system's time; waits on tokio's timer. The default of the builder.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Instant,
    started_at: Timestamp,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: Instant::now(), started_at: wall_time() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    // Derived from the monotonic clock, so that it never goes back when somebody sets the wall clock.
    fn now(&self) -> Timestamp {
        self.started_at.after(self.started.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep_until(&self, at: Timestamp) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

/// The system's wall clock at each look: what processes agree on, also after a suspension or a correction of the clock. It
/// never goes back within a process.
#[derive(Debug)]
pub struct WallClock {
    started: Instant,
    latest: AtomicU64,
}

impl Default for WallClock {
    fn default() -> Self {
        Self { started: Instant::now(), latest: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = wall_time().as_millis();
        Timestamp::from_millis(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep_until(&self, at: Timestamp) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

fn wall_time() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().after(since_epoch + failpoint::clocks_ahead())
}

/// The system's randomness, by way of the standard library's hash keys. Fit for names and jitter, not for keys.
#[derive(Debug, Default)]
pub struct SystemEntropy {
    drawn: AtomicU64,
}

impl Entropy for SystemEntropy {
    fn next_u64(&self) -> u64 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(self.drawn.fetch_add(1, Ordering::Relaxed));
        hasher.finish()
    }
}

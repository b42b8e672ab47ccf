//! Bounds of one backend.

use std::time::Duration;

/// How one backend is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendLimits {
    /// Calls for one request while it fails in a way that passes, the first included; 1 to 10.
    pub attempts: u32,
    /// Wait before the second call; doubles with jitter. At least a millisecond.
    pub first_wait: Duration,
    /// Longest such wait; also the longest wait for a place, or that the server asks for, while another backend could be asked.
    pub longest_wait: Duration,
    /// Calls under way at once (bulkhead); more wait. 1 to 100,000.
    pub concurrent: usize,
    /// Calls begun within any 60 seconds; `None` for no such bound. At least 1.
    pub calls_per_minute: Option<u32>,
    /// Failures in a row after which it isn't called for a while. At least 1.
    pub breaker_failures: u32,
    /// How long that while is; after it one call is let through to try.
    pub breaker_cooldown: Duration,
    /// How many tokens its models read and write at most, if that is known: one with a smaller window isn't asked after another
    /// found the conversation too long.
    pub context_tokens: Option<u32>,
}

impl Default for BackendLimits {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(8),
            concurrent: 256,
            calls_per_minute: None,
            breaker_failures: 5,
            breaker_cooldown: Duration::from_secs(30),
            context_tokens: None,
        }
    }
}

impl BackendLimits {
    /// What is out of bounds, and what was expected.
    pub(super) fn defect(&self) -> Option<(&'static str, &'static str)> {
        let checks = [
            ((1..=10).contains(&self.attempts), "attempts", "1 to 10"),
            (self.first_wait >= Duration::from_millis(1), "first_wait", "at least 1 ms"),
            (self.longest_wait >= self.first_wait, "longest_wait", "at least first_wait"),
            ((1..=100_000).contains(&self.concurrent), "concurrent", "1 to 100,000"),
            (self.calls_per_minute != Some(0), "calls_per_minute", "at least 1"),
            (self.breaker_failures > 0, "breaker_failures", "at least 1"),
            (self.context_tokens != Some(0), "context_tokens", "at least 1"),
        ];
        checks.into_iter().find(|(holds, ..)| !holds).map(|(_, field, expected)| (field, expected))
    }
}

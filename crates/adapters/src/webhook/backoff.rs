//! How long to wait between two attempts of one call.

use std::time::Duration;

use super::config::Bounds;

/// The wait after failed attempt `attempt` (from 1): it doubles up to the longest, and `random` takes off up to half
/// ("equal jitter", Brooker, *Exponential Backoff and Jitter*, AWS 2015).
pub(super) fn wait(bounds: &Bounds, attempt: u32, random: u64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let full = bounds.first_wait.saturating_mul(1 << doublings).min(bounds.longest_wait);
    let half_ms = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX - 1);
    full - Duration::from_millis(random % (half_ms + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_jitter_takes_off_at_most_half() {
        let bounds = Bounds {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_millis(300),
            ..Bounds::default()
        };
        let full = |attempt| wait(&bounds, attempt, 0).as_millis();
        assert_eq!([full(1), full(2), full(3), full(99)], [100, 200, 300, 300]);
        for random in [1, 50, 51, 1 << 40, u64::MAX] {
            let waited = wait(&bounds, 1, random).as_millis();
            assert!((50..=100).contains(&waited), "{random}: {waited}");
        }
    }
}

//! Exponential backoff with jitter from a seed.

use std::time::Duration;

/// The wait before start `attempt + 1`: `initial · 2^(attempt-1)`, at most `ceiling`, of which a random
/// half is taken off ("equal jitter", Brooker, *Exponential Backoff and Jitter*, AWS 2015).
#[must_use]
pub fn delay(initial: Duration, attempt: u32, ceiling: Duration, seed: u64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let full = initial.saturating_mul(1 << doublings).min(ceiling);
    let half_ms = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX);
    full - Duration::from_millis(mix(seed, attempt) % (half_ms + 1))
}

// SplitMix64 (Steele, Lea, Flood 2014).
fn mix(seed: u64, attempt: u32) -> u64 {
    let mut z = seed.wrapping_add(u64::from(attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lies_between_half_and_full_and_never_passes_the_ceiling(
            initial in 0u64..100_000, attempt in 0u32..100, ceiling in 0u64..1_000_000, seed: u64,
        ) {
            let wait = delay(Duration::from_millis(initial), attempt, Duration::from_millis(ceiling), seed);
            let full = Duration::from_millis(initial).saturating_mul(1 << attempt.saturating_sub(1).min(31))
                .min(Duration::from_millis(ceiling));
            prop_assert!(wait <= full && wait >= full / 2);
        }
    }
}

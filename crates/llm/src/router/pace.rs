//! How many calls are begun in a minute.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MINUTE_NS: u64 = 60_000_000_000;

/// This part of a minute's calls may be begun at once.
const PART_AT_ONCE: u32 = 10;

/// Spaces calls out (the generic cell rate algorithm, ITU-T I.371), so that no 60 seconds see more than were allowed. Times are those
/// of one monotonic clock.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    /// How far ahead of its time a call may be begun.
    tolerance: Duration,
    /// When the next call would be due if they were evenly spaced.
    due: Mutex<Duration>,
}

impl Pace {
    /// `calls_per_minute` is not 0.
    pub(super) fn new(calls_per_minute: u32) -> Self {
        let at_once = (calls_per_minute / PART_AT_ONCE).max(1);
        // Rounded up: a minute of intervals that are too short by a little would see one call too many.
        let interval = Duration::from_nanos(MINUTE_NS.div_ceil(u64::from(calls_per_minute - at_once + 1)));
        Self { interval, tolerance: interval * (at_once - 1), due: Mutex::default() }
    }

    /// Takes the next place, if it comes before `latest`.
    ///
    /// # Errors
    /// When the next place comes; none is taken.
    pub(super) fn reserve(&self, now: Duration, latest: Duration) -> Result<Duration, Duration> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = due.saturating_sub(self.tolerance).max(now);
        if begin > latest {
            return Err(begin);
        }
        *due = (*due).max(now).saturating_add(self.interval);
        Ok(begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_nanos(MINUTE_NS);

    #[test]
    fn a_few_at_once_then_evenly() {
        let pace = Pace::new(20);
        let begun = |_| pace.reserve(Duration::ZERO, Duration::MAX).unwrap().as_millis();
        assert_eq!((0..4).map(begun).collect::<Vec<_>>(), [0, 0, 3157, 6315]);
    }

    #[test]
    fn what_comes_too_late_is_not_taken() {
        let pace = Pace::new(1);
        assert_eq!(pace.reserve(Duration::ZERO, Duration::ZERO), Ok(Duration::ZERO));
        for _ in 0..3 {
            assert_eq!(pace.reserve(Duration::ZERO, Duration::from_secs(59)), Err(MINUTE));
        }
        assert_eq!(pace.reserve(Duration::ZERO, MINUTE), Ok(MINUTE));
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_calls_than_allowed(
            allowed in 1u32..120, gaps in proptest::collection::vec(0u64..3_000, 1..300),
        ) {
            let (pace, mut now, mut begun) = (Pace::new(allowed), Duration::ZERO, Vec::new());
            for gap in gaps {
                now += Duration::from_millis(gap);
                begun.push(pace.reserve(now, Duration::MAX).unwrap());
            }
            for (first, start) in begun.iter().enumerate() {
                let within = begun[first..].iter().take_while(|at| **at < *start + MINUTE).count();
                prop_assert!(within <= allowed as usize, "{within} of {allowed}");
            }
        }
    }
}

//! How durations are spread: sum and extremes exactly, quantiles within half a percent, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use super::split::millis;

/// Bits of a value that are kept: buckets are at most 1/128 of their value wide, so that their middle is off by less than 0.4 %.
const KEPT_BITS: u32 = 8;

/// Durations, counted by bucket as HdrHistogram does (Tene, 2012): at most 7,424 buckets, whatever comes in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread {
    count: u64,
    sum: Duration,
    longest: Duration,
    shortest: Option<Duration>,
    buckets: BTreeMap<u64, u64>,
}

impl Spread {
    /// Counts one, in whole milliseconds.
    pub fn add(&mut self, time: Duration) {
        self.count += 1;
        self.sum = self.sum.saturating_add(time);
        self.longest = self.longest.max(time);
        self.shortest = Some(self.shortest.map_or(time, |shortest| shortest.min(time)));
        *self.buckets.entry(lower_bound(millis(time))).or_default() += 1;
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; `None` of none.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        (self.count > 0).then(|| self.sum.div_f64(self.count as f64))
    }

    /// The longest; `None` of none.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        self.shortest.map(|_| self.longest)
    }

    /// The time that `share` (0 to 1) of all took at most: the nearest rank, within 0.4 %; `None` of none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let shortest = self.shortest?;
        let rank = ((share.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut before = 0;
        let bucket = self.buckets.iter().find(|(_, held)| {
            before += **held;
            before >= rank
        })?;
        Some(Duration::from_millis(middle(*bucket.0)).clamp(shortest, self.longest))
    }
}

/// The smallest value of the bucket that `value` falls into: all but its leading bits are cleared.
fn lower_bound(value: u64) -> u64 {
    let dropped = (u64::BITS - value.leading_zeros()).saturating_sub(KEPT_BITS);
    value >> dropped << dropped
}

fn middle(lower: u64) -> u64 {
    let dropped = (u64::BITS - lower.leading_zeros()).saturating_sub(KEPT_BITS);
    lower + ((1_u64 << dropped) - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_half_a_percent_of_the_nearest_rank() {
        let mut spread = Spread::default();
        let mut all: Vec<u64> = (1..=1_000_u64).map(|n| n * n * 37 % 9_999_991).collect();
        all.iter().for_each(|ms| spread.add(Duration::from_millis(*ms)));
        all.sort_unstable();
        for share in [0.0_f64, 0.5, 0.9, 0.99, 1.0] {
            let exact = all[((share * 1_000.0).ceil() as usize).max(1) - 1] as f64;
            let told = spread.quantile(share).unwrap().as_millis() as f64;
            assert!((told - exact).abs() <= exact * 0.005, "{share}: {told} for {exact}");
        }
    }

    #[test]
    fn small_values_and_single_ones_are_exact_and_none_has_no_value() {
        assert_eq!((Spread::default().mean(), Spread::default().quantile(0.5)), (None, None));
        for ms in [0, 1, 255, 1_234_567, u64::MAX] {
            let mut spread = Spread::default();
            spread.add(Duration::from_millis(ms));
            assert_eq!(spread.quantile(0.5), Some(Duration::from_millis(ms)));
        }
    }
}

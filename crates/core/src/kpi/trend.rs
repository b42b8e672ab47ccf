//! Endings over time, in at most so many equal periods, however long that time is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::{Ending, Endings};
use crate::time::Timestamp;

/// Most periods; a plot with more bars is not read.
const MAX_PERIODS: u64 = 60;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Counts by day; where that would make too many, by two days, four, and so on.
#[derive(Debug, Clone)]
pub(super) struct Trend {
    days: u64,
    periods: BTreeMap<u64, Endings>,
}

impl Default for Trend {
    fn default() -> Self {
        Self { days: 1, periods: BTreeMap::new() }
    }
}

impl Trend {
    pub(super) fn add(&mut self, opened_at: Timestamp, ending: Ending) {
        let place = opened_at.as_millis() / (DAY_MS * self.days);
        self.periods.entry(place).or_default().add(ending);
        while self.length() > MAX_PERIODS {
            self.widen();
        }
    }

    fn length(&self) -> u64 {
        let ends = self.periods.first_key_value().zip(self.periods.last_key_value());
        ends.map_or(0, |((first, _), (last, _))| last - first + 1)
    }

    fn widen(&mut self) {
        self.days *= 2;
        for (place, endings) in std::mem::take(&mut self.periods) {
            self.periods.entry(place / 2).or_default().merge(&endings);
        }
    }

    /// From the first incident to the last, without gaps.
    pub(super) fn periods(&self) -> Vec<Period> {
        let ends = self.periods.first_key_value().zip(self.periods.last_key_value());
        let Some(((first, _), (last, _))) = ends else { return Vec::new() };
        (*first..=*last).map(|place| self.period(place)).collect()
    }

    fn period(&self, place: u64) -> Period {
        let from = Timestamp::from_millis(place * self.days * DAY_MS);
        Period { from, days: self.days, endings: self.periods.get(&place).copied().unwrap_or_default() }
    }
}

/// The incidents that were opened in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Its first moment, a midnight in UTC.
    pub from: Timestamp,
    /// How many days it has.
    pub days: u64,
    /// How they ended.
    pub endings: Endings,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_of_time_fits_into_the_periods_and_nothing_is_lost() {
        for step in [1, DAY_MS / 3, DAY_MS, 11 * DAY_MS, u64::MAX / 100] {
            let mut trend = Trend::default();
            (0..100).for_each(|n| trend.add(Timestamp::from_millis(n * step), Ending::Healed));
            let periods = trend.periods();
            assert!(periods.len() <= 60, "{step}: {}", periods.len());
            assert_eq!(periods.iter().map(|period| period.endings.all()).sum::<u64>(), 100);
            assert!(periods.windows(2).all(|pair| pair[0].from < pair[1].from));
        }
    }
}

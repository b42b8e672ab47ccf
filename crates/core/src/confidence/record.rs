//! Outcomes counted so that old ones weigh less.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TrackRecord;
use crate::time::Timestamp;

/// The most that either side of a [`Tally`] counts.
const MOST: f64 = 1e5;

const MS_PER_DAY: f64 = 86_400_000.0;

/// After how many days an outcome weighs half: pipelines, dependencies and runbooks change.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct HalfLife(f64);

impl HalfLife {
    /// `days`, between one hour and a hundred years; not-a-number is the default.
    #[must_use]
    pub fn days(days: f64) -> Self {
        if days.is_nan() { Self::default() } else { Self(days.clamp(1.0 / 24.0, 36_500.0)) }
    }

    /// What an outcome of this age weighs: 1 for a fresh one, then less and less.
    #[must_use]
    pub fn weight(self, age: Duration) -> f64 {
        (-(age.as_millis() as f64) / MS_PER_DAY / self.0).exp2()
    }
}

impl Default for HalfLife {
    /// 90 days.
    fn default() -> Self {
        Self(90.0)
    }
}

impl From<f64> for HalfLife {
    fn from(days: f64) -> Self {
        Self::days(days)
    }
}

impl From<HalfLife> for f64 {
    fn from(half_life: HalfLife) -> Self {
        half_life.0
    }
}

/// Heals and failures of one sort, each the sum of its outcomes' weights; 0 to 100,000.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Tally {
    healed: f64,
    failed: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    healed: f64,
    failed: f64,
}

impl Tally {
    /// No outcome.
    pub const NONE: Self = Self { healed: 0.0, failed: 0.0 };

    /// Both clamped. What isn't a number is read to the plan's disadvantage: no heals, or the most failures.
    #[must_use]
    pub fn new(healed: f64, failed: f64) -> Self {
        Self {
            healed: if healed.is_nan() { 0.0 } else { healed.clamp(0.0, MOST) },
            failed: if failed.is_nan() { MOST } else { failed.clamp(0.0, MOST) },
        }
    }

    /// Heals, weighed.
    #[must_use]
    pub fn healed(self) -> f64 {
        self.healed
    }

    /// Failures, weighed.
    #[must_use]
    pub fn failed(self) -> f64 {
        self.failed
    }

    fn plus(self, healed: bool, weight: f64) -> Self {
        let (heal, failure) = if healed { (weight, 0.0) } else { (0.0, weight) };
        Self::new(self.healed + heal, self.failed + failure)
    }

    fn times(self, weight: f64) -> Self {
        Self::new(self.healed * weight, self.failed * weight)
    }

    /// Together with the share `part` of what `other` counts beyond this one.
    fn joined(self, other: Self, part: f64) -> Self {
        let join = |own: f64, others: f64| own + part * (others - own).max(0.0);
        Self::new(join(self.healed, other.healed), join(self.failed, other.failed))
    }
}

/// One outcome, as far as a [`Record`] counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Whether it ended in a verified heal.
    pub healed: bool,
    /// Whether it had been verified on a copy before it was applied.
    pub rehearsed: bool,
    /// When the outcome was seen.
    pub at: Timestamp,
}

/// How plans of one kind, or of one source, did.
///
/// A heal after a verified rehearsal says little about a plan that nobody can rehearse, so the two are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Of plans that had been verified on a copy.
    #[serde(default)]
    pub rehearsed: Tally,
    /// Of all others, and of those of which it isn't known: read as if they had been tried like the plan in question.
    #[serde(default)]
    pub plain: Tally,
}

impl Record {
    /// No outcome.
    pub const NONE: Self = Self { rehearsed: Tally::NONE, plain: Tally::NONE };

    /// Outcomes of which it isn't known how they had been tried.
    #[must_use]
    pub fn new(healed: f64, failed: f64) -> Self {
        Self { rehearsed: Tally::NONE, plain: Tally::new(healed, failed) }
    }

    /// The outcomes as they weigh at `now`.
    #[must_use]
    pub fn of(outcomes: impl IntoIterator<Item = Counted>, now: Timestamp, half_life: HalfLife) -> Self {
        outcomes.into_iter().fold(Self::NONE, |record, outcome| {
            record.plus(outcome.healed, outcome.rehearsed, half_life.weight(now.since(outcome.at)))
        })
    }

    /// With a fresh outcome.
    #[must_use]
    pub fn with(self, healed: bool, rehearsed: bool) -> Self {
        self.plus(healed, rehearsed, 1.0)
    }

    /// As it weighs when `passed` more time went by.
    #[must_use]
    pub fn aged(self, passed: Duration, half_life: HalfLife) -> Self {
        let weight = half_life.weight(passed);
        Self { rehearsed: self.rehearsed.times(weight), plain: self.plain.times(weight) }
    }

    /// Heals, weighed, however they had been tried.
    #[must_use]
    pub fn healed(self) -> f64 {
        self.rehearsed.healed + self.plain.healed
    }

    /// Failures, weighed, however they had been tried.
    #[must_use]
    pub fn failed(self) -> f64 {
        self.rehearsed.failed + self.plain.failed
    }

    /// Together with the share `part` of what `other` counts beyond this record.
    pub(super) fn joined(self, other: Self, part: f64) -> Self {
        Self { rehearsed: self.rehearsed.joined(other.rehearsed, part), plain: self.plain.joined(other.plain, part) }
    }

    fn plus(mut self, healed: bool, rehearsed: bool, weight: f64) -> Self {
        let tally = if rehearsed { &mut self.rehearsed } else { &mut self.plain };
        *tally = tally.plus(healed, weight);
        self
    }
}

impl From<TrackRecord> for Record {
    /// Every outcome as if it were fresh, and not known how it had been tried.
    fn from(record: TrackRecord) -> Self {
        Self::new(f64::from(record.healed), f64::from(record.failed))
    }
}

impl From<Written> for Tally {
    fn from(written: Written) -> Self {
        Self::new(written.healed, written.failed)
    }
}

impl From<Tally> for Written {
    fn from(Tally { healed, failed }: Tally) -> Self {
        Self { healed, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn an_outcome_weighs_half_after_the_half_life() {
        let now = Timestamp::from_millis(180 * DAY);
        let outcomes = [(true, 180 * DAY), (true, 90 * DAY), (false, 0)];
        let outcomes =
            outcomes.map(|(healed, at)| Counted { healed, rehearsed: false, at: Timestamp::from_millis(at) });
        let record = Record::of(outcomes, now, HalfLife::default());
        assert!((record.healed() - 1.5).abs() < 1e-12 && (record.failed() - 0.25).abs() < 1e-12, "{record:?}");

        let later = record.aged(Duration::from_millis(90 * DAY), HalfLife::default());
        assert!((later.healed() - 0.75).abs() < 1e-12, "{later:?}");
    }

    #[test]
    fn what_is_no_number_counts_against_the_plan() {
        assert_eq!(Tally::new(f64::NAN, 1.0), Tally::new(0.0, 1.0));
        assert_eq!(Tally::new(1.0, f64::NAN).failed(), MOST);
        assert_eq!(Tally::new(-3.0, f64::INFINITY), Tally::new(0.0, MOST));
        assert_eq!(serde_json::from_str::<Tally>(r#"{"healed":-1,"failed":2}"#).unwrap(), Tally::new(0.0, 2.0));
        assert!(serde_json::from_str::<Tally>(r#"{"healed":1,"failed":2,"won":3}"#).is_err());
        assert!(serde_json::from_str::<Record>(r#"{"healed":1,"failed":2}"#).is_err());
    }

    #[test]
    fn an_outcome_that_both_records_count_is_counted_once() {
        let kind = Record::new(10.0, 2.0);
        assert_eq!(kind.joined(kind, 0.5), kind);
        assert_eq!(kind.joined(Record::new(14.0, 1.0), 0.5), Record::new(12.0, 2.0));
    }
}

//! Confidence in a diagnosis or a plan, from counted outcomes; never a number that a model states about itself.

use serde::{Deserialize, Serialize};

/// Between 0 (nothing known) and 1 (certain).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(f64);

impl Confidence {
    /// Nothing known.
    pub const NONE: Self = Self(0.0);

    /// `value` clamped to 0..=1; not-a-number is 0.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// The number, 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

/// How often a fix was verified and how often it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrackRecord {
    /// Times it ended in a verified heal.
    pub healed: u32,
    /// Times it was tried and did not heal.
    pub failed: u32,
}

impl TrackRecord {
    /// Whether memory may propose this fix without a new diagnosis: it healed, and heals more often than not.
    #[must_use]
    pub fn is_good(self) -> bool {
        self.healed > self.failed
    }

    /// The mean of a Beta posterior whose prior is worth `strength` outcomes with mean `prior`.
    #[must_use]
    pub fn posterior(self, prior: Confidence, strength: f64) -> Confidence {
        let healed = f64::from(self.healed) + prior.value() * strength;
        let all = f64::from(self.healed) + f64::from(self.failed) + strength;
        Confidence::new(if all > 0.0 { healed / all } else { prior.value() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_move_the_posterior_away_from_the_prior() {
        let prior = Confidence::new(0.8);
        assert_eq!(TrackRecord::default().posterior(prior, 4.0), prior);
        assert!(TrackRecord { healed: 5, failed: 0 }.posterior(prior, 4.0) > prior);
        assert!(TrackRecord { healed: 0, failed: 5 }.posterior(prior, 4.0) < prior);
        assert_eq!(Confidence::new(f64::NAN), Confidence::NONE);
    }
}

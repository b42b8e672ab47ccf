//! Confidence in a diagnosis or a plan, from counted outcomes; never a number that a model states about itself.
//!
//! # How sure it is that a plan heals
//! [`Head`] reads [`Features`] and answers with an [`Assurance`]: a best estimate and what it is at least, at 95 %. It is a
//! Bayesian logistic regression in which every kind of fix has an effect of its own:
//!
//! 1. The log odds of a plan that nobody tried yet are *x·β*: where it comes from, how it was rehearsed, who agrees, what it
//!    cites, how alike the failure is, how risky it is. *β* has a Gaussian posterior (MacKay, "The evidence framework applied
//!    to classification networks", 1992). Before any outcome it is [`Head::prior`], which is knowledge of the trade and not
//!    fitted to anything; [`Head::fit`] moves it.
//! 2. Kinds of fix differ. The log odds of this one are normal around *x·β*, and the decayed [`Record`] of its own
//!    outcomes moves them (a random intercept). One more heal never lowers the estimate or the bound, one more failure never
//!    raises them, and neither does less evidence.
//! 3. What comes out is recalibrated on outcomes later than those that the head was fitted on, where there are enough.
//!
//! [`Autonomy`] says which lower bound is enough to act without asking, where, and at which risk. [`Calibration`] tells
//! how far predictions can be trusted; [`prequential`] makes them the way they are made in use: before their outcome.

mod autonomy;
mod belief;
mod calibration;
mod design;
mod features;
mod head;
mod linear;
mod prequential;
mod prior;
mod recalibration;
mod record;
mod scoring;
mod unit;

use serde::{Deserialize, Serialize};
use unit::Unit;

pub use autonomy::{
    Autonomy, ByEnvironment, ByHistory, ByImpact, ByRisk, Gate, Impact, InvalidAutonomy, Part, Situation, Threshold,
    Why,
};
pub use calibration::{Bin, Brier, Calibration};
pub use features::{Features, Outcome, Similarity, SourceClass};
pub use head::Head;
pub use prequential::prequential;
pub use record::{Counted, HalfLife, Record, Tally};

/// Between 0 (nothing known) and 1 (certain).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(Unit);

impl Confidence {
    /// Nothing known.
    pub const NONE: Self = Self(Unit::ZERO);

    /// `value` clamped to 0..=1; not-a-number is 0.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self(value.into())
    }

    /// The number, 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0.value()
    }
}

/// How sure it is that a plan heals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assurance {
    /// The best estimate.
    pub mean: Confidence,
    /// What it is at least, at 95 %; never above `mean`.
    pub lower: Confidence,
}

impl Assurance {
    /// Nothing known.
    pub const NONE: Self = Self { mean: Confidence::NONE, lower: Confidence::NONE };
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

    #[test]
    fn a_document_cannot_be_more_than_certain() {
        assert_eq!(serde_json::from_str::<Confidence>("7.5").ok(), Some(Confidence::new(1.0)));
        assert_eq!(serde_json::to_string(&Confidence::new(0.85)).ok().as_deref(), Some("0.85"));
    }
}

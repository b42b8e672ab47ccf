//! Corrects probabilities that are too bold or too timid as a whole.

use serde::{Deserialize, Serialize};

use super::belief::logistic;
use super::scoring::{Observation, Prediction, Prior, fit};

/// Beta calibration (Kull, Silva Filho and Flach, 2017): a monotone map that contains the identity and Platt's sigmoid of log odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recalibration {
    /// Of ln *p*; not negative.
    healed: f64,
    /// Of −ln (1 − *p*); not negative.
    failed: f64,
    /// Log odds added to all.
    shift: f64,
}

/// One prediction and what came of it.
pub(super) struct Verdict {
    pub(super) predicted: f64,
    pub(super) healed: bool,
    pub(super) weight: f64,
}

impl Recalibration {
    /// Starts from the identity and moves as far as the outcomes justify. They must be others than the ones that the
    /// predictions were fitted on.
    pub(super) fn fit(verdicts: &[Verdict]) -> Self {
        let identity = Prior { mean: [1.0, 1.0, 0.0], deviation: [0.3, 0.3, 0.5], nonnegative: [true, true, false] };
        let observe = |verdict: &Verdict| Observation {
            row: row(verdict.predicted),
            healed: verdict.healed,
            weight: verdict.weight,
        };
        let observations: Vec<_> = verdicts.iter().map(observe).collect();
        let [healed, failed, shift] = fit(&identity, &observations, |_, log_odds| predict(log_odds)).mode;
        Self { healed, failed, shift }
    }

    pub(super) fn apply(self, probability: f64) -> f64 {
        let [ln_p, ln_q, one] = row(probability);
        logistic(self.healed * ln_p + self.failed * ln_q + self.shift * one)
    }
}

fn row(probability: f64) -> [f64; 3] {
    let inner = probability.clamp(1e-6, 1.0 - 1e-6);
    [inner.ln(), -(-inner).ln_1p(), 1.0]
}

fn predict(log_odds: f64) -> Prediction {
    let probability = logistic(log_odds);
    Prediction { probability, slope: probability * (1.0 - probability) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(predicted: f64, healed: usize, of: usize) -> impl Iterator<Item = Verdict> {
        (0..of).map(move |index| Verdict { predicted, healed: index < healed, weight: 1.0 })
    }

    #[test]
    fn without_outcomes_nothing_changes() {
        let map = Recalibration::fit(&[]);
        assert!([0.01, 0.5, 0.93].iter().all(|p| (map.apply(*p) - p).abs() < 1e-9));
    }

    #[test]
    fn boldness_is_corrected_and_the_order_kept() {
        let outcomes: Vec<_> = verdicts(0.95, 160, 200).chain(verdicts(0.7, 110, 200)).collect();
        let map = Recalibration::fit(&outcomes);
        assert!((map.apply(0.95) - 0.8).abs() < 0.03, "{}", map.apply(0.95));
        assert!((map.apply(0.7) - 0.55).abs() < 0.03, "{}", map.apply(0.7));
        let mapped: Vec<f64> = (0..=100_i32).map(|p| map.apply(f64::from(p) / 100.0)).collect();
        assert!(mapped.is_sorted());
    }
}

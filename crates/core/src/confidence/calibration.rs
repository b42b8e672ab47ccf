//! How far predictions can be trusted.

use serde::Serialize;

use super::Confidence;

const MOST_BINS: usize = 10;
const LEAST_PER_BIN: usize = 20;
/// Predictions are kept this far from 0 and 1 in the logarithmic loss, which is infinite there.
const LEAST: f64 = 1e-6;

/// Predictions against what came of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// How many predictions.
    pub outcomes: usize,
    /// The share that healed.
    pub base_rate: f64,
    /// The mean squared error and its parts.
    pub brier: Brier,
    /// Mean negative logarithm of the probability that was given to what happened, in nats.
    pub log_loss: f64,
    /// Expected calibration error: how far predicted and healed share lie apart, averaged over [`bins`](Self::bins) by size.
    pub ece: f64,
    /// The reliability table: bins of equal size, up to ten of at least twenty predictions where there are that many.
    /// Equal predictions share a bin, so there may be fewer.
    pub bins: Vec<Bin>,
}

/// The Brier score, 0 to 1, less is better, and its parts over the bins (Murphy, 1973):
/// `score ≈ reliability − resolution + uncertainty`, exact if predictions within a bin are equal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Brier {
    /// Mean squared difference of prediction and outcome.
    pub score: f64,
    /// How far the bins' predictions are from what came of them; 0 is calibrated.
    pub reliability: f64,
    /// How far the bins' outcomes differ from the base rate; more is more telling.
    pub resolution: f64,
    /// The variance of the outcomes: the score of predicting the base rate.
    pub uncertainty: f64,
}

/// Predictions next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// How many.
    pub outcomes: usize,
    /// Their mean.
    pub predicted: f64,
    /// The share that healed.
    pub healed: f64,
}

impl Calibration {
    /// Compares what was predicted, before the outcome was known, with whether it healed. `None` of nothing.
    #[must_use]
    pub fn of(predictions: &[(Confidence, bool)]) -> Option<Self> {
        if predictions.is_empty() {
            return None;
        }
        let mut numbers: Vec<(f64, f64)> =
            predictions.iter().map(|(predicted, healed)| (predicted.value(), f64::from(u8::from(*healed)))).collect();
        numbers.sort_by(|one, other| one.0.total_cmp(&other.0));
        let bins = bins(&numbers);
        let base_rate = mean(numbers.iter().map(|(_, healed)| *healed));
        Some(Self {
            outcomes: numbers.len(),
            base_rate,
            brier: Brier::of(&numbers, &bins, base_rate),
            log_loss: mean(numbers.iter().map(|(predicted, healed)| surprise(*predicted, *healed))),
            ece: over(&bins, |bin| (bin.predicted - bin.healed).abs()),
            bins,
        })
    }
}

impl Brier {
    fn of(numbers: &[(f64, f64)], bins: &[Bin], base_rate: f64) -> Self {
        Self {
            score: mean(numbers.iter().map(|(predicted, healed)| (predicted - healed).powi(2))),
            reliability: over(bins, |bin| (bin.predicted - bin.healed).powi(2)),
            resolution: over(bins, |bin| (bin.healed - base_rate).powi(2)),
            uncertainty: base_rate * (1.0 - base_rate),
        }
    }
}

/// Cuts sorted predictions into bins of equal size; one ends later where the next prediction is the same.
fn bins(sorted: &[(f64, f64)]) -> Vec<Bin> {
    let wanted = (sorted.len() / LEAST_PER_BIN).clamp(1, MOST_BINS);
    let mut bins = Vec::with_capacity(wanted);
    let mut rest = sorted;
    for left in (1..=wanted).rev() {
        let size = rest.len().div_ceil(left);
        let Some((last, _)) = size.checked_sub(1).and_then(|index| rest.get(index)) else { break };
        let end = rest.partition_point(|(predicted, _)| predicted <= last);
        let (own, others) = rest.split_at(end);
        bins.push(Bin {
            outcomes: own.len(),
            predicted: mean(own.iter().map(|(predicted, _)| *predicted)),
            healed: mean(own.iter().map(|(_, healed)| *healed)),
        });
        rest = others;
    }
    bins
}

/// The mean over bins by size.
fn over(bins: &[Bin], of: impl Fn(&Bin) -> f64) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.outcomes).sum();
    bins.iter().map(|bin| of(bin) * bin.outcomes as f64).sum::<f64>() / all as f64
}

fn surprise(predicted: f64, healed: f64) -> f64 {
    let given = if healed > 0.5 { predicted } else { 1.0 - predicted };
    -given.max(LEAST).ln()
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len() as f64;
    numbers.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(predicted: f64, healed: usize, of: usize) -> Vec<(Confidence, bool)> {
        (0..of).map(|index| (Confidence::new(predicted), index < healed)).collect()
    }

    #[test]
    fn what_comes_true_as_often_as_predicted_is_calibrated() {
        let all = [predictions(0.9, 90, 100), predictions(0.2, 20, 100)].concat();
        let calibration = Calibration::of(&all).unwrap();
        assert!(calibration.ece < 1e-12 && calibration.brier.reliability < 1e-12, "{calibration:?}");
        assert!((calibration.brier.score - (0.09 + 0.16) / 2.0).abs() < 1e-12);
        let Brier { score, reliability, resolution, uncertainty } = calibration.brier;
        assert!((score - (reliability - resolution + uncertainty)).abs() < 1e-12);
    }

    #[test]
    fn boldness_shows_as_calibration_error() {
        let calibration = Calibration::of(&predictions(0.9, 60, 100)).unwrap();
        assert!((calibration.ece - 0.3).abs() < 1e-12, "{calibration:?}");
        assert_eq!(calibration.bins.len(), 1, "equal predictions share a bin");
        assert!((calibration.log_loss + 0.6 * 0.9_f64.ln() + 0.4 * 0.1_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn bins_are_of_equal_size_and_few_outcomes_make_few() {
        let spread = |count: usize| -> Vec<(Confidence, bool)> {
            (0..count).map(|index| (Confidence::new(index as f64 / count as f64), index % 2 == 0)).collect()
        };
        let sizes =
            |count| Calibration::of(&spread(count)).unwrap().bins.iter().map(|bin| bin.outcomes).collect::<Vec<_>>();
        assert_eq!(sizes(1000), [100; 10]);
        assert_eq!(sizes(50), [25, 25]);
        assert_eq!(sizes(3), [3]);
        assert!(Calibration::of(&[]).is_none());
    }
}

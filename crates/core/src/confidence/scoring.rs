//! The coefficients that explain outcomes best, and how sure that is: Fisher scoring (iteratively reweighted least squares)
//! with a Gaussian prior, kept inside the sign constraints by projection (Bertsekas, "Projected Newton methods for
//! optimization problems with simple constraints", 1982).

use super::linear::{Factor, Matrix, dot};

const MOST_STEPS: usize = 50;
const MOST_HALVINGS: usize = 30;
/// Steps shorter than this have arrived.
const ARRIVED: f64 = 1e-8;
/// Predictions are kept this far from 0 and 1, so that one surprise can't outweigh everything.
const LEAST: f64 = 1e-6;

/// Gaussian knowledge of coefficients before any outcome, independent of each other.
pub(super) struct Prior<const D: usize> {
    pub(super) mean: [f64; D],
    pub(super) deviation: [f64; D],
    /// Which can't be negative.
    pub(super) nonnegative: [bool; D],
}

/// Gaussian knowledge of coefficients around their mode (Laplace's approximation).
pub(super) struct Posterior<const D: usize> {
    pub(super) mode: [f64; D],
    pub(super) covariance: Matrix<D>,
    /// Of the outcomes, up to a constant: what MacKay compares models by.
    pub(super) ln_evidence: f64,
}

/// One outcome.
pub(super) struct Observation<const D: usize> {
    pub(super) row: [f64; D],
    pub(super) healed: bool,
    pub(super) weight: f64,
}

/// What is predicted at some log odds.
#[derive(Clone, Copy)]
pub(super) struct Prediction {
    pub(super) probability: f64,
    /// How fast the probability grows with the log odds.
    pub(super) slope: f64,
}

/// The posterior of coefficients whose products with a row are log odds; `link` says what the log odds of the observation
/// with this index predict.
pub(super) fn fit<const D: usize>(
    prior: &Prior<D>,
    observations: &[Observation<D>],
    link: impl Fn(usize, f64) -> Prediction,
) -> Posterior<D> {
    let problem = Problem { prior, observations, link };
    let mut here = problem.look(prior.mean);
    for _ in 0..MOST_STEPS {
        let Some(next) = problem.step(&here).and_then(|step| problem.search(&here, &step)) else { break };
        let moved = next.at.iter().zip(&here.at).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
        here = next;
        if moved < ARRIVED {
            break;
        }
    }
    here.posterior(prior)
}

pub(super) fn diagonal<const D: usize>(of: impl Fn(usize) -> f64) -> Matrix<D> {
    std::array::from_fn(|row| std::array::from_fn(|column| if row == column { of(row) } else { 0.0 }))
}

struct Problem<'a, const D: usize, L> {
    prior: &'a Prior<D>,
    observations: &'a [Observation<D>],
    link: L,
}

/// The logarithm of the posterior at some coefficients, its gradient, and the expected information.
struct Look<const D: usize> {
    at: [f64; D],
    value: f64,
    gradient: [f64; D],
    information: Matrix<D>,
}

impl<const D: usize, L: Fn(usize, f64) -> Prediction> Problem<'_, D, L> {
    fn look(&self, at: [f64; D]) -> Look<D> {
        let mut look = self.prior_at(at);
        for (index, observation) in self.observations.iter().enumerate() {
            look.add(observation, (self.link)(index, dot(&observation.row, &at)));
        }
        look
    }

    fn prior_at(&self, at: [f64; D]) -> Look<D> {
        let precision = self.prior.deviation.map(|deviation| deviation.powi(-2));
        let off: [f64; D] = std::array::from_fn(|entry| at[entry] - self.prior.mean[entry]);
        Look {
            at,
            value: -0.5 * (0..D).map(|entry| precision[entry] * off[entry].powi(2)).sum::<f64>(),
            gradient: std::array::from_fn(|entry| -precision[entry] * off[entry]),
            information: diagonal(|entry| precision[entry]),
        }
    }

    /// Uphill; entries that are held at zero by their constraint stay there.
    fn step(&self, here: &Look<D>) -> Option<[f64; D]> {
        let held = |entry: usize| self.prior.nonnegative[entry] && here.at[entry] <= 0.0 && here.gradient[entry] < 0.0;
        let mut information = here.information;
        for (row, line) in information.iter_mut().enumerate() {
            for (column, cell) in line.iter_mut().enumerate() {
                if row != column && (held(row) || held(column)) {
                    *cell = 0.0;
                }
            }
        }
        let gradient = std::array::from_fn(|entry| if held(entry) { 0.0 } else { here.gradient[entry] });
        Some(Factor::of(&information)?.solve(&gradient))
    }

    /// The first of the step, its half, its quarter … that is better than `here`.
    fn search(&self, here: &Look<D>, step: &[f64; D]) -> Option<Look<D>> {
        let mut length = 1.0;
        for _ in 0..MOST_HALVINGS {
            let next = self.look(self.project(std::array::from_fn(|entry| here.at[entry] + length * step[entry])));
            if next.value > here.value {
                return Some(next);
            }
            length /= 2.0;
        }
        None
    }

    fn project(&self, mut at: [f64; D]) -> [f64; D] {
        for (entry, nonnegative) in at.iter_mut().zip(self.prior.nonnegative) {
            *entry = if nonnegative { entry.max(0.0) } else { *entry };
        }
        at
    }
}

impl<const D: usize> Look<D> {
    fn posterior(self, prior: &Prior<D>) -> Posterior<D> {
        // The information is at least the prior's, which is positive definite; only overflow could leave no factor.
        let Some(factor) = Factor::of(&self.information) else {
            let covariance = diagonal(|entry| prior.deviation[entry].powi(2));
            return Posterior { mode: prior.mean, covariance, ln_evidence: f64::NEG_INFINITY };
        };
        let ln_evidence = self.value - 0.5 * factor.ln_determinant();
        Posterior { mode: self.at, covariance: factor.inverse(), ln_evidence }
    }

    fn add(&mut self, observation: &Observation<D>, predicted: Prediction) {
        let probability = predicted.probability.clamp(LEAST, 1.0 - LEAST);
        let variance = probability * (1.0 - probability);
        let (seen, likelihood) = if observation.healed { (1.0, probability) } else { (0.0, 1.0 - probability) };
        self.value += observation.weight * likelihood.ln();
        let pull = observation.weight * (seen - probability) * predicted.slope / variance;
        let information = observation.weight * predicted.slope.powi(2) / variance;
        for row in 0..D {
            self.gradient[row] += pull * observation.row[row];
            for column in 0..D {
                self.information[row][column] += information * observation.row[row] * observation.row[column];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::belief::logistic;

    fn plain(_: usize, log_odds: f64) -> Prediction {
        let probability = logistic(log_odds);
        Prediction { probability, slope: probability * (1.0 - probability) }
    }

    fn observations(rows: &[([f64; 2], bool)]) -> Vec<Observation<2>> {
        rows.iter().map(|(row, healed)| Observation { row: *row, healed: *healed, weight: 1.0 }).collect()
    }

    fn prior(mean: [f64; 2], deviation: f64) -> Prior<2> {
        Prior { mean, deviation: [deviation; 2], nonnegative: [false, true] }
    }

    #[test]
    fn without_outcomes_the_prior_stands() {
        let posterior = fit(&prior([0.3, 0.7], 0.5), &[], plain);
        assert_eq!(posterior.mode, [0.3, 0.7]);
        assert!((posterior.covariance[0][0] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn under_a_vague_prior_the_mode_is_the_maximum_likelihood() {
        // 8 of 10 without, 9 of 10 with the second entry: log odds ln 4, and ln 9 - ln 4 on top.
        let rows: Vec<_> = (0..20).map(|i| ([1.0, f64::from(u8::from(i >= 10))], ![0, 1, 10].contains(&i))).collect();
        let posterior = fit(&prior([0.0, 0.0], 1e3), &observations(&rows), plain);
        assert!((posterior.mode[0] - 4.0_f64.ln()).abs() < 1e-4, "{:?}", posterior.mode);
        assert!((posterior.mode[1] - 2.25_f64.ln()).abs() < 1e-4, "{:?}", posterior.mode);
        assert!((posterior.covariance[0][0] - 1.0 / 1.6).abs() < 1e-3, "{:?}", posterior.covariance);
    }

    #[test]
    fn evidence_that_would_count_against_a_plan_counts_nothing() {
        let rows: Vec<_> = (0..20).map(|i| ([1.0, f64::from(u8::from(i >= 10))], i < 10)).collect();
        let posterior = fit(&prior([0.0, 0.5], 1.0), &observations(&rows), plain);
        assert_eq!(posterior.mode[1], 0.0);
        assert!(posterior.mode[0].abs() < 0.1, "the rest explains the outcomes alone: {:?}", posterior.mode);
    }
}

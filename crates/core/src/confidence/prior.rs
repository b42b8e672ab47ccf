//! What is believed before any outcome is known. Knowledge of the trade, not fitted to anything; outcomes correct it.

use super::design::{
    AGREEMENT, CITATIONS, EVIDENCE, INTERCEPT, IRREVERSIBLE, MEMORY, MODEL, NOTHING, RISK, SIMILARITY, TRIED, VERIFIED,
    WIDTH,
};
use super::scoring::Prior;

/// Variances that the log odds of kinds of fix may have around what the regression says of their sort. In the middle most lie within a
/// factor 4 of its odds; that one is believed until outcomes say otherwise.
pub(super) const KIND_VARIANCES: [f64; 5] = [0.25, 0.35, 0.5, 1.0, 2.0];

/// What is believed of a kind variance before any outcome: it is within a factor of two of the middle one, most likely.
pub(super) fn ln_prior_of(kind_variance: f64) -> f64 {
    -0.5 * (kind_variance / KIND_VARIANCES[2]).log2().powi(2)
}

/// Mean and standard deviation of each coefficient. What comes of them for a runbook's plan without record and citations:
///
/// | | heals | at least, at 95 % |
/// |---|---|---|
/// | medium risk, not rehearsed | 56 % | 20 % |
/// | low risk, tried in place: a rerun, a variable, a memory limit | 84 % | 58 % |
/// | medium risk, every criterion held on a copy | 97 % | 89 % |
const COEFFICIENTS: [(usize, f64, f64); WIDTH] = [
    (INTERCEPT, 0.5, 0.35),
    (MEMORY, 0.0, 0.3),
    (MODEL, -1.0, 0.5),
    (NOTHING, -3.0, 0.5),
    (TRIED, 1.5, 0.35),
    (VERIFIED, 2.0, 0.35),
    (AGREEMENT, 0.6, 0.2),
    (CITATIONS, 0.4, 0.2),
    (SIMILARITY, 0.8, 0.3),
    (RISK, -0.6, 0.3),
    (IRREVERSIBLE, -0.5, 0.3),
];

/// The coefficients' prior, more evidence being worth at least as much as less.
pub(super) fn prior() -> Prior<WIDTH> {
    let mut prior = Prior { mean: [0.0; WIDTH], deviation: [1.0; WIDTH], nonnegative: [false; WIDTH] };
    for (entry, mean, deviation) in COEFFICIENTS {
        prior.mean[entry] = mean;
        prior.deviation[entry] = deviation;
        prior.nonnegative[entry] = EVIDENCE.contains(&entry);
    }
    prior
}

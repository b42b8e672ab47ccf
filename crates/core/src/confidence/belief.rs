//! What is believed of the log odds of one kind of fix.

use std::sync::LazyLock;

use super::record::Tally;

/// Log odds are looked at from −12 to 12: probabilities from 6 in a million to all but 6 in a million.
const REACH: f64 = 12.0;
const STEP: f64 = 0.1;

struct Node {
    log_odds: f64,
    probability: f64,
}

static NODES: LazyLock<Vec<Node>> = LazyLock::new(|| {
    let half = (REACH / STEP) as i32;
    let nodes = (-half..=half).map(|index| f64::from(index) * STEP);
    nodes.map(|log_odds| Node { log_odds, probability: logistic(log_odds) }).collect()
});

/// Outcomes of plans that were `ahead` of the plan in question by so much log odds, for having been tried better.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) tally: Tally,
    pub(super) ahead: f64,
}

/// The logarithm of the likelihood of what was seen, one per node.
pub(super) struct Likelihood(Vec<f64>);

impl Likelihood {
    pub(super) fn of(seen: &[Seen]) -> Self {
        let at = |node: &Node| seen.iter().map(|seen| seen.ln_likelihood(node.log_odds)).sum();
        Self(NODES.iter().map(at).collect())
    }
}

/// A normal belief about log odds, moved by what was seen: its density on a grid that is the same for every plan.
///
/// On one grid, beliefs with the same variance are ordered by likelihood ratio: up with the normal's mean and with each heal, down
/// with each failure and with how far the others were ahead. So the estimate and every quantile are monotone in all of them, to
/// rounding: no approximation has to be trusted for that.
pub(super) struct Belief {
    /// One per node; sums to 1.
    mass: Vec<f64>,
    variance: f64,
}

impl Belief {
    /// Log odds are normal around `mean` before anything was seen.
    pub(super) fn new(mean: f64, variance: f64, seen: &Likelihood) -> Self {
        let mean = mean.clamp(-REACH, REACH);
        let ln_normal = |node: &Node| -(node.log_odds - mean).powi(2) / (2.0 * variance);
        let mut mass: Vec<f64> = NODES.iter().zip(&seen.0).map(|(node, seen)| ln_normal(node) + seen).collect();
        let most = mass.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        mass.iter_mut().for_each(|ln| *ln = (*ln - most).exp());
        let all: f64 = mass.iter().sum();
        mass.iter_mut().for_each(|part| *part /= all);
        Self { mass, variance }
    }

    /// The probability of a heal.
    pub(super) fn probability(&self) -> f64 {
        self.expect(|node| node.probability)
    }

    /// How fast [`probability`](Self::probability) grows with the normal's mean: the covariance of probability and log odds over
    /// the normal's variance.
    pub(super) fn slope(&self) -> f64 {
        let product = self.expect(|node| node.probability * node.log_odds);
        (product - self.probability() * self.expect(|node| node.log_odds)) / self.variance
    }

    /// The probability that the truth is above with probability `level`.
    pub(super) fn at_least(&self, level: f64) -> f64 {
        let mut below = 0.0;
        for (node, mass) in NODES.iter().zip(&self.mass) {
            if below + mass >= 1.0 - level {
                let part = if *mass > 0.0 { (1.0 - level - below) / mass } else { 0.0 };
                return logistic(node.log_odds + (part - 0.5) * STEP);
            }
            below += mass;
        }
        logistic(REACH)
    }

    fn expect(&self, of: impl Fn(&Node) -> f64) -> f64 {
        NODES.iter().zip(&self.mass).map(|(node, mass)| of(node) * mass).sum()
    }
}

impl Seen {
    fn ln_likelihood(&self, log_odds: f64) -> f64 {
        let (healed, failed) = (self.tally.healed(), self.tally.failed());
        if healed + failed == 0.0 {
            return 0.0;
        }
        // ln (1 − p) is ln p less the log odds.
        let theirs = log_odds + self.ahead;
        (healed + failed) * ln_logistic(theirs) - failed * theirs
    }
}

/// The probability of log odds.
pub(super) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn ln_logistic(log_odds: f64) -> f64 {
    if log_odds > 0.0 { -(-log_odds).exp().ln_1p() } else { log_odds - log_odds.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(healed: f64, failed: f64) -> Likelihood {
        Likelihood::of(&[Seen { tally: Tally::new(healed, failed), ahead: 0.0 }])
    }

    #[test]
    fn without_a_record_the_bound_is_the_normal_quantile() {
        let belief = Belief::new(2.0, 0.64, &Likelihood::of(&[]));
        let expected = logistic(2.0 - 1.644_853_6 * 0.8);
        assert!((belief.at_least(0.95) - expected).abs() < 1e-3, "{}", belief.at_least(0.95));
    }

    #[test]
    fn a_vague_belief_follows_the_record() {
        // A Beta(80, 20) posterior of log odds: mean 0.8, 5 % quantile 0.7316.
        let belief = Belief::new(0.0, 1e4, &seen(80.0, 20.0));
        assert!((belief.probability() - 0.8).abs() < 1e-3, "{}", belief.probability());
        assert!((belief.at_least(0.95) - 0.7316).abs() < 2e-3, "{}", belief.at_least(0.95));
    }

    #[test]
    fn heals_of_plans_that_were_ahead_say_less() {
        let after = |ahead| {
            Belief::new(0.0, 0.5, &Likelihood::of(&[Seen { tally: Tally::new(20.0, 0.0), ahead }])).probability()
        };
        assert!(after(0.0) > after(3.0) && after(3.0) > Belief::new(0.0, 0.5, &Likelihood::of(&[])).probability());
    }

    #[test]
    fn the_slope_is_the_derivative() {
        let at = |mean| Belief::new(mean, 0.5, &seen(3.0, 1.0));
        let difference = (at(1.001).probability() - at(0.999).probability()) / 0.002;
        assert!((at(1.0).slope() - difference).abs() < 1e-5, "{} {difference}", at(1.0).slope());
    }

    #[test]
    fn records_beyond_reason_leave_it_finite() {
        let belief = Belief::new(-99.0, 0.5, &seen(f64::INFINITY, f64::NAN));
        assert!(belief.probability().is_finite() && belief.at_least(0.95).is_finite());
    }
}

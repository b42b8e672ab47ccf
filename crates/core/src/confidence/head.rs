//! The head: features in, assurance out.

use serde::{Deserialize, Serialize};

use super::belief::{Belief, Likelihood, Seen};
use super::design::{Row, WIDTH, ahead_if_verified, evidence_corners, row};
use super::features::{Features, Outcome};
use super::linear::{Matrix, dot, quadratic};
use super::prior::{KIND_VARIANCES, ln_prior_of, prior};
use super::recalibration::{Recalibration, Verdict};
use super::scoring::{self, Observation, Posterior, Prediction};
use super::{Assurance, Confidence, HalfLife};
use crate::time::Timestamp;

/// Outcomes beyond the newest so many are not read.
const MOST_OUTCOMES: usize = 5_000;
/// Fewer outcomes than this say nothing about calibration.
const LEAST_TO_RECALIBRATE: usize = 30;
/// The share of outcomes, the latest, that is kept for recalibration.
const SHARE_TO_RECALIBRATE: f64 = 0.3;

/// Says how sure it is that a plan heals; see the [module](crate::confidence) for how.
///
/// Once made it changes no more: the same features give the same assurance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    coefficients: Row,
    covariance: Matrix<WIDTH>,
    kind_variance: f64,
    recalibration: Option<Recalibration>,
    outcomes: usize,
    level: f64,
}

impl Head {
    /// What is believed before any outcome: knowledge of the trade, not fitted to anything.
    #[must_use]
    pub fn prior() -> Self {
        Self::regress(&[])
    }

    /// What outcomes teach. Old ones weigh less, by the default [`HalfLife`] before the latest of them, and of more than
    /// 5,000 the latest are read.
    ///
    /// With 100 or more, the latest 30 % are not used for the regression but to recalibrate it. The split is in time: a head is
    /// always used on what comes after the outcomes it has seen.
    #[must_use]
    pub fn fit(outcomes: &[Outcome]) -> Self {
        let weighed = weighed(outcomes);
        let late = (weighed.len() as f64 * SHARE_TO_RECALIBRATE) as usize;
        if late < LEAST_TO_RECALIBRATE {
            return Self::regress(&weighed);
        }
        let (first, last) = weighed.split_at(weighed.len() - late);
        let mut head = Self::regress(first);
        let verdicts: Vec<Verdict> = last.iter().map(|outcome| head.verdict(outcome)).collect();
        head.recalibration = Some(Recalibration::fit(&verdicts));
        head.outcomes = weighed.len();
        head
    }

    /// The same with its lower bounds at `level` instead of 0.95; clamped to 0.5..=0.999.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = if level.is_nan() { 0.999 } else { level.clamp(0.5, 0.999) };
        self
    }

    /// How many outcomes it has seen.
    #[must_use]
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }

    /// How sure it is that the plan heals.
    #[must_use]
    pub fn assess(&self, features: &Features) -> Assurance {
        let belief = self.belief(features);
        let (mean, lower) = (belief.probability(), belief.at_least(self.level));
        let Some(map) = self.recalibration else { return assurance(mean, lower) };
        // Recalibration is itself uncertain: it may take from the bound, never add to it.
        assurance(map.apply(mean), lower.min(map.apply(lower)))
    }

    fn belief(&self, features: &Features) -> Belief {
        let row = row(features);
        Belief::new(
            dot(&row, &self.coefficients),
            self.variance(&row),
            &seen(features, ahead_if_verified(&row, &self.coefficients)),
        )
    }

    /// Of the log odds of a kind of fix before its record. It is the same whatever the evidence, namely the largest, because only
    /// beliefs of one variance are ordered: with less variance for less evidence, less evidence could pass where more does not.
    fn variance(&self, row: &Row) -> f64 {
        let corners = evidence_corners(row).map(|corner| quadratic(&self.covariance, &corner));
        self.kind_variance + corners.fold(0.0, f64::max)
    }

    /// The regression under the kind variance that explains the outcomes best.
    fn regress(outcomes: &[Weighed<'_>]) -> Self {
        let observations: Vec<Observation<WIDTH>> = outcomes.iter().map(Weighed::observation).collect();
        let explain = |variance| (variance, under(variance, outcomes, &observations));
        let worth = |(variance, posterior): &(f64, Posterior<WIDTH>)| posterior.ln_evidence + ln_prior_of(*variance);
        let [first, others @ ..] = KIND_VARIANCES;
        let better = |best, other| if worth(&other) > worth(&best) { other } else { best };
        let (kind_variance, posterior) = others.map(explain).into_iter().fold(explain(first), better);
        Self {
            coefficients: posterior.mode,
            covariance: posterior.covariance,
            kind_variance,
            recalibration: None,
            outcomes: outcomes.len(),
            level: 0.95,
        }
    }

    fn verdict(&self, weighed: &Weighed<'_>) -> Verdict {
        let predicted = self.belief(&weighed.outcome.features).probability();
        Verdict { predicted, healed: weighed.outcome.healed, weight: weighed.weight }
    }
}

impl Default for Head {
    fn default() -> Self {
        Self::prior()
    }
}

/// The coefficients that explain the outcomes if the log odds of kinds of fix have this variance.
fn under(kind_variance: f64, outcomes: &[Weighed<'_>], observations: &[Observation<WIDTH>]) -> Posterior<WIDTH> {
    // An outcome of a kind with a long record says little about kinds in general; the slope sees to that.
    scoring::fit(&prior(), observations, |index, log_odds| {
        let belief = Belief::new(log_odds, kind_variance, &outcomes[index].seen);
        Prediction { probability: belief.probability(), slope: belief.slope() }
    })
}

struct Weighed<'a> {
    outcome: &'a Outcome,
    /// What its records say. How far rehearsed plans were ahead is taken from the prior here, so that it is the same in each step
    /// of the fit.
    seen: Likelihood,
    weight: f64,
}

impl Weighed<'_> {
    fn observation(&self) -> Observation<WIDTH> {
        Observation { row: row(&self.outcome.features), healed: self.outcome.healed, weight: self.weight }
    }
}

/// The newest outcomes, oldest first.
fn weighed(outcomes: &[Outcome]) -> Vec<Weighed<'_>> {
    let mut in_time: Vec<&Outcome> = outcomes.iter().collect();
    in_time.sort_by_key(|outcome| outcome.at);
    let now = in_time.last().map_or(Timestamp::default(), |outcome| outcome.at);
    let newest = in_time.split_off(in_time.len().saturating_sub(MOST_OUTCOMES));
    let weight = |at: Timestamp| HalfLife::default().weight(now.since(at));
    let coefficients = prior().mean;
    let seen = |features: &Features| seen(features, ahead_if_verified(&row(features), &coefficients));
    newest
        .into_iter()
        .map(|outcome| Weighed { outcome, seen: seen(&outcome.features), weight: weight(outcome.at) })
        .collect()
}

fn seen(features: &Features, ahead: f64) -> Likelihood {
    let record = features.record();
    Likelihood::of(&[Seen { tally: record.plain, ahead: 0.0 }, Seen { tally: record.rehearsed, ahead }])
}

fn assurance(mean: f64, lower: f64) -> Assurance {
    Assurance { mean: Confidence::new(mean), lower: Confidence::new(lower.min(mean)) }
}

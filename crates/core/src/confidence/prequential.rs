//! Predictions as they are made in use.

use super::{Confidence, Head, Outcome};

/// The predictions that heads would have made for these outcomes, each *before* its outcome was known (Dawid, "The prequential
/// approach", 1984): the head is fitted anew every `refit_every` outcomes (at least 1), on nothing but strictly earlier ones.
/// For [`Calibration::of`](super::Calibration::of).
///
/// The records in the features must have been counted before the outcome too.
#[must_use]
pub fn prequential(outcomes: &[Outcome], refit_every: usize) -> Vec<(Confidence, bool)> {
    let mut in_time = outcomes.to_vec();
    in_time.sort_by_key(|outcome| outcome.at);
    let mut predictions = Vec::with_capacity(in_time.len());
    for block in in_time.chunks(refit_every.max(1)) {
        let known = in_time.partition_point(|outcome| block.first().is_some_and(|first| outcome.at < first.at));
        let head = Head::fit(&in_time[..known]);
        predictions.extend(block.iter().map(|outcome| (head.assess(&outcome.features).mean, outcome.healed)));
    }
    predictions
}

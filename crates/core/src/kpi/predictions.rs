//! How sure it was that plans heal, against what came of them.

use crate::confidence::{Calibration, Confidence};
use crate::engine::{State, Tried, TriedResult};

/// Most predictions that are kept; past that further ones are left out.
const MOST: usize = 100_000;

/// Each was recorded with the decision, before its outcome was known, so that none was fitted on what it is judged by.
#[derive(Debug, Clone, Default)]
pub(super) struct Predictions(Vec<(Confidence, bool)>);

impl Predictions {
    pub(super) fn add(&mut self, state: &State) {
        let room = MOST.saturating_sub(self.0.len());
        self.0.extend(state.tried.iter().filter_map(prediction).take(room));
    }

    pub(super) fn figures(&self) -> Option<Calibration> {
        Calibration::of(&self.0)
    }
}

fn prediction(tried: &Tried) -> Option<(Confidence, bool)> {
    let healed = match tried.result {
        TriedResult::Applied => true,
        TriedResult::RolledBack | TriedResult::Stuck => false,
        _ => return None,
    };
    Some((tried.proposal.decision.as_ref()?.assurance?.mean, healed))
}

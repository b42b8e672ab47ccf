//! The identity of a step of a plan, the same in every process.

use std::fmt;

use selfheal_core::plan::{PlanHash, Step};
use serde::{Deserialize, Serialize};

use super::super::workspace::ContentHash;

/// Names a step by the plan it belongs to, the steps it stands among, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::local) struct StepKey(String);

impl StepKey {
    /// The key of step `index` of `steps`.
    pub(in crate::local) fn of(plan: Option<&PlanHash>, steps: &[Step], index: usize) -> Self {
        // Steps have string keys only and so always can be written.
        let steps = serde_json::to_string(steps).unwrap_or_default();
        let plan = plan.map_or("", PlanHash::as_str);
        Self(format!("{}-{index}", &ContentHash::of(format!("{plan} {steps}").as_bytes()).as_str()[..32]))
    }

    pub(in crate::local) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

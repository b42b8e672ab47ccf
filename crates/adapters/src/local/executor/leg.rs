//! The work that is done at a time: the consecutive steps of a plan that are this executor's.

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{PlanHash, Preview, Step};
use selfheal_core::ports::Work;

use crate::local::kept::StepKey;
use crate::local::steps::LocalStep;

/// [`Work`] that may go to another thread.
pub(super) struct Leg {
    pub(super) incident: IncidentId,
    pub(super) steps: Vec<Step>,
    pub(super) previews: Vec<Preview>,
    pub(super) plan: Option<PlanHash>,
}

impl Leg {
    pub(super) fn of(work: &Work<'_>) -> Self {
        Self {
            incident: work.incident.clone(),
            steps: work.steps.to_vec(),
            previews: work.previews.to_vec(),
            plan: work.plan_hash.cloned(),
        }
    }

    pub(super) fn parsed(&self) -> Result<Vec<LocalStep>> {
        self.steps.iter().map(|step| LocalStep::of(&step.action)).collect()
    }

    pub(super) fn step(&self, index: usize) -> Result<LocalStep> {
        let no_such_step = || Error::new(ErrorKind::Invalid, "executor", "no such step");
        LocalStep::of(&self.steps.get(index).ok_or_else(no_such_step)?.action)
    }

    pub(super) fn key(&self, index: usize) -> StepKey {
        StepKey::of(self.plan.as_ref(), &self.steps, index)
    }

    /// The key of its first step stands for all of it.
    pub(super) fn whole(&self) -> StepKey {
        self.key(0)
    }
}

//! What is about to be done, as the guards see it.

use std::sync::Arc;

use crate::category::FailureCategory;
use crate::facts::Facts;
use crate::incident::Incident;
use crate::plan::{Plan, PlanHash, Preview};
use crate::ports::{EffectClass, Effected, Reserved, Site};
use crate::time::Timestamp;

/// An effect that is about to be sent.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Whose.
    pub incident: &'a Incident,
    /// What is known of it now: `fleet_members`, `fleet_unhealthy` and `depends_on` are read here.
    pub facts: &'a Facts,
    /// Where the resource is.
    pub site: &'a Site,
    /// What is to be mended.
    pub category: &'a FailureCategory,
    /// The root cause's kind, where one was found.
    pub cause: Option<&'a str>,
    /// Of which plan.
    pub plan: &'a Plan,
    /// What that does, whatever its rationale: [`Plan::fingerprint`].
    pub plan_identity: &'a PlanHash,
    /// Which plan of the incident it is, counted from 1.
    pub round: u32,
    /// What its steps change, one per step.
    pub previews: &'a [Preview],
    /// What is to be sent.
    pub effect: EffectClass,
    /// Which step, counted from 0; of a rehearsal, the first.
    pub step: usize,
    /// Which start of it, counted from 1.
    pub attempt: u32,
    /// Now.
    pub at: Timestamp,
}

impl Wanted<'_> {
    /// The starts for which places are taken: with the first step those of the whole plan.
    #[must_use]
    pub fn starts(&self) -> Vec<Reserved> {
        match self.effect {
            EffectClass::Apply => (self.step..self.plan.steps.len()).filter_map(|step| self.start(step)).collect(),
            EffectClass::Retry => self.start(self.step).into_iter().collect(),
            EffectClass::Rehearse | EffectClass::Undo => Vec::new(),
        }
    }

    /// Whether `taken` is a place of this plan's that is not used yet.
    #[must_use]
    pub fn is_to_come(&self, taken: &Reserved) -> bool {
        let of_this_plan = taken.effected.incident == self.incident.id && taken.round == self.round;
        of_this_plan && (taken.step, taken.attempt) >= (self.step, self.attempt)
    }

    fn start(&self, step: usize) -> Option<Reserved> {
        let action = &self.plan.steps.get(step)?.action;
        let effected = Effected {
            incident: self.incident.id.clone(),
            resource: action.target().clone(),
            site: self.site.clone(),
            environment: self.incident.environment.clone(),
            kind: action.kind().clone(),
            blast_radius: self.previews.get(step).map(|preview| preview.blast_radius).unwrap_or_default(),
        };
        Some(Reserved {
            effected: Arc::new(effected),
            plan: self.plan_identity.clone(),
            round: self.round,
            step,
            attempt: if step == self.step { self.attempt } else { 1 },
            category: self.category.clone(),
            cause: self.cause.map(ToOwned::to_owned),
        })
    }
}

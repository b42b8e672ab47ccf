//! What the orchestrator handed to its ports, so that a loop without it can hand them the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use selfheal_core::action::ActionSpec;
use selfheal_core::engine::{Proposal, State};
use selfheal_core::orchestrator::Report;
use selfheal_core::ports::{
    CandidateQuery, Case, Executor, Lesson, PolicyQuestion, ProbeRequest, RehearsalEvidence, Work,
};

use crate::Failed;
use crate::incident::SET;

/// The plans of the path: rejected, failed to apply, applied.
pub(super) const PLANS: usize = 3;

/// The inputs of every visit of one incident.
pub struct Inputs {
    pub(super) state: State,
    pub(super) query: CandidateQuery,
    pub(super) lesson: Lesson,
    specs: Vec<ActionSpec>,
}

impl Inputs {
    /// From an incident that took the path with one rejected and one failed plan.
    ///
    /// # Errors
    /// If it took another.
    pub fn recorded(report: Report, executor: &dyn Executor) -> Result<Self, Failed> {
        let state = report.state;
        let diagnosis = state.diagnosis().ok_or("nothing was diagnosed")?;
        let [_, _, applied] = state.tried.as_slice() else { return Err("expected three plans".into()) };
        let lesson = Lesson {
            fingerprint: state.incident.fingerprint.clone(),
            incident: state.incident.id.clone(),
            resource: state.incident.resource.clone(),
            healed: true,
            features: None,
            diagnosis: Arc::clone(diagnosis),
            plan: Arc::clone(&applied.proposal.plan),
            at: state.incident.opened_at,
        };
        let query = CandidateQuery {
            resource: state.incident.resource.clone(),
            set: SET.to_owned(),
            given: BTreeMap::new(),
            after: Vec::new(),
        };
        Ok(Self { query, lesson, specs: executor.kinds().to_vec(), state })
    }

    pub(super) fn case(&self) -> Case<'_> {
        Case { facts: &self.state.incident.facts, evidence: &self.state.incident.evidence }
    }

    pub(super) fn proposal(&self, plan: usize) -> &Proposal {
        &self.state.tried[plan.min(PLANS - 1)].proposal
    }

    pub(super) fn specs(&self) -> &[ActionSpec] {
        &self.specs
    }

    pub(super) fn unseen(&self, plan: usize) -> Work<'_> {
        let incident = &self.state.incident;
        let steps = &self.proposal(plan).plan.steps;
        Work::for_tests(&incident.id, &incident.resource, &incident.environment, steps, &[], None)
    }

    pub(super) fn previewed(&self, plan: usize) -> Work<'_> {
        let incident = &self.state.incident;
        let Proposal { plan, previews, hash, .. } = self.proposal(plan);
        Work::for_tests(&incident.id, &incident.resource, &incident.environment, &plan.steps, previews, hash.as_ref())
    }

    pub(super) fn question(&self, plan: usize, rehearsal: RehearsalEvidence) -> PolicyQuestion<'_> {
        let Proposal { plan, previews, .. } = self.proposal(plan);
        PolicyQuestion { rehearsal, ..PolicyQuestion::new(&self.state.incident, plan, &self.specs, previews) }
    }

    pub(super) fn probe(&self) -> ProbeRequest<'_> {
        let incident = &self.state.incident;
        ProbeRequest { probe: "healthy", resource: &incident.resource, incident: &incident.id }
    }
}

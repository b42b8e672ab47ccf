//! Scholar: what happened → memory.

use std::sync::Arc;

use crate::action::ActionKind;
use crate::confidence::Features;
use crate::diagnosis::{Diagnosis, Source};
use crate::engine::{Proposal, State, Tried, TriedResult};
use crate::error::Result;
use crate::ports::{Lesson, MemoryStore, PastOutcome};
use crate::time::Timestamp;

/// Records what each plan that ran taught. Only verified outcomes count as heals.
pub struct Scholar {
    memory: Option<Arc<dyn MemoryStore>>,
}

impl Scholar {
    /// A scholar that writes to `memory`, if there is one.
    #[must_use]
    pub fn new(memory: Option<Arc<dyn MemoryStore>>) -> Self {
        Self { memory }
    }

    /// Records a lesson for every plan of the incident that ran, and returns what they say.
    ///
    /// # Errors
    /// If memory fails.
    pub async fn learn(&self, state: &State, at: Timestamp) -> Result<Vec<PastOutcome>> {
        let Some(memory) = &self.memory else { return Ok(Vec::new()) };
        let mut learnt = Vec::new();
        for lesson in state.tried.iter().filter_map(|tried| lesson(state, tried, at)) {
            memory.record(&lesson).await?;
            learnt.push(lesson.outcome());
        }
        Ok(learnt)
    }
}

fn lesson(state: &State, tried: &Tried, at: Timestamp) -> Option<Lesson> {
    let healed = match tried.result {
        TriedResult::Applied => true,
        TriedResult::RehearsalFailed | TriedResult::RolledBack => false,
        TriedResult::Rejected | TriedResult::Refused | TriedResult::Proposed | TriedResult::Stuck => return None,
    };
    Some(Lesson {
        fingerprint: state.incident.fingerprint.clone(),
        incident: state.incident.id.clone(),
        resource: state.incident.resource.clone(),
        healed,
        features: assessed(tried),
        diagnosis: with_opinion(state.diagnosis()?, &tried.proposal),
        plan: Arc::clone(&tried.proposal.plan),
        at,
    })
}

/// The diagnosis with what a second opinion said of the plan, so that memory grants nothing that it didn't.
fn with_opinion(diagnosis: &Arc<Diagnosis>, proposal: &Proposal) -> Arc<Diagnosis> {
    let Some(opinion) = &proposal.opinion else { return Arc::clone(diagnosis) };
    let mut diagnosis = diagnosis.as_ref().clone();
    diagnosis.reading.get_or_insert_default().opinion = Some(opinion.as_ref().clone());
    Arc::new(diagnosis)
}

/// What was known of a plan that was applied. A failed rehearsal harms nobody, and says nothing about plans whose rehearsal passed.
fn assessed(tried: &Tried) -> Option<Box<Features>> {
    let applied = tried.result != TriedResult::RehearsalFailed;
    tried.proposal.decision.as_ref().filter(|_| applied)?.features.clone()
}

/// Marks what memory returned as coming from memory. `None` if a step of it is a command: that a person's document holds one is true of
/// documents that are loaded now, and a store can't say so; it is diagnosed anew.
pub(crate) fn remembered(mut fix: crate::ports::ProvenFix) -> Option<crate::ports::ProvenFix> {
    if fix.plan.steps.iter().any(|step| *step.action.kind() == ActionKind::RUN_COMMAND) {
        return None;
    }
    let diagnosis = Arc::make_mut(&mut fix.diagnosis);
    diagnosis.source = Source::Memory;
    diagnosis.confidence = fix.record.posterior(diagnosis.confidence, 4.0);
    Some(fix)
}

//! Scholar: what happened → memory.

use std::sync::Arc;

use crate::diagnosis::Source;
use crate::engine::{State, Tried, TriedResult};
use crate::error::Result;
use crate::ports::{Lesson, MemoryStore};
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

    /// Records a lesson for every plan of the incident that ran.
    ///
    /// # Errors
    /// If memory fails.
    pub async fn learn(&self, state: &State, at: Timestamp) -> Result<()> {
        let Some(memory) = &self.memory else { return Ok(()) };
        for lesson in state.tried.iter().filter_map(|tried| lesson(state, tried, at)) {
            memory.record(&lesson).await?;
        }
        Ok(())
    }
}

fn lesson(state: &State, tried: &Tried, at: Timestamp) -> Option<Lesson> {
    let healed = match tried.result {
        TriedResult::Applied => true,
        TriedResult::RehearsalFailed | TriedResult::RolledBack => false,
        TriedResult::Rejected | TriedResult::Proposed | TriedResult::Stuck => return None,
    };
    Some(Lesson {
        fingerprint: state.incident.fingerprint.clone(),
        incident: state.incident.id.clone(),
        resource: state.incident.resource.clone(),
        healed,
        diagnosis: Arc::clone(state.diagnosis()?),
        plan: Arc::clone(&tried.proposal.plan),
        at,
    })
}

/// Marks what memory returned as coming from memory.
pub(crate) fn remembered(mut fix: crate::ports::ProvenFix) -> crate::ports::ProvenFix {
    let diagnosis = Arc::make_mut(&mut fix.diagnosis);
    diagnosis.source = Source::Memory;
    diagnosis.confidence = fix.record.posterior(diagnosis.confidence, 4.0);
    fix
}

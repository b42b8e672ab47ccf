//! In-memory ports beside those of `selfheal_core::testing`: they cost as little as a port can.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use selfheal_core::action::{ActionSpec, ParameterType, Reversibility};
use selfheal_core::confidence::TrackRecord;
use selfheal_core::diagnosis::Source;
use selfheal_core::engine::Phase;
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, IncidentId};
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview};
use selfheal_core::ports::{
    Approved, EffectStatus, Executor, Lesson, MemoryStore, PastOutcome, Progress, ProvenFix, Rehearsal, Undone, Work,
};
use selfheal_core::testing::SET_VALUE;

/// A memory that recalls nothing and keeps nothing, so that every incident takes the whole path.
#[derive(Debug, Default)]
pub struct Forgetful;

#[async_trait]
impl MemoryStore for Forgetful {
    async fn recall(&self, _: &Fingerprint) -> Result<Option<ProvenFix>> {
        Ok(None)
    }

    async fn record(&self, _: &Lesson) -> Result<()> {
        Ok(())
    }

    async fn past(&self, _: usize) -> Result<Vec<PastOutcome>> {
        Ok(Vec::new())
    }

    async fn track_record(&self, _: &Source) -> Result<TrackRecord> {
        Ok(TrackRecord::default())
    }
}

/// Notes the name of every phase that is visited.
#[derive(Debug, Default)]
pub struct Visited(Mutex<Vec<&'static str>>);

impl Visited {
    /// The names so far, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Progress for Visited {
    fn entering(&self, _: &IncidentId, phase: &Phase) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(phase.name());
    }
}

/// An executor whose steps always work and leave nothing behind; system `fake`.
#[derive(Debug)]
pub struct Steady {
    kinds: [ActionSpec; 1],
}

impl Default for Steady {
    fn default() -> Self {
        let spec =
            ActionSpec::new(SET_VALUE).requires("key", ParameterType::Text).requires("value", ParameterType::Text);
        Self { kinds: [spec] }
    }
}

#[async_trait]
impl Executor for Steady {
    fn system(&self) -> &str {
        "fake"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        Ok(work.steps.iter().map(|_| preview()).collect())
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Verified { facts: Facts::new() })
    }

    async fn apply(&self, _: &Approved<'_>, _step: usize, _attempt: u32) -> Result<()> {
        Ok(())
    }

    async fn probe(&self, _: &Work<'_>, _step: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Applied)
    }

    async fn undo(&self, _: &Work<'_>, _step: usize) -> Result<Undone> {
        Ok(Undone::Restored)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

fn preview() -> Preview {
    Preview {
        summary: "limit becomes one".to_owned(),
        changes: vec![Change {
            what: "limit".to_owned(),
            before: None,
            after: Some("one".to_owned()),
            diff: "+limit = one".to_owned(),
        }],
        fences: vec![Fence { what: "limit".to_owned(), version: None }],
        blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 0 },
        undo_hash: None,
        reversibility: Reversibility::Undoable,
    }
}

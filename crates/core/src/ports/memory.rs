//! Memory: what was verified before.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::confidence::TrackRecord;
use crate::diagnosis::Diagnosis;
use crate::error::Result;
use crate::incident::{Fingerprint, IncidentId};
use crate::plan::{Plan, PlanHash};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// A fix that healed exactly this failure before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvenFix {
    /// What was wrong.
    pub diagnosis: Arc<Diagnosis>,
    /// What mended it; to be previewed, audited, rehearsed and verified like any other plan.
    pub plan: Arc<Plan>,
    /// How it did, over all runs.
    pub record: TrackRecord,
    /// The incident that it healed last.
    pub incident: IncidentId,
    /// When that was.
    pub at: Timestamp,
}

/// What an ended incident teaches about one plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// Recognises the failure.
    pub fingerprint: Fingerprint,
    /// Which incident.
    pub incident: IncidentId,
    /// Whose failure.
    pub resource: ResourceRef,
    /// What was believed to be wrong.
    pub diagnosis: Arc<Diagnosis>,
    /// What was done about it.
    pub plan: Arc<Plan>,
    /// Whether it ended in a verified heal.
    pub healed: bool,
    /// When.
    pub at: Timestamp,
}

impl Lesson {
    /// Identifies the plan within the failure's history.
    #[must_use]
    pub fn plan_fingerprint(&self) -> PlanHash {
        self.plan.fingerprint()
    }
}

/// Remembers which plan healed which failure.
///
/// Memory may re-rank and skip analysis; it can never grant: what it returns passes policy like anything else.
///
/// # To be correct
/// 1. `recall` returns, for exactly this fingerprint, the plan with the best record among those that
///    [`TrackRecord::is_good`]; of equals the latest. Nothing similar, nothing merely tried.
/// 2. `record` is counted once per (incident, plan): repeating it changes nothing.
/// 3. What was recorded is returned unchanged, also by another process of the same backend.
#[async_trait]
pub trait MemoryStore: Send + Sync {
    /// The proven fix for this failure, if there is one.
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>>;

    /// Counts an outcome.
    async fn record(&self, lesson: &Lesson) -> Result<()>;

    /// How plans from the runbook or model called `source` did so far, over all failures.
    async fn track_record(&self, source: &crate::diagnosis::Source) -> Result<TrackRecord>;
}

//! Memory: what was verified before.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::confidence::{Features, TrackRecord};
use crate::diagnosis::{Diagnosis, Source};
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
    /// What was known of the plan when it was decided that it may be applied; `None` if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Box<Features>>,
    /// When.
    pub at: Timestamp,
}

impl Lesson {
    /// What it says about plans of its kind.
    #[must_use]
    pub fn outcome(&self) -> PastOutcome {
        PastOutcome {
            source: self.plan.source.clone(),
            kinds: self.plan.kinds(),
            healed: self.healed,
            features: self.features.clone(),
            at: self.at,
        }
    }

    /// Identifies the plan within the failure's history.
    #[must_use]
    pub fn plan_fingerprint(&self) -> PlanHash {
        self.plan.fingerprint()
    }
}

/// How one plan that ran ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PastOutcome {
    /// Where the plan came from.
    pub source: Source,
    /// The kind of fix that it was: [`Plan::kinds`].
    pub kinds: String,
    /// Whether it ended in a verified heal.
    pub healed: bool,
    /// What was known of it when it was decided that it may be applied; `None` if it never was.
    pub features: Option<Box<Features>>,
    /// When it ended.
    pub at: Timestamp,
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
/// 4. `past` tells the outcomes that `record` counted, each once, the latest first.
#[async_trait]
pub trait MemoryStore: Send + Sync {
    /// The proven fix for this failure, if there is one.
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>>;

    /// Counts an outcome.
    async fn record(&self, lesson: &Lesson) -> Result<()>;

    /// How plans did, over all failures: the latest first, at most `most`.
    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>>;

    /// How plans from the runbook or model called `source` did so far, over all failures.
    async fn track_record(&self, source: &Source) -> Result<TrackRecord>;
}

//! Analyst: hypotheses and what became of their like → a diagnosis.

use std::sync::Arc;

use crate::confidence::Confidence;
use crate::diagnosis::{Diagnosis, Hypothesis};
use crate::ports::MemoryStore;

/// What a runbook is trusted before any outcome is known. Not fitted; it only has to lie above a coin's.
const RUNBOOK_PRIOR: f64 = 0.8;

/// How many outcomes the prior is worth.
const PRIOR_STRENGTH: f64 = 4.0;

/// Weighs hypotheses by the track record of where they come from.
pub struct Analyst {
    memory: Option<Arc<dyn MemoryStore>>,
}

impl Analyst {
    /// An analyst that asks `memory` for track records, if there is one.
    #[must_use]
    pub fn new(memory: Option<Arc<dyn MemoryStore>>) -> Self {
        Self { memory }
    }

    /// The diagnosis; "unknown" for no hypotheses. A memory that fails counts as empty: it only moves the confidence.
    pub async fn analyse(&self, hypotheses: Arc<[Hypothesis]>) -> Diagnosis {
        let Some(best) = hypotheses.first() else { return Diagnosis::unknown() };
        let (category, source) = (best.category.clone(), best.source.clone());
        let confidence = Confidence::new(RUNBOOK_PRIOR);
        self.weighed(Diagnosis { category, source, confidence, hypotheses, reading: None }).await
    }

    /// The diagnosis with what became of its like in its confidence; what it says there is believed before any outcome.
    pub async fn weighed(&self, diagnosis: Diagnosis) -> Diagnosis {
        let record = match &self.memory {
            Some(memory) => memory.track_record(&diagnosis.source).await.unwrap_or_default(),
            None => Default::default(),
        };
        Diagnosis { confidence: record.posterior(diagnosis.confidence, PRIOR_STRENGTH), ..diagnosis }
    }
}

//! Classifier: evidence → hypotheses, whose best one names the category.

use std::sync::Arc;

use crate::diagnosis::Hypothesis;
use crate::error::Result;
use crate::ports::{Case, Runbooks};

/// Finds which known failures the evidence looks like.
///
/// Rule path: the runbooks' signatures. What they don't know stays unknown.
pub struct Classifier {
    runbooks: Vec<Arc<dyn Runbooks>>,
}

impl Classifier {
    /// A classifier that asks `runbooks`, all of them.
    #[must_use]
    pub fn new(runbooks: Vec<Arc<dyn Runbooks>>) -> Self {
        Self { runbooks }
    }

    /// The hypotheses, best first.
    ///
    /// # Errors
    /// If a source of runbooks fails: a missing one could be the one that says "don't touch".
    pub async fn classify(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        let mut hypotheses = Vec::new();
        for runbooks in &self.runbooks {
            hypotheses.extend(runbooks.explain(case).await?);
        }
        // Stable: sources keep their own order among equals.
        hypotheses.sort_by_key(|hypothesis| std::cmp::Reverse(hypothesis.priority));
        Ok(hypotheses)
    }
}

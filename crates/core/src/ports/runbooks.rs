//! Runbooks: what is known about failures, as data.

use async_trait::async_trait;

use crate::diagnosis::Hypothesis;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::facts::Facts;

/// What runbooks are matched against.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Trusted.
    pub facts: &'a Facts,
    /// Untrusted; matched by registered patterns and typed extractors only.
    pub evidence: &'a [Evidence],
}

/// Explains failures from documents.
///
/// # To be correct
/// 1. Every hypothesis cites at least one line, or rests on facts alone.
/// 2. What an extractor returns fits its declared type.
/// 3. Best first: higher priority first, ties in a fixed order. What nothing matches returns an empty list.
#[async_trait]
pub trait Runbooks: Send + Sync {
    /// The hypotheses whose signature matches, best first.
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>>;
}

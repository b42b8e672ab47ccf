//! A runbook that recognised a failure, with the values it found.

use std::sync::Arc;

use selfheal_core::category::FailureCategory;
use selfheal_core::diagnosis::Remedy;

use super::definition::Runbook;
use super::signature::{Recognised, Values};

/// A runbook that recognised what was observed.
#[derive(Debug)]
pub struct Match<'c> {
    runbook: &'c Runbook,
    values: Values,
    lines: Vec<usize>,
    last: Option<usize>,
}

impl<'c> Match<'c> {
    pub(crate) fn new(runbook: &'c Runbook, recognised: Recognised, skipped: usize) -> Self {
        let lines = recognised.lines.into_iter().map(|line| line + skipped).collect();
        Self { runbook, values: recognised.values, lines, last: recognised.last }
    }

    /// The runbook.
    pub fn runbook(&self) -> &'c Runbook {
        self.runbook
    }

    /// The lines that say so, as 0-based indexes into what was given; empty when facts alone decided.
    pub fn lines(&self) -> &[usize] {
        &self.lines
    }

    /// The values extracted under `name`.
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// What the extractors found, by name; what was looked up thereby isn't part of it.
    pub fn extracted(&self) -> impl Iterator<Item = (&str, &[String])> {
        let extractors = self.runbook.signature.extract.iter().map(|extractor| extractor.name.as_str());
        extractors.map(|name| (name, self.values(name))).filter(|(_, values)| !values.is_empty())
    }

    /// The cause in a sentence.
    pub fn summary(&self) -> String {
        self.runbook.summary.fill(|name| self.in_words(name))
    }

    /// What a person should do when nothing else is left.
    pub fn escalation(&self) -> String {
        self.runbook.escalation.fill(|name| self.in_words(name))
    }

    /// What may be tried, in order; without a remedy whose selecting value wasn't found, for with it the right to
    /// choose among the rows is missing.
    pub fn remedies(&self) -> impl Iterator<Item = &'c Arc<Remedy>> {
        let selected = |name: &String| !self.values(name).is_empty();
        self.runbook.remedies.iter().filter(move |remedy| match &remedy.from {
            Some(query) => query.given.values().all(selected),
            None => true,
        })
    }

    pub(crate) fn rank(&self) -> (u16, Option<usize>) {
        (self.runbook.priority, self.lines.last().copied())
    }

    /// Whether a later failure among `others` shows that this one was got over.
    pub(crate) fn yields(&self, others: &[Self]) -> bool {
        let later = |other: &&Self| other.last > self.last && self.runbook.yields_to.contains(other.runbook.category());
        others.iter().any(|other| later(&other))
    }

    fn in_words(&self, name: &str) -> Option<String> {
        match self.values(name) {
            [] => self.runbook.absent.get(name).cloned(),
            values => Some(values.join(", ")),
        }
    }
}

impl Runbook {
    /// The unique id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The document's version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// A short title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where the failure is described.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// What kind of failure it recognises.
    pub fn category(&self) -> &FailureCategory {
        &self.category
    }

    /// The root cause's kind, a snake_case name.
    pub fn cause_kind(&self) -> &str {
        &self.cause_kind
    }

    /// How specific it is; of several that match, the highest is the diagnosis.
    pub fn priority(&self) -> u16 {
        self.priority
    }

    /// What may be tried, in order.
    pub fn remedies(&self) -> &[Arc<Remedy>] {
        &self.remedies
    }
}

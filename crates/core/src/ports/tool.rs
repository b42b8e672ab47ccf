//! Read-only tools: what the analyst may look up beside the log.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::category::FailureCategory;
use crate::error::Result;
use crate::evidence::Untrusted;
use crate::facts::Facts;
use crate::resource::ResourceRef;

/// What a tool answers, and for which failures that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadToolSpec {
    /// Such as `recent_commits`; letters, digits and `_`, at most 64.
    pub name: String,
    /// What it answers, in one sentence.
    pub description: String,
    /// Categories that it helps with; empty for all.
    pub categories: Vec<FailureCategory>,
    /// What it is asked by. A tool without a required argument is asked beforehand.
    pub arguments: Vec<ArgumentSpec>,
}

impl ReadToolSpec {
    /// Whether it helps with `category`.
    #[must_use]
    pub fn helps_with(&self, category: &FailureCategory) -> bool {
        self.categories.is_empty() || self.categories.contains(category)
    }

    /// Whether it can be asked without an argument.
    #[must_use]
    pub fn needs_nothing(&self) -> bool {
        self.arguments.iter().all(|argument| !argument.required)
    }
}

/// An argument of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentSpec {
    /// Its name.
    pub name: String,
    /// What it is, in a few words.
    pub description: String,
    /// Whether the tool can't be asked without.
    pub required: bool,
}

/// What is looked up.
#[derive(Debug, Clone, Copy)]
pub struct LookUp<'a> {
    /// About what.
    pub resource: &'a ResourceRef,
    /// What is known of it.
    pub facts: &'a Facts,
    /// By what. Each value stood in evidence.
    pub arguments: &'a BTreeMap<String, Untrusted<String>>,
}

/// Looks something up about a resource: recent commits and diffs, its state, events, metrics, a registry's answer.
///
/// # To be correct
/// 1. It changes nothing, here or anywhere else, and runs nothing of the project.
/// 2. An argument is checked against a grammar of its own before it is used; one that doesn't fit is
///    [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid). It never becomes an option of a command, nor a path outside the
///    resource.
/// 3. What it returns is text that others wrote: untrusted. It is bounded, the most telling part first. Where anything is left out
///    (lines of a file, the end of a long line), secrets are taken out before: half of one isn't recognised any more.
/// 4. It ends within a few seconds. Where nobody waits any more (the future is dropped), what it started ends too.
#[async_trait]
pub trait ReadTool: Send + Sync {
    /// What it answers.
    fn spec(&self) -> &ReadToolSpec;

    /// The answer. It is redacted once more by whoever asked, who knows further secrets.
    async fn look(&self, what: &LookUp<'_>) -> Result<Untrusted<String>>;
}

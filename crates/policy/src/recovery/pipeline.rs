//! One recovery policy, checked.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};
use selfheal_core::action::ActionKind;
use selfheal_core::ledger::runs::MOST_FAILURES;

use super::document::{API_VERSIONS, KIND, RecoveryDocument, Word};
use super::names::Names;
use crate::error::LoadError;
use crate::limits;

/// What the owner of some pipelines allows.
#[derive(Debug)]
pub(crate) struct PipelinePolicy {
    /// `namespace/name`, or the name alone.
    pub(crate) name: String,
    pub(crate) threshold: u32,
    pub(crate) kinds: BTreeSet<ActionKind>,
    pub(crate) dry_run: bool,
    pub(crate) max_retries: Option<u32>,
    /// As they are written, for people.
    pub(crate) strategies: String,
    target: GlobMatcher,
}

impl PipelinePolicy {
    pub(crate) fn compile(file: &str, document: &RecoveryDocument, names: &Names) -> Result<Self, LoadError> {
        recognised(file, document)?;
        let spec = &document.spec;
        let words = &spec.allowed_strategies;
        if words.value.is_empty() || words.value.len() > limits::STRATEGIES {
            let problem = format!("expected 1 to {} strategies", limits::STRATEGIES);
            return Err(LoadError::located(file, words.referenced, problem));
        }
        let mut kinds = BTreeSet::new();
        for word in &words.value {
            let meant = names.strategy(&word.value);
            kinds.extend(meant.map_err(|problem| LoadError::located(file, word.referenced, problem))?);
        }
        let strategies: Vec<&str> = words.value.iter().map(|word| word.value.as_str()).collect();
        Ok(Self {
            name: full_name(file, document)?,
            threshold: threshold(file, document)?,
            kinds,
            dry_run: spec.safety_checks.dry_run,
            max_retries: spec.safety_checks.max_retries.as_ref().map(|most| retries(file, most)).transpose()?,
            strategies: strategies.join(", "),
            target: target(file, &spec.target_pipeline)?,
        })
    }

    pub(crate) fn speaks_of(&self, pipeline: &str) -> bool {
        self.target.is_match(pipeline)
    }
}

fn recognised(file: &str, document: &RecoveryDocument) -> Result<(), LoadError> {
    let (version, kind) = (&document.api_version, &document.kind);
    if !API_VERSIONS.contains(&version.value.as_str()) {
        let problem = format!("expected apiVersion {}, found '{}'", API_VERSIONS.join(" or "), version.value);
        return Err(LoadError::located(file, version.referenced, problem));
    }
    if kind.value != KIND {
        return Err(LoadError::located(file, kind.referenced, format!("expected kind {KIND}, found '{}'", kind.value)));
    }
    Ok(())
}

fn full_name(file: &str, document: &RecoveryDocument) -> Result<String, LoadError> {
    let name = &document.metadata.name;
    if name.value.trim().is_empty() {
        return Err(LoadError::located(file, name.referenced, "expected a name"));
    }
    let namespace = document.metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    Ok(namespace.map_or_else(|| name.value.clone(), |namespace| format!("{namespace}/{}", name.value)))
}

fn threshold(file: &str, document: &RecoveryDocument) -> Result<u32, LoadError> {
    let Some(threshold) = &document.spec.failure_threshold else { return Ok(1) };
    if (1..=MOST_FAILURES).contains(&threshold.value) {
        return Ok(threshold.value);
    }
    let problem = format!("expected a threshold from 1 to {MOST_FAILURES}, found {}", threshold.value);
    Err(LoadError::located(file, threshold.referenced, problem))
}

/// Checks a number of retries.
pub(crate) fn retries(file: &str, most: &serde_saphyr::Spanned<u32>) -> Result<u32, LoadError> {
    if most.value <= limits::RETRIES {
        return Ok(most.value);
    }
    let problem = format!("expected at most {} retries, found {}", limits::RETRIES, most.value);
    Err(LoadError::located(file, most.referenced, problem))
}

fn target(file: &str, word: &Word) -> Result<GlobMatcher, LoadError> {
    let refuse = |problem: String| LoadError::located(file, word.referenced, problem);
    if word.value.trim().is_empty() {
        return Err(refuse("expected the name of a pipeline or a glob".to_owned()));
    }
    // These documents only tighten, so that being covered is the strict side.
    let glob = GlobBuilder::new(&word.value).case_insensitive(true).build();
    let glob = glob.map_err(|problem| refuse(format!("expected a glob: {problem}")))?;
    Ok(glob.compile_matcher())
}

//! Healing policies: whether a kind of failure of a kind of resource is healed without asking, and how often.

use std::collections::BTreeMap;

use selfheal_core::category::FailureCategory;
use serde_saphyr::Location;

use super::document::{HealingDocument, Word};
use super::names::Names;
use super::pipeline::retries;
use crate::error::LoadError;

/// What one policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealingPolicy {
    /// `healing/RESOURCE_KIND/ISSUE_TYPE`.
    pub(crate) name: String,
    pub(crate) auto_heal: bool,
    pub(crate) max_retries: u32,
    /// Where it stands.
    at: (String, Location),
}

/// A name, or any.
type Selects<T> = Option<T>;

/// What a policy is about: a kind of resource in lower case, and a category.
type Subject = (Selects<String>, Selects<FailureCategory>);

/// All policies; of those that match a case the most specific one speaks.
#[derive(Debug, Default)]
pub(crate) struct HealingPolicies(BTreeMap<Subject, HealingPolicy>);

impl HealingPolicies {
    /// Adds one.
    ///
    /// # Errors
    /// Its names are unknown, its subject was spoken about, or it could not be told which of two policies speaks.
    pub(crate) fn add(&mut self, file: &str, document: &HealingDocument, names: &Names) -> Result<(), LoadError> {
        let subject =
            (resource_kind(file, &document.resource_kind, names)?, issue_type(file, &document.issue_type, names)?);
        let policy = HealingPolicy {
            name: format!("healing/{}/{}", document.resource_kind.value, document.issue_type.value),
            auto_heal: document.auto_heal,
            max_retries: retries(file, &document.max_retries)?,
            at: (file.to_owned(), document.resource_kind.referenced),
        };
        if let Some(before) = self.0.get(&subject) {
            let problem = format!("expected one policy for this case, found {} again", before.name);
            return Err(LoadError::located(file, document.resource_kind.referenced, problem));
        }
        self.0.insert(subject, policy);
        Ok(())
    }

    /// Refuses two policies of which neither is more specific, where they say different things about a case that no third one
    /// settles.
    pub(crate) fn unambiguous(&self) -> Result<(), LoadError> {
        let by_kind = self.0.iter().filter_map(|(subject, policy)| match subject {
            (Some(kind), None) => Some((kind, policy)),
            _ => None,
        });
        for (kind, policy) in by_kind {
            let rivals = self.0.iter().filter_map(|(subject, rival)| match subject {
                (None, Some(category)) => Some((category, rival)),
                _ => None,
            });
            for (category, rival) in rivals {
                let settled = self.0.contains_key(&(Some(kind.clone()), Some(category.clone())));
                let agree = (policy.auto_heal, policy.max_retries) == (rival.auto_heal, rival.max_retries);
                if !settled && !agree {
                    let problem = format!(
                        "expected one policy to be the most specific, but {} and {} say different things about {category} of a \
                         {kind}; add a policy for exactly that",
                        policy.name, rival.name
                    );
                    let (file, at) = &policy.at;
                    return Err(LoadError::located(file, *at, problem));
                }
            }
        }
        Ok(())
    }

    /// The policies that speak about a failure of these categories. Where a category isn't known, every policy that could be meant
    /// speaks.
    pub(crate) fn speaking(&self, resource_kind: &str, categories: &[FailureCategory]) -> Vec<&HealingPolicy> {
        let kind = resource_kind.to_lowercase();
        let mut speaking: Vec<&HealingPolicy> = match categories {
            [] => self.possible(&kind),
            known => known.iter().flat_map(|category| self.about(&kind, category)).collect(),
        };
        speaking.sort_by(|one, other| one.name.cmp(&other.name));
        speaking.dedup();
        speaking
    }

    fn about(&self, kind: &str, category: &FailureCategory) -> Vec<&HealingPolicy> {
        let lookup = |kind: Option<&str>, category: Option<&FailureCategory>| {
            self.0.get(&(kind.map(ToOwned::to_owned), category.cloned()))
        };
        let exact = lookup(Some(kind), Some(category));
        if exact.is_none() && *category == FailureCategory::UNKNOWN {
            return self.possible(kind);
        }
        let half = || lookup(Some(kind), None).or_else(|| lookup(None, Some(category)));
        exact.or_else(half).or_else(|| lookup(None, None)).into_iter().collect()
    }

    fn possible(&self, kind: &str) -> Vec<&HealingPolicy> {
        let fits = |subject: &Subject| subject.0.as_deref().is_none_or(|named| named == kind);
        self.0.iter().filter(|(subject, _)| fits(subject)).map(|(_, policy)| policy).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn resource_kind(file: &str, word: &Word, names: &Names) -> Result<Selects<String>, LoadError> {
    let refuse = |problem: String| Err(LoadError::located(file, word.referenced, problem));
    match word.value.trim() {
        "" => refuse("expected a kind of resource or '*'".to_owned()),
        "*" => Ok(None),
        kind => match names.resource_kind_slip(kind) {
            Some(meant) => {
                refuse(format!("expected '{meant}', found '{kind}', which no resource is; did you mean it?"))
            }
            None => Ok(Some(kind.to_lowercase())),
        },
    }
}

fn issue_type(file: &str, word: &Word, names: &Names) -> Result<Selects<FailureCategory>, LoadError> {
    match word.value.trim() {
        "*" => Ok(None),
        name => names.category(name).map(Some).map_err(|problem| LoadError::located(file, word.referenced, problem)),
    }
}

//! What an incident is about: a resource, in an environment.

use std::fmt;
use std::sync::Arc;

/// A resource of some system: a local pipeline, a deployment, a job.
///
/// `system` names the adapter that reaches it (`local`, `kubernetes`, …); the orchestrator routes actions by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ResourceRef {
    /// The system that holds the resource, such as `local`.
    pub system: Arc<str>,
    /// The kind within the system, such as `pipeline`.
    pub kind: Arc<str>,
    /// The name, unique for system and kind.
    pub name: Arc<str>,
}

impl ResourceRef {
    /// A resource of `system` and `kind`, called `name`.
    #[must_use]
    pub fn new(system: &str, kind: &str, name: &str) -> Self {
        Self { system: system.into(), kind: kind.into(), name: name.into() }
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.system, self.kind, self.name)
    }
}

/// Where the resource runs; policy differs by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// A developer's own place.
    Dev,
    /// Shared, but not what customers use.
    Staging,
    /// What customers use.
    Production,
    /// A host's own environment, by name.
    #[serde(untagged)]
    Other(String),
}

impl Environment {
    /// The name: `dev`, `staging`, `production` or the host's own.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Production => "production",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A selector over resources' labels, which can't be empty: an empty selector selects everything,
/// and that is how automation has deleted fleets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "std::collections::BTreeMap<String, String>", into = "std::collections::BTreeMap<String, String>")]
pub struct Selector(std::collections::BTreeMap<String, String>);

/// Why a [`Selector`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a selector needs at least one label, and no label may be blank")]
pub struct EmptySelector;

impl TryFrom<std::collections::BTreeMap<String, String>> for Selector {
    type Error = EmptySelector;

    fn try_from(labels: std::collections::BTreeMap<String, String>) -> Result<Self, EmptySelector> {
        let blank = labels.iter().any(|(key, value)| key.trim().is_empty() || value.trim().is_empty());
        if labels.is_empty() || blank { Err(EmptySelector) } else { Ok(Self(labels)) }
    }
}

impl From<Selector> for std::collections::BTreeMap<String, String> {
    fn from(selector: Selector) -> Self {
        selector.0
    }
}

impl Selector {
    /// The labels, at least one.
    #[must_use]
    pub fn labels(&self) -> &std::collections::BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_selector_is_refused_also_when_read_from_a_document() {
        assert!(Selector::try_from(std::collections::BTreeMap::new()).is_err());
        assert!(serde_json::from_str::<Selector>("{}").is_err());
        assert!(serde_json::from_str::<Selector>(r#"{"app":" "}"#).is_err());
        assert!(serde_json::from_str::<Selector>(r#"{"app":"web"}"#).is_ok());
    }

    #[test]
    fn environments_read_and_write_as_their_names() {
        for (text, value) in
            [("\"production\"", Environment::Production), ("\"lab\"", Environment::Other("lab".into()))]
        {
            assert_eq!(serde_json::from_str::<Environment>(text).ok(), Some(value.clone()));
            assert_eq!(serde_json::to_string(&value).ok().as_deref(), Some(text));
        }
    }
}

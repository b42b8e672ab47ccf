//! The names that documents may use beside `*`.

use std::collections::BTreeSet;

use selfheal_core::action::ActionKind;
use selfheal_core::category::FailureCategory;

use super::strategy::{self, squashed};
use crate::spelling::slip_of;

/// Kinds of action, categories of failure and kinds of resource: selfheal's own, and a host's beside them. Another action or
/// category in a document is a misspelling, and refused; so is a slip of a kind of resource that is known.
#[derive(Debug, Clone)]
pub struct Names {
    kinds: BTreeSet<ActionKind>,
    categories: BTreeSet<FailureCategory>,
    /// In lower case.
    resource_kinds: BTreeSet<String>,
}

/// Kinds of resource that hosts have: of pipelines, clusters, machines and services.
const RESOURCE_KINDS: [&str; 38] = [
    "pipeline",
    "workflow",
    "stage",
    "job",
    "cronjob",
    "build",
    "repository",
    "pod",
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "node",
    "namespace",
    "service",
    "ingress",
    "configmap",
    "secret",
    "persistentvolume",
    "persistentvolumeclaim",
    "horizontalpodautoscaler",
    "cluster",
    "host",
    "server",
    "vm",
    "instance",
    "container",
    "function",
    "application",
    "database",
    "replica",
    "cache",
    "queue",
    "topic",
    "volume",
    "disk",
    "certificate",
    "network",
];

/// What clusters call some of the categories.
const CATEGORIES_ELSEWHERE: &[(&str, FailureCategory)] = &[
    ("imagepullbackoff", FailureCategory::IMAGE_PULL),
    ("errimagepull", FailureCategory::IMAGE_PULL),
    ("diskpressure", FailureCategory::DISK_FULL),
    ("configdrift", FailureCategory::CONFIGURATION_DRIFT),
    ("missingconfig", FailureCategory::MISSING_CONFIGURATION),
    ("oom", FailureCategory::OOM_KILLED),
];

impl Default for Names {
    fn default() -> Self {
        let kinds = ActionKind::ALL.iter().cloned().chain(strategy::kinds()).collect();
        let resource_kinds = RESOURCE_KINDS.iter().map(ToString::to_string).collect();
        Self { kinds, categories: FailureCategory::ALL.iter().cloned().collect(), resource_kinds }
    }
}

impl Names {
    /// Adds a kind of action that a host's executor performs.
    #[must_use]
    pub fn with_kind(mut self, kind: ActionKind) -> Self {
        self.kinds.insert(kind);
        self
    }

    /// Adds a category of failure that a host's runbooks tell.
    #[must_use]
    pub fn with_category(mut self, category: FailureCategory) -> Self {
        self.categories.insert(category);
        self
    }

    /// Adds a kind of resource that a host has.
    #[must_use]
    pub fn with_resource_kind(mut self, kind: &str) -> Self {
        self.resource_kinds.insert(kind.to_lowercase());
        self
    }

    /// Whether there is such a kind of resource.
    pub(crate) fn has_resource_kind(&self, kind: &str) -> bool {
        self.resource_kinds.contains(&kind.to_lowercase())
    }

    /// The kind of resource of which `kind` is a slip, or the plural.
    pub(crate) fn resource_kind_slip(&self, kind: &str) -> Option<&str> {
        if self.has_resource_kind(kind) {
            return None;
        }
        let kind = kind.to_lowercase();
        let one = kind.strip_suffix('s').and_then(|one| self.resource_kinds.get(one));
        one.map(String::as_str).or_else(|| slip_of(&kind, self.resource_kinds.iter().map(String::as_str)))
    }

    /// The kinds that a strategy means, or what was expected.
    pub(crate) fn strategy(&self, name: &str) -> Result<BTreeSet<ActionKind>, String> {
        strategy::kinds_of(name, &self.kinds).ok_or_else(|| {
            let mut known: Vec<&str> = strategy::names().collect();
            known.extend(self.kinds.iter().map(ActionKind::as_str));
            format!("expected a strategy, one of {}, found '{name}'", known.join(", "))
        })
    }

    /// The category of that name, or what was expected.
    pub(crate) fn category(&self, name: &str) -> Result<FailureCategory, String> {
        let squashed_name = squashed(name);
        let own = self.categories.iter().find(|category| squashed(category.as_str()) == squashed_name);
        let elsewhere = CATEGORIES_ELSEWHERE.iter().find(|(alias, _)| *alias == squashed_name);
        own.or(elsewhere.map(|(_, category)| category)).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.categories.iter().map(FailureCategory::as_str).collect();
            format!("expected '*' or a category of failure, one of {}, found '{name}'", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_has_one_name_in_several_spellings() {
        let names = Names::default();
        for oom in ["oom_killed", "OOMKilled", "oom-killed"] {
            assert_eq!(names.category(oom), Ok(FailureCategory::OOM_KILLED), "{oom}");
        }
        assert_eq!(names.category("ImagePullBackOff"), Ok(FailureCategory::IMAGE_PULL));
        assert!(names.category("oom_kiled").unwrap_err().contains("oom_killed"));
    }

    #[test]
    fn a_kind_of_resource_is_known_in_any_case_and_a_slip_of_one_is_told() {
        let names = Names::default();
        assert!(names.has_resource_kind("StatefulSet") && names.resource_kind_slip("Pod").is_none());
        for (slip, meant) in [("deploymnet", "deployment"), ("pods", "pod"), ("Pipelines", "pipeline")] {
            assert_eq!(names.resource_kind_slip(slip), Some(meant), "{slip}");
        }
        assert_eq!(names.resource_kind_slip("turbine"), None);
        let own = names.with_resource_kind("Pods");
        assert_eq!(own.resource_kind_slip("pods"), None);
    }

    #[test]
    fn a_host_s_own_names_are_known_once_it_says_so() {
        let names = Names::default().with_kind(ActionKind::custom("drain_node"));
        assert!(Names::default().strategy("drain_node").is_err());
        assert_eq!(names.strategy("drain-node").unwrap().len(), 1);
    }
}

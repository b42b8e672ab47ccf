//! The names that documents may use beside `*`.

use std::collections::BTreeSet;

use selfheal_core::action::ActionKind;
use selfheal_core::category::FailureCategory;

use super::strategy::{self, squashed};

/// Kinds of action and categories of failure: selfheal's own, and a host's beside them. Another name in a document is a
/// misspelling, and refused.
#[derive(Debug, Clone)]
pub struct Names {
    kinds: BTreeSet<ActionKind>,
    categories: BTreeSet<FailureCategory>,
}

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
        Self { kinds, categories: FailureCategory::ALL.iter().cloned().collect() }
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
    fn a_host_s_own_names_are_known_once_it_says_so() {
        let names = Names::default().with_kind(ActionKind::custom("drain_node"));
        assert!(Names::default().strategy("drain_node").is_err());
        assert_eq!(names.strategy("drain-node").unwrap().len(), 1);
    }
}

//! Success criteria: what must be observed before anything is called healed.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::facts::Facts;

/// A probe by name, or a combination of criteria.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuccessCriterion {
    /// The health probe called so observes health, such as `command_succeeds`.
    Probe(String),
    /// Every one holds; an empty list never holds.
    All(Vec<SuccessCriterion>),
    /// At least one holds.
    Any(Vec<SuccessCriterion>),
    /// At least `k` of `of` hold (consensus of independent probes); `k` of 0 never holds.
    KOfN {
        /// How many must hold.
        k: usize,
        /// Among these.
        of: Vec<SuccessCriterion>,
    },
}

/// What a probe saw. `NoData` is never health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// It was observed to be well.
    Healthy {
        /// What was observed, such as `exit_code`.
        facts: Facts,
    },
    /// It was observed not to be well.
    Unhealthy {
        /// What was observed.
        facts: Facts,
        /// What can be read of it.
        evidence: Vec<Evidence>,
    },
    /// Nothing could be observed.
    NoData {
        /// Why.
        why: String,
    },
}

impl Observation {
    /// Whether health was positively observed.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy { .. })
    }
}

impl SuccessCriterion {
    /// The names of all probes in it, in order, each once.
    #[must_use]
    pub fn probes(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Probe(name) if !names.contains(&name.as_str()) => names.push(name),
            Self::Probe(_) => {}
            Self::All(parts) | Self::Any(parts) | Self::KOfN { of: parts, .. } => {
                parts.iter().for_each(|part| part.collect(names));
            }
        }
    }

    /// Whether it holds, given what each probe saw. A probe that is not `healthy` counts against.
    #[must_use]
    pub fn holds(&self, healthy: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Probe(name) => healthy(name),
            Self::All(parts) => !parts.is_empty() && parts.iter().all(|part| part.holds(healthy)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(healthy)),
            Self::KOfN { k, of } => *k > 0 && of.iter().filter(|part| part.holds(healthy)).count() >= *k,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_never_success() {
        for vacuous in [
            SuccessCriterion::All(vec![]),
            SuccessCriterion::Any(vec![]),
            SuccessCriterion::KOfN { k: 0, of: vec![] },
            SuccessCriterion::KOfN { k: 1, of: vec![] },
        ] {
            assert!(!vacuous.holds(&|_| true), "{vacuous:?}");
        }
    }

    #[test]
    fn consensus_counts_independent_probes() {
        let probe = |name: &str| SuccessCriterion::Probe(name.into());
        let two_of_three = SuccessCriterion::KOfN { k: 2, of: vec![probe("a"), probe("b"), probe("c")] };
        assert!(two_of_three.holds(&|name| name != "b"));
        assert!(!two_of_three.holds(&|name| name == "b"));
        assert_eq!(two_of_three.probes(), ["a", "b", "c"]);
    }
}

//! The settings of the adaptive gate, as a document has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::action::RiskTier;
use crate::resource::Environment;

/// When a healer may act by itself: the lower bound of an [`Assurance`](crate::confidence::Assurance) must reach `threshold`
/// plus the adjustments. Keys that a document leaves out have their defaults.
///
/// It grants nothing: what it lets pass still has to be allowed by policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Autonomy {
    /// Before adjustments; above 0, at most 0.999. Default 0.85.
    pub threshold: f64,
    /// What adjustments can't fall below; at least 0, at most `threshold`. Default 0.4.
    pub floor: f64,
    /// Added by environment.
    pub environment: ByEnvironment,
    /// Added by the plan's risk tier.
    pub risk: ByRisk,
    /// Added by how much the business suffers if it goes wrong.
    pub impact: ByImpact,
    /// Added by what happened to the resource lately.
    pub history: ByHistory,
    /// A kind of fix with fewer verified outcomes is only suggested, unless it was tried where it can't hurt. Default 3.
    ///
    /// Tried where it can't hurt is: verified on a copy; or, of low risk, in place. In production, and wherever else its
    /// threshold holds, only what is of low risk and verified on a copy.
    ///
    /// What a model chose is only suggested until so many plans of that model healed, however it was tried.
    pub suggest_below: u32,
}

/// Additions by environment. An environment that isn't named is held to production's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByEnvironment {
    /// Default −0.10.
    pub dev: f64,
    /// Default −0.05.
    pub staging: f64,
    /// Default +0.05.
    pub production: f64,
    /// A host's own, by name.
    pub other: BTreeMap<String, f64>,
}

/// Additions by risk tier; they may not fall from one tier to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByRisk {
    /// Default −0.30: being wrong costs little where nothing lasts.
    pub low: f64,
    /// Default 0.
    pub medium: f64,
    /// Default +0.02.
    pub high: f64,
    /// Default +0.12.
    pub critical: f64,
}

/// Additions by business impact; they may not fall from one to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByImpact {
    /// Default 0.
    pub low: f64,
    /// Default 0.
    pub normal: f64,
    /// Default +0.03.
    pub high: f64,
    /// Default +0.08.
    pub critical: f64,
}

/// Additions by what happened to the resource lately; not negative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByHistory {
    /// For each fix that failed. Default +0.03.
    pub per_failure: f64,
    /// For each heal that didn't last. Default +0.05.
    pub per_relapse: f64,
    /// The most that both add. Default +0.15.
    pub at_most: f64,
}

/// How much the business suffers if a fix goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Nobody notices.
    Low,
    /// A team is held up.
    #[default]
    Normal,
    /// Customers may notice.
    High,
    /// Revenue, safety or the law.
    Critical,
}

impl Default for Autonomy {
    fn default() -> Self {
        Self {
            threshold: 0.85,
            floor: 0.4,
            environment: ByEnvironment::default(),
            risk: ByRisk::default(),
            impact: ByImpact::default(),
            history: ByHistory::default(),
            suggest_below: 3,
        }
    }
}

impl Autonomy {
    /// Whatever policy allows is sure enough, except what no record can outweigh (irreversible, proposed by nothing known, or by a
    /// model without a rehearsal): for hosts whose policy alone decides.
    #[must_use]
    pub fn by_policy_alone() -> Self {
        Self {
            threshold: f64::MIN_POSITIVE,
            floor: 0.0,
            environment: ByEnvironment { dev: 0.0, staging: 0.0, production: 0.0, other: BTreeMap::new() },
            risk: ByRisk { low: 0.0, medium: 0.0, high: 0.0, critical: 0.0 },
            impact: ByImpact { low: 0.0, normal: 0.0, high: 0.0, critical: 0.0 },
            history: ByHistory { per_failure: 0.0, per_relapse: 0.0, at_most: 0.0 },
            suggest_below: 0,
        }
    }
}

impl Default for ByEnvironment {
    fn default() -> Self {
        Self { dev: -0.10, staging: -0.05, production: 0.05, other: BTreeMap::new() }
    }
}

impl Default for ByRisk {
    fn default() -> Self {
        Self { low: -0.30, medium: 0.0, high: 0.02, critical: 0.12 }
    }
}

impl Default for ByImpact {
    fn default() -> Self {
        Self { low: 0.0, normal: 0.0, high: 0.03, critical: 0.08 }
    }
}

impl Default for ByHistory {
    fn default() -> Self {
        Self { per_failure: 0.03, per_relapse: 0.05, at_most: 0.15 }
    }
}

impl ByEnvironment {
    pub(super) fn of(&self, environment: &Environment) -> f64 {
        match environment {
            Environment::Dev => self.dev,
            Environment::Staging => self.staging,
            Environment::Production => self.production,
            Environment::Other(name) => self.other.get(name).copied().unwrap_or(self.production),
        }
    }
}

impl ByRisk {
    pub(super) fn of(&self, risk: RiskTier) -> f64 {
        match risk {
            RiskTier::Low => self.low,
            RiskTier::Medium => self.medium,
            RiskTier::High => self.high,
            RiskTier::Critical => self.critical,
        }
    }
}

impl ByImpact {
    pub(super) fn of(&self, impact: Impact) -> f64 {
        match impact {
            Impact::Low => self.low,
            Impact::Normal => self.normal,
            Impact::High => self.high,
            Impact::Critical => self.critical,
        }
    }
}

impl ByHistory {
    pub(super) fn of(&self, failures: u32, relapses: u32) -> f64 {
        (f64::from(failures) * self.per_failure + f64::from(relapses) * self.per_relapse).min(self.at_most)
    }
}

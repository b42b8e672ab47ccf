//! One rule as it is written.

use std::collections::BTreeMap;

use selfheal_core::action::{Provenance, Reversibility, RiskTier, Value};
use selfheal_core::incident::Severity;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::section::{CapacityDocument, OpeningDocument};
use super::{EffectDocument, Word};

/// What may, or must not, happen to which targets. A list that is left out restricts nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleDocument {
    pub(crate) id: Word,
    pub(crate) effect: EffectDocument,
    pub(crate) kinds: Vec<Word>,
    pub(crate) environments: Option<Vec<Word>>,
    pub(crate) targets: Option<Vec<Word>>,
    /// `system/kind/name`.
    pub(crate) resources: Option<Vec<Word>>,
    pub(crate) namespaces: Option<Vec<Word>>,
    pub(crate) clusters: Option<Vec<Word>>,
    #[serde(default)]
    pub(crate) when: WhenDocument,
    pub(crate) because: String,
}

/// Further conditions; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenDocument {
    pub(crate) rehearsed: Option<bool>,
    pub(crate) reversibility: Option<Vec<Reversibility>>,
    pub(crate) text_matches: Option<Vec<Word>>,
    pub(crate) severity: Option<Vec<Severity>>,
    pub(crate) risk: Option<Vec<RiskTier>>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Spanned<TestDocument>>,
    #[serde(default)]
    pub(crate) provenance: Sources,
    #[serde(default)]
    pub(crate) provenance_below: Sources,
    pub(crate) confidence: Option<ConfidenceDocument>,
    pub(crate) blast_radius: Option<RadiusDocument>,
    pub(crate) time: Option<TimeDocument>,
    pub(crate) fields: Option<Vec<Word>>,
    /// Of a capacity floor; not written in rules.
    #[serde(skip)]
    pub(crate) capacity_below: Option<CapacityDocument>,
    /// What every document of the set says about provenance; not written in rules.
    #[serde(skip)]
    pub(crate) provenance_floor: Option<Vec<Sources>>,
}

/// What is asked of one parameter's value; all that is given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestDocument {
    pub(crate) equals: Option<Value>,
    pub(crate) any_of: Option<Vec<Value>>,
    pub(crate) matches: Option<Word>,
    pub(crate) at_most: Option<i64>,
    pub(crate) at_least: Option<i64>,
    pub(crate) absent: Option<bool>,
}

/// Classes by `kind.parameter`, `parameter`, `kind.*` or `*`.
pub(crate) type Sources = BTreeMap<String, Spanned<Class>>;

/// A class of [`Provenance`], most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    Configured,
    Observed,
    Extracted,
    Model,
}

impl Class {
    pub(crate) fn of(provenance: &Provenance) -> Self {
        match provenance {
            Provenance::Configured { .. } => Self::Configured,
            Provenance::Observed { .. } => Self::Observed,
            Provenance::Extracted { .. } => Self::Extracted,
            Provenance::Model { .. } => Self::Model,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Observed => "observed",
            Self::Extracted => "extracted",
            Self::Model => "model",
        }
    }
}

/// Bounds on the lower bound of the assurance.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfidenceDocument {
    pub(crate) at_least: Option<f64>,
    pub(crate) below: Option<f64>,
}

/// How far the whole plan reaches.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RadiusDocument {
    #[serde(default)]
    pub(crate) resources: RangeDocument,
    #[serde(default)]
    pub(crate) changes: RangeDocument,
    #[serde(default)]
    pub(crate) lines_added: RangeDocument,
    #[serde(default)]
    pub(crate) lines_removed: RangeDocument,
}

/// Both ends belong to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RangeDocument {
    pub(crate) at_least: Option<u32>,
    pub(crate) at_most: Option<u32>,
}

/// When a rule speaks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeDocument {
    Within(OpeningDocument),
    Outside(OpeningDocument),
}

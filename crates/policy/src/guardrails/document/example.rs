//! Examples: a case, and the decision that its author expects.

use std::collections::BTreeMap;
use std::fmt;

use selfheal_core::action::{Reversibility, RiskTier, Value};
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::plan::BlastRadius;
use selfheal_core::ports::EffectClass;
use serde::Deserialize;

use super::{Class, Word};

/// A case and what its author expects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleDocument {
    pub(crate) name: Word,
    pub(crate) given: GivenDocument,
    pub(crate) expect: Expected,
}

/// A verdict about the plan, or what is said at the moment of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expected {
    Allow,
    RequireApproval,
    Propose,
    Deny,
    Clear,
    Hold,
    Stop,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::RequireApproval => "require_approval",
            Self::Propose => "propose",
            Self::Deny => "deny",
            Self::Clear => "clear",
            Self::Hold => "hold",
            Self::Stop => "stop",
        })
    }
}

/// A plan of one step. What is left out is as little as can be: not rehearsed, nobody sure of it, nothing done lately.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenDocument {
    pub(crate) kind: String,
    pub(crate) environment: String,
    /// `system/kind/name`; `local/pipeline/pipeline` by default.
    pub(crate) resource: Option<Word>,
    /// A path that the step changes; `changes` says more.
    pub(crate) target: Option<String>,
    /// Text that it adds there.
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) changes: Vec<ChangeDocument>,
    pub(crate) blast_radius: Option<BlastRadius>,
    #[serde(default)]
    pub(crate) rehearsed: bool,
    /// By default what the kind's own spec says, or undoable.
    pub(crate) reversibility: Option<Reversibility>,
    /// By default what the kind's own spec says, or medium.
    pub(crate) risk: Option<RiskTier>,
    #[serde(default)]
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, GivenValue>,
    /// The lower bound.
    #[serde(default)]
    pub(crate) confidence: f64,
    /// With an offset: `2026-12-24T10:00:00+01:00`.
    pub(crate) at: Option<Word>,
    #[serde(default)]
    pub(crate) facts: Facts,
    /// What was done before, one entry per effect.
    #[serde(default)]
    pub(crate) activity: Vec<EarlierDocument>,
    /// Which effect is asked about, where `hold`, `stop` or `clear` is expected.
    pub(crate) effect: Option<EffectClass>,
}

/// One thing that the step changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeDocument {
    pub(crate) what: String,
    #[serde(default)]
    pub(crate) diff: String,
}

/// A value, configured; or with its provenance.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum GivenValue {
    Plain(Value),
    With(GivenParameter),
}

/// A value and where it came from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenParameter {
    pub(crate) value: Value,
    pub(crate) provenance: Class,
}

/// Something that was done before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlierDocument {
    /// How long ago.
    pub(crate) ago: Word,
    /// By default the same kind.
    pub(crate) kind: Option<String>,
    /// By default the same resource.
    pub(crate) resource: Option<Word>,
    /// By default one resource and one change.
    pub(crate) blast_radius: Option<BlastRadius>,
}

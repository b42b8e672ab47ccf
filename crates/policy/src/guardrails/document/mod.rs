//! A guardrails document as it is written.

mod effect;
mod example;
mod rule;
mod section;

use std::collections::BTreeMap;

use selfheal_core::confidence::Autonomy;
use serde::Deserialize;
use serde_saphyr::Spanned;

pub(crate) use effect::EffectDocument;
pub(crate) use example::{EarlierDocument, ExampleDocument, Expected, GivenDocument, GivenParameter, GivenValue};
pub(crate) use rule::{
    Class, RadiusDocument, RangeDocument, RuleDocument, Sources, TestDocument, TimeDocument, WhenDocument,
};
pub(crate) use section::{
    AtMostDocument, BudgetDocument, CapacityDocument, DiffLimitsDocument, FieldsDocument, FreezeEffect,
    OpeningDocument, ProtectedDocument, Sections, SpanDocument, WindowDocument,
};

/// The schema this crate reads.
pub const SCHEMA: &str = "selfheal.dev/guardrails/v1";

/// A word and where it stands, for errors.
pub(crate) type Word = Spanned<String>;

/// Rules, sections that are rules in short, and examples that must come out as they say.
///
/// The sections are those of [`Sections`], written out: what is flattened into another loses its places, and its unknown keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardrailsDocument {
    pub(crate) schema: Word,
    pub(crate) name: Word,
    pub(crate) version: u32,
    #[serde(default)]
    pub(crate) rules: Vec<RuleDocument>,
    #[serde(default)]
    pub(crate) protected: Vec<ProtectedDocument>,
    #[serde(default)]
    pub(crate) forbidden_fields: Vec<FieldsDocument>,
    #[serde(default)]
    pub(crate) diff_limits: Option<Spanned<DiffLimitsDocument>>,
    #[serde(default)]
    pub(crate) freeze: Vec<WindowDocument>,
    #[serde(default)]
    pub(crate) maintenance: Vec<WindowDocument>,
    #[serde(default)]
    pub(crate) rate_limits: Vec<BudgetDocument>,
    #[serde(default)]
    pub(crate) budgets: Vec<BudgetDocument>,
    #[serde(default)]
    pub(crate) capacity_floor: Vec<CapacityDocument>,
    /// Least provenance of parameters.
    #[serde(default)]
    pub(crate) provenance: Sources,
    /// What holds in one environment beside what holds everywhere.
    #[serde(default)]
    pub(crate) environments: BTreeMap<String, Sections>,
    #[serde(default)]
    pub(crate) autonomy: Option<Spanned<Autonomy>>,
    #[serde(default)]
    pub(crate) examples: Vec<ExampleDocument>,
}

impl GuardrailsDocument {
    /// Takes the sections that hold everywhere.
    pub(crate) fn take_sections(&mut self) -> Sections {
        Sections {
            protected: std::mem::take(&mut self.protected),
            forbidden_fields: std::mem::take(&mut self.forbidden_fields),
            diff_limits: self.diff_limits.take(),
            freeze: std::mem::take(&mut self.freeze),
            maintenance: std::mem::take(&mut self.maintenance),
            rate_limits: std::mem::take(&mut self.rate_limits),
            budgets: std::mem::take(&mut self.budgets),
            capacity_floor: std::mem::take(&mut self.capacity_floor),
        }
    }
}

//! A runbook document as it is written: `schema: selfheal.dev/runbook/v1`.

use std::collections::BTreeMap;

use selfheal_core::action::Value;
use selfheal_core::plan::Compensation;
use selfheal_core::value_type::ValueType;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::condition::Condition;

/// The schema this crate reads.
pub const SCHEMA: &str = "selfheal.dev/runbook/v1";

/// A word of the document that remembers where it stands, so that a complaint can point at it.
pub(crate) type Word = Spanned<String>;

/// One runbook: how a failure is recognised, what it means, and what may be tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunbookDocument {
    pub(crate) schema: Word,
    pub(crate) id: Word,
    pub(crate) version: u32,
    pub(crate) title: String,
    pub(crate) reference: Option<String>,
    pub(crate) category: Word,
    pub(crate) priority: u16,
    /// Categories before which it steps back when their evidence comes later: a download that was repeated until it
    /// passed says the same first words as one that failed for good.
    #[serde(default)]
    pub(crate) yields_to: Vec<Word>,
    pub(crate) signature: SignatureDocument,
    pub(crate) cause: CauseDocument,
    #[serde(default)]
    pub(crate) plans: Vec<PlanDocument>,
    /// Whether the plans may be chosen for a failure that no runbook recognises. `false` for what is right for this failure only.
    #[serde(default = "yes")]
    pub(crate) offer: bool,
    pub(crate) escalation: Word,
}

fn yes() -> bool {
    true
}

/// How the failure is recognised. All parts that are given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignatureDocument {
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, Condition>,
    /// Facts of which none may hold: `oom_killed: false` leaves a signature that memory explains to those cases
    /// where memory wasn't ruled out.
    #[serde(default)]
    pub(crate) unless: BTreeMap<String, Condition>,
    #[serde(default)]
    pub(crate) all: Vec<Word>,
    #[serde(default)]
    pub(crate) any: Vec<Word>,
    #[serde(default)]
    pub(crate) none: Vec<Word>,
    pub(crate) within: Option<Spanned<usize>>,
    #[serde(default)]
    pub(crate) extract: Vec<ExtractDocument>,
    #[serde(default)]
    pub(crate) lookups: Vec<LookupDocument>,
}

/// A typed value taken from a line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractDocument {
    pub(crate) name: Word,
    #[serde(rename = "type")]
    pub(crate) kind: ValueType,
    pub(crate) pattern: Spanned<OneOrMany>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) many: bool,
    /// The value in upper case: settings name a field `database_url` that is read from `DATABASE_URL`.
    #[serde(default)]
    pub(crate) upper: bool,
    pub(crate) absent: Option<String>,
}

/// A value found in a shipped table by an extracted one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookupDocument {
    pub(crate) name: Word,
    pub(crate) table: Word,
    pub(crate) key: Word,
    pub(crate) absent: String,
}

/// One pattern, or several tried in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// What the failure means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CauseDocument {
    pub(crate) kind: Word,
    pub(crate) summary: Word,
}

/// One way to fix it; alternatives are tried in order. A criterion is the name of a health probe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanDocument {
    /// What it does, in a sentence, for whoever chooses among plans without the failure that it was written for.
    pub(crate) what: Option<Word>,
    pub(crate) from: Option<Word>,
    #[serde(default)]
    pub(crate) given: BTreeMap<String, Word>,
    pub(crate) actions: Vec<ActionDocument>,
    #[serde(default)]
    pub(crate) criteria: Vec<Word>,
    pub(crate) compensation: Compensation,
}

/// A typed action with its parameters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionDocument {
    pub(crate) kind: Word,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, ParameterDocument>,
}

/// Where a parameter's value comes from: this document, or the observed row.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParameterDocument {
    Value(Spanned<Value>),
    Row(Word),
}

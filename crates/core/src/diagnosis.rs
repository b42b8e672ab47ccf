//! What is believed to be wrong, on which evidence, and what could be done about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::action::{ActionKind, Value};
use crate::category::FailureCategory;
use crate::confidence::Confidence;
use crate::criterion::SuccessCriterion;
use crate::engine::Opinion;
use crate::evidence::{Citation, Untrusted};
use crate::plan::Compensation;
use crate::value_type::ValueType;

/// Which kind of knowledge produced a diagnosis or a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A runbook.
    Runbook {
        /// Its id.
        id: String,
        /// Its version.
        version: u32,
    },
    /// A fix that was verified before, for exactly this failure.
    Memory,
    /// A language model.
    Model {
        /// Which.
        name: String,
    },
    /// Nothing known.
    Nothing,
}

impl Source {
    /// Whether it is a language model.
    #[must_use]
    pub fn is_model(&self) -> bool {
        matches!(self, Self::Model { .. })
    }
}

/// `words` of a language model, as they may stand before people: whoever reads them is told that nobody vouches for them.
#[must_use]
pub fn unchecked(words: &str) -> String {
    format!("a language model suggests, unchecked: {words}")
}

/// A root cause: a kind, and parameters read from evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootCause {
    /// What it is, such as `peer_conflict`.
    pub kind: String,
    /// In plain words; contains text that was extracted from evidence, so it is for people only.
    pub summary: Untrusted<String>,
    /// What typed extractors read. They may select among observed values and nothing else.
    pub extracted: BTreeMap<String, Vec<Untrusted<String>>>,
}

/// One explanation, with what it rests on and what could be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// The kind of failure.
    pub category: FailureCategory,
    /// The root cause.
    pub cause: RootCause,
    /// The lines it rests on.
    pub citations: Vec<Citation>,
    /// Which knowledge it comes from.
    pub source: Source,
    /// How specific the knowledge is; of two hypotheses the higher explains more.
    pub priority: i32,
    /// Ways to mend it, tried in order. Shared with the knowledge that they come from.
    pub remedies: Vec<Arc<Remedy>>,
    /// What a person should do where no remedy helps.
    pub advice: Option<Untrusted<String>>,
    /// Where to read more.
    pub reference: Option<String>,
}

impl Hypothesis {
    /// What a person should do, in words that say so where a model suggests it.
    #[must_use]
    pub fn advice_in_words(&self) -> Option<String> {
        let advice = self.advice.as_ref()?.read();
        Some(if self.source.is_model() { unchecked(advice) } else { advice.clone() })
    }

    /// Whether one of its remedies is a fix of these [kinds](crate::plan::Plan::kinds).
    #[must_use]
    pub fn proposes(&self, kinds: &str) -> bool {
        let kinds_of = |remedy: &Arc<Remedy>| {
            let names: Vec<&str> = remedy.actions.iter().map(|action| action.kind.as_str()).collect();
            names.join("+")
        };
        self.remedies.iter().any(|remedy| kinds_of(remedy) == kinds)
    }
}

/// A way to mend: a plan whose parameters are still to be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The set of observed rows to choose from; each row is one alternative.
    pub from: Option<RowQuery>,
    /// The steps.
    pub actions: Vec<ActionTemplate>,
    /// What must be observed afterwards.
    pub criteria: Vec<SuccessCriterion>,
    /// How the steps are taken back.
    pub compensation: Compensation,
}

/// Which observed rows are asked for: the set, and what text selects by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowQuery {
    /// The set, such as `npm.peer_alignments`.
    pub set: String,
    /// Column of the rows → name of the extracted value that selects.
    pub given: BTreeMap<String, String>,
}

/// An action whose parameters are constants or columns of an observed row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTemplate {
    /// The kind.
    pub kind: ActionKind,
    /// Its parameters.
    pub parameters: BTreeMap<String, ParameterSource>,
}

/// Where a template takes a parameter from. There is no variant that takes text from evidence; what a model wrote itself says so, and
/// policy denies that unless a rule names the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterSource {
    /// Written in the document.
    Value(Value),
    /// The column of the observed row.
    Row(String),
    /// Written by the model that the hypothesis comes from.
    Model(Value),
}

/// What the analyst concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The category of the best hypothesis; `unknown` if there is none.
    pub category: FailureCategory,
    /// Best first; empty if nothing known explains the evidence. Shared with the engine's state.
    pub hypotheses: Arc<[Hypothesis]>,
    /// From counted outcomes; never self-reported.
    pub confidence: Confidence,
    /// What produced the best hypothesis.
    pub source: Source,
    /// What a model read in the evidence, if the diagnosis is one's. Boxed: it is rare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Box<Reading>>,
}

/// What a model read in evidence, as typed words: all that whoever chooses a fix gets to see of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// Words that stand in lines, by distinct names.
    pub fields: Vec<Field>,
    /// Another text for lines of a source file, where the model suggests that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<SuggestedEdit>,
    /// The second opinion on the plan that healed, where this comes from memory: an objection stays one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
}

/// A word that stands in a line of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is to the failure, in snake_case, such as `missing_package`.
    pub name: String,
    /// Its type, whose grammar it fits.
    pub value_type: ValueType,
    /// The word itself: printable ASCII without spaces.
    pub value: Untrusted<String>,
    /// Where it stands.
    pub citation: Citation,
}

/// Other text for lines of a source file. The lines that it replaces were looked up, and read so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestedEdit {
    /// The file, by the path by which it was looked up.
    pub path: Untrusted<String>,
    /// The first line to replace, 1-based.
    pub line: u64,
    /// The lines that stand there.
    pub expected: Untrusted<String>,
    /// What shall stand there; empty to remove them.
    pub replacement: Untrusted<String>,
}

impl Diagnosis {
    /// Nothing known explains it.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            category: FailureCategory::UNKNOWN,
            hypotheses: Arc::from([]),
            confidence: Confidence::NONE,
            source: Source::Nothing,
            reading: None,
        }
    }

    /// The best hypothesis.
    #[must_use]
    pub fn best(&self) -> Option<&Hypothesis> {
        self.hypotheses.first()
    }
}

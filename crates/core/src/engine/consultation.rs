//! What language models were asked, and what it took.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::FailureCategory;
use crate::evidence::{Evidence, Untrusted};
use crate::spending::{Amount, CallRecord};

/// An agent that asks a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Names the category.
    Classifier,
    /// Looks for the root cause.
    Analyst,
    /// Chooses a fix.
    Strategist,
    /// Gives a second opinion.
    Auditor,
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classifier => "classifier",
            Self::Analyst => "analyst",
            Self::Strategist => "strategist",
            Self::Auditor => "auditor",
        })
    }
}

/// One question to a model, with all that came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consultation {
    /// Who asked.
    pub agent: Agent,
    /// The prompt and its version, such as `analyst@1`.
    pub prompt: String,
    /// The calls that were made for it, and those that a cache spared; none if none was let through.
    pub calls: Vec<CallRecord>,
    /// What became of it.
    pub end: ConsultationEnd,
    /// What was looked up for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<Lookup>,
    /// What kind of failure the answer says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<FailureCategory>,
    /// What a person should do, as the answer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Untrusted<String>>,
    /// What the auditor's model thinks of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultationEnd {
    /// The answer was taken.
    Answered {
        /// Which model it is of.
        model: String,
    },
    /// What was answered, twice, was no answer to the question.
    Refused {
        /// What was wrong with it.
        why: String,
    },
    /// There was no answer.
    Failed {
        /// Why.
        why: String,
    },
}

/// Something that was looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// By which tool.
    pub tool: String,
    /// What it answered, as evidence; `None` if it failed.
    pub evidence: Option<Evidence>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// A model's second opinion about a plan. It can only tighten what policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Whether a person should look first.
    pub objects: bool,
    /// Why, for people.
    pub because: Untrusted<String>,
    /// Which model says so.
    pub model: String,
}

impl Consultation {
    /// What is counted of it.
    #[must_use]
    pub fn spent(&self) -> Amount {
        self.calls.iter().fold(Amount::NONE, |sum, call| sum.and(call.spent))
    }

    /// The evidence that was looked up.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.lookups.iter().filter_map(|lookup| lookup.evidence.as_ref())
    }
}

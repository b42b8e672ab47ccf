//! What is taken of the analyst's answer: only what the evidence bears out.

use std::collections::{BTreeMap, BTreeSet};

use super::super::classifier::category;
use super::super::legible::words;
use super::super::word::{cited, is_word, stands_in};
use super::answer::{AnalystAnswer, FieldAnswer, WantedAnswer};
use super::edit;
use super::looking::LookedUp;
use crate::category::FailureCategory;
use crate::diagnosis::{Field, Hypothesis, Reading, RootCause, Source};
use crate::evidence::{Citation, Evidence, Untrusted};
use crate::value_type::ValueType;

/// Most lines that a cause rests on.
const MOST_CITATIONS: usize = 16;

/// Most words of a reading.
const MOST_FIELDS: usize = 16;

/// Most bytes of a name.
const NAME_BYTES: usize = 64;

/// Most bytes of a summary or an advice.
const WORDS_BYTES: usize = 600;

/// An answer that was taken.
#[derive(Debug, PartialEq)]
pub(super) enum Finding {
    /// What is wrong.
    Conclusive(Box<Conclusion>),
    /// The material doesn't show it.
    Open {
        /// What kind of failure it may be.
        category: Option<FailureCategory>,
        /// What to look up.
        wanted: Vec<Wanted>,
    },
}

impl Finding {
    pub(super) fn category(&self) -> Option<&FailureCategory> {
        match self {
            Self::Conclusive(conclusion) => Some(&conclusion.category),
            Self::Open { category, .. } => category.as_ref(),
        }
    }
}

/// What is wrong, and what it rests on.
#[derive(Debug, PartialEq)]
pub(super) struct Conclusion {
    pub(super) category: FailureCategory,
    pub(super) cause: String,
    pub(super) summary: String,
    pub(super) advice: String,
    pub(super) citations: Vec<Citation>,
    pub(super) reading: Reading,
}

/// Something to look up, as the model asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) tool: String,
    pub(super) arguments: BTreeMap<String, String>,
}

/// What an answer is checked against.
pub(super) struct Shown<'a> {
    /// All pieces of which something was shown.
    pub(super) evidence: Vec<&'a Evidence>,
    /// The lines that were.
    pub(super) lines: &'a BTreeSet<Citation>,
    /// What was looked up.
    pub(super) looked_up: &'a [LookedUp],
    /// Names of the tools that may be asked for.
    pub(super) tools: Vec<&'a str>,
}

impl Shown<'_> {
    /// What is taken of `answer`.
    ///
    /// # Errors
    /// Says what is wrong with it, for the model.
    pub(super) fn take(&self, answer: AnalystAnswer) -> Result<Finding, String> {
        if !answer.conclusive {
            let wanted = answer.wanted.into_iter().map(|wanted| self.wanted(wanted)).collect::<Result<_, _>>()?;
            return Ok(Finding::Open { category: category(&answer.category).ok(), wanted });
        }
        let category = category(&answer.category)?;
        let cause = snake_case("cause", answer.cause)?;
        let citations = self.citations(&answer.citations)?;
        let fields = self.fields(answer.fields)?;
        let edit = answer.edit.map(|edit| edit::checked(edit, self.looked_up)).transpose()?;
        let (summary, advice) = (words(&answer.summary, WORDS_BYTES), words(&answer.advice, WORDS_BYTES));
        let reading = Reading { fields, edit, opinion: None };
        Ok(Finding::Conclusive(Box::new(Conclusion { category, cause, summary, advice, citations, reading })))
    }

    fn citations(&self, names: &[String]) -> Result<Vec<Citation>, String> {
        if !(1..=MOST_CITATIONS).contains(&names.len()) {
            return Err(format!("it cites {} lines; expected 1 to {MOST_CITATIONS}", names.len()));
        }
        let citations: BTreeSet<Citation> = names.iter().map(|name| self.citation(name)).collect::<Result<_, _>>()?;
        Ok(citations.into_iter().collect())
    }

    fn citation(&self, name: &str) -> Result<Citation, String> {
        let citation: Citation = name.trim().parse().map_err(|error| format!("citation `{name}`: {error}"))?;
        match self.lines.contains(&citation) {
            true => Ok(citation),
            false => Err(format!("citation `{name}` is none of the lines that were shown")),
        }
    }

    fn fields(&self, answers: Vec<FieldAnswer>) -> Result<Vec<Field>, String> {
        if answers.len() > MOST_FIELDS {
            return Err(format!("it has {} fields; expected at most {MOST_FIELDS}", answers.len()));
        }
        let mut fields: Vec<Field> = Vec::with_capacity(answers.len());
        for answer in answers {
            let field = self.field(answer)?;
            if fields.iter().any(|other| other.name == field.name) {
                return Err(format!("two fields are called `{}`", field.name));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(&self, answer: FieldAnswer) -> Result<Field, String> {
        let FieldAnswer { name, value_type, value, citation } = answer;
        let name = snake_case("a field's name", name)?;
        let citation = self.citation(&citation)?;
        let value_type = ValueType::named(&value_type)
            .filter(|value_type| value_type.selects())
            .ok_or_else(|| format!("field `{name}`: `{value_type}` is none of the types in the schema"))?;
        if !is_word(&value) || !value_type.accepts(&value) {
            return Err(format!("field `{name}`: its value is no {}", value_type.as_str()));
        }
        let line = cited(self.evidence.iter().copied(), citation).unwrap_or_default();
        if !stands_in(line, &value) {
            return Err(format!("field `{name}`: its value does not stand in line {citation}"));
        }
        Ok(Field { name, value_type, value: Untrusted::new(value), citation })
    }

    fn wanted(&self, answer: WantedAnswer) -> Result<Wanted, String> {
        let WantedAnswer { tool, arguments } = answer;
        if !self.tools.contains(&tool.as_str()) {
            return Err(format!("`{tool}` is nothing that can be looked up"));
        }
        let arguments = arguments.into_iter().map(|argument| (argument.name, argument.value)).collect();
        Ok(Wanted { tool, arguments })
    }
}

impl Conclusion {
    /// The only hypothesis of a diagnosis by `model`. It has no remedies: somebody has to choose one.
    pub(super) fn hypothesis(&self, model: &str) -> Hypothesis {
        let mut extracted: BTreeMap<String, Vec<Untrusted<String>>> = BTreeMap::new();
        for field in &self.reading.fields {
            extracted.insert(field.name.clone(), vec![field.value.clone()]);
        }
        Hypothesis {
            category: self.category.clone(),
            cause: RootCause { kind: self.cause.clone(), summary: Untrusted::new(self.summary.clone()), extracted },
            citations: self.citations.clone(),
            source: Source::Model { name: model.to_owned() },
            priority: 0,
            remedies: Vec::new(),
            advice: (!self.advice.is_empty()).then(|| Untrusted::new(self.advice.clone())),
            reference: None,
        }
    }
}

fn snake_case(what: &str, name: String) -> Result<String, String> {
    let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits =
        (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(shape) && name.as_bytes()[0].is_ascii_lowercase();
    match fits {
        true => Ok(name),
        false => Err(format!("{what} is not in snake_case of at most {NAME_BYTES} characters")),
    }
}

//! A runbook that was checked: every name it uses exists, every pattern parses, every action is a known one.

use std::collections::BTreeMap;
use std::sync::Arc;

use selfheal_core::action::ActionKind;
use selfheal_core::category::FailureCategory;
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::diagnosis::{ActionTemplate, ParameterSource, Remedy, RowQuery};
use serde_saphyr::Location;

use super::document::{
    ActionDocument, ExtractDocument, LookupDocument, ParameterDocument, PlanDocument, RunbookDocument, SCHEMA, Word,
};
use super::kinds::ActionKinds;
use super::pattern::{PatternId, PatternsBuilder};
use super::signature::{Extractor, Lookup, Signature};
use super::tables;
use super::template::Template;
use crate::error::LoadError;
use crate::limits;

/// How a kind of failure is recognised, what it means and what may be tried.
#[derive(Debug)]
pub struct Runbook {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) title: String,
    pub(crate) reference: Option<String>,
    pub(crate) category: FailureCategory,
    pub(crate) priority: u16,
    pub(crate) yields_to: Vec<FailureCategory>,
    pub(crate) signature: Signature,
    pub(crate) cause_kind: String,
    pub(crate) summary: Template,
    pub(crate) escalation: Template,
    pub(crate) absent: BTreeMap<String, String>,
    pub(crate) remedies: Vec<Arc<Remedy>>,
    /// Whether its remedies are offered for other failures than its own.
    pub(crate) offered: bool,
    /// What each remedy does, in the document's words.
    pub(crate) what: Vec<Option<String>>,
}

/// Checks one document and interns its patterns.
pub(crate) struct Checker<'a> {
    pub(crate) document: &'a str,
    pub(crate) kinds: &'a ActionKinds,
    pub(crate) patterns: &'a mut PatternsBuilder,
}

impl Checker<'_> {
    pub(crate) fn check(&mut self, doc: &RunbookDocument) -> Result<Runbook, LoadError> {
        self.expect(&doc.schema, doc.schema.value == SCHEMA, format_args!("schema '{SCHEMA}'"))?;
        self.expect(&doc.id, kebab_case(&doc.id.value), "an id of lower-case words joined by '-'")?;
        self.expect(&doc.cause.kind, snake_case(&doc.cause.kind.value), "a snake_case name")?;
        let category = self.category(&doc.category)?;
        let signature = self.signature(doc)?;
        let absent = absent_words(doc);
        Ok(Runbook {
            id: doc.id.value.clone(),
            version: doc.version,
            title: doc.title.clone(),
            reference: doc.reference.clone(),
            category,
            priority: doc.priority,
            yields_to: doc.yields_to.iter().map(|word| self.category(word)).collect::<Result<_, _>>()?,
            summary: self.template(&doc.cause.summary, &signature, &absent)?,
            escalation: self.template(&doc.escalation, &signature, &absent)?,
            cause_kind: doc.cause.kind.value.clone(),
            remedies: doc
                .plans
                .iter()
                .map(|plan| self.plan(plan, &signature).map(Arc::new))
                .collect::<Result<_, _>>()?,
            offered: doc.offer,
            what: doc.plans.iter().map(|plan| self.what(plan)).collect::<Result<_, _>>()?,
            signature,
            absent,
        })
    }

    fn category(&self, word: &Word) -> Result<FailureCategory, LoadError> {
        FailureCategory::new(&word.value)
            .ok_or_else(|| self.refuse(word, "a snake_case category such as 'dependency_failure'"))
    }

    /// Compiles every pattern now, so that one too large is refused where a person reads the refusal.
    pub(crate) fn compile(&self, doc: &RunbookDocument) -> Result<(), LoadError> {
        let signature = &doc.signature;
        let plain = signature.all.iter().chain(&signature.any).chain(&signature.none);
        let plain = plain.map(|word| (word.referenced, &word.value));
        let extract = signature.extract.iter().map(|extract| &extract.pattern);
        let extract = extract.flat_map(|one| one.value.as_slice().iter().map(|source| (one.referenced, source)));
        for (at, source) in plain.chain(extract) {
            let what = format_args!("a pattern of at most {} compiled bytes", limits::PATTERN_PROGRAM_BYTES);
            self.expect_at(at, self.patterns.compiles(source), what, source)?;
        }
        Ok(())
    }

    fn signature(&mut self, doc: &RunbookDocument) -> Result<Signature, LoadError> {
        let source = &doc.signature;
        let extract = source.extract.iter().map(|extract| self.extractor(extract)).collect::<Result<Vec<_>, _>>()?;
        let lookups =
            source.lookups.iter().map(|lookup| self.lookup(lookup, &extract)).collect::<Result<Vec<_>, _>>()?;
        if let Some(within) = &source.within {
            let fits = (2..=limits::LINES).contains(&within.value);
            let problem = format_args!("a window of 2 to {} lines", limits::LINES);
            self.expect_at(within.referenced, fits, problem, within.value)?;
        }
        let signature = Signature {
            facts: source.facts.clone(),
            unless: source.unless.clone(),
            all: self.patterns(&source.all)?,
            any: self.patterns(&source.any)?,
            none: self.patterns(&source.none)?,
            within: source.within.as_ref().map(|within| within.value),
            extract,
            lookups,
        };
        self.is_specific(doc, &signature)?;
        Ok(signature)
    }

    /// A runbook that holds of everything would turn "unknown" into a guess.
    fn is_specific(&self, doc: &RunbookDocument, signature: &Signature) -> Result<(), LoadError> {
        let asks = !signature.facts.is_empty() || !signature.all.is_empty() || !signature.any.is_empty();
        let specific = asks || signature.extract.iter().any(|extractor| extractor.required);
        self.expect(&doc.id, specific, "a signature with facts, 'all', 'any' or a required extractor")?;
        let patterns = signature.all.len() + signature.any.len() + signature.none.len();
        let patterns = patterns + signature.extract.iter().map(|extractor| extractor.patterns.len()).sum::<usize>();
        self.expect(&doc.id, patterns <= limits::PATTERNS, format_args!("at most {} patterns", limits::PATTERNS))
    }

    fn extractor(&mut self, doc: &ExtractDocument) -> Result<Extractor, LoadError> {
        self.expect(&doc.name, snake_case(&doc.name.value), "a snake_case name")?;
        let at = doc.pattern.referenced;
        let mut patterns = Vec::new();
        for source in doc.pattern.value.as_slice() {
            let id = self.pattern(at, source)?;
            let named = self.patterns.has_group(id, &doc.name.value);
            self.expect_at(at, named, format_args!("a pattern with the group (?P<{}>…)", doc.name.value), source)?;
            patterns.push(id);
        }
        let name = doc.name.value.clone();
        Ok(Extractor { name, kind: doc.kind, patterns, required: doc.required, many: doc.many, upper: doc.upper })
    }

    fn lookup(&self, doc: &LookupDocument, extract: &[Extractor]) -> Result<Lookup, LoadError> {
        self.expect(&doc.name, snake_case(&doc.name.value), "a snake_case name")?;
        let known = tables::NAMES.contains(&doc.table.value.as_str());
        self.expect(&doc.table, known, format_args!("a table, one of {}", tables::NAMES.join(", ")))?;
        let extracted = extract.iter().any(|extractor| extractor.name == doc.key.value);
        self.expect(&doc.key, extracted, "the name of an extractor")?;
        Ok(Lookup { name: doc.name.value.clone(), table: doc.table.value.clone(), key: doc.key.value.clone() })
    }

    fn patterns(&mut self, words: &[Word]) -> Result<Vec<PatternId>, LoadError> {
        words.iter().map(|word| self.pattern(word.referenced, &word.value)).collect()
    }

    fn pattern(&mut self, at: Location, source: &str) -> Result<PatternId, LoadError> {
        let refuse = |problem| LoadError::located(self.document, at, format!("{problem}, found '{source}'"));
        self.patterns.intern(source).map_err(refuse)
    }

    /// Every place must be filled: by a required extractor, or by words that say that nothing was found.
    fn template(
        &self,
        word: &Word,
        signature: &Signature,
        absent: &BTreeMap<String, String>,
    ) -> Result<Template, LoadError> {
        let template = Template::new(&word.value);
        for name in template.names() {
            let required = signature.extract.iter().any(|extractor| extractor.name == name && extractor.required);
            if !required && !absent.contains_key(name) {
                let problem = format!("'{{{name}}}' names no required extractor and none with 'absent' words");
                return Err(LoadError::located(self.document, word.referenced, problem));
            }
        }
        Ok(template)
    }

    fn plan(&self, doc: &PlanDocument, signature: &Signature) -> Result<Remedy, LoadError> {
        for word in doc.given.values() {
            let selector = signature.extract.iter().find(|extractor| extractor.name == word.value);
            let selects = selector.is_some_and(|extractor| extractor.kind.selects());
            self.expect(word, selects, "the name of an extractor whose type may select (not text or test_name)")?;
        }
        if let (None, Some(word)) = (&doc.from, doc.given.values().next()) {
            return Err(self.refuse(word, "'from' beside 'given'"));
        }
        let given = doc.given.iter().map(|(key, word)| (key.clone(), word.value.clone())).collect();
        Ok(Remedy {
            from: doc.from.as_ref().map(|from| RowQuery { set: from.value.clone(), given }),
            actions: doc.actions.iter().map(|action| self.action(action, doc)).collect::<Result<_, _>>()?,
            criteria: doc.criteria.iter().map(|word| self.criterion(word)).collect::<Result<_, _>>()?,
            compensation: doc.compensation,
        })
    }

    fn what(&self, doc: &PlanDocument) -> Result<Option<String>, LoadError> {
        let Some(word) = &doc.what else { return Ok(None) };
        let (words, most) = (word.value.trim(), limits::WHAT_BYTES);
        let fits = (1..=most).contains(&words.len()) && !words.chars().any(char::is_control);
        self.expect(word, fits, format_args!("a sentence of at most {most} bytes on one line"))?;
        Ok(Some(words.to_owned()))
    }

    fn criterion(&self, word: &Word) -> Result<SuccessCriterion, LoadError> {
        self.expect(word, snake_case(&word.value), "the snake_case name of a health probe")?;
        Ok(SuccessCriterion::Probe(word.value.clone()))
    }

    fn action(&self, doc: &ActionDocument, plan: &PlanDocument) -> Result<ActionTemplate, LoadError> {
        let mut parameters = BTreeMap::new();
        for (name, parameter) in &doc.parameters {
            parameters.insert(name.clone(), self.parameter(parameter, plan)?);
        }
        let template = ActionTemplate { kind: ActionKind::named(&doc.kind.value), parameters };
        let refuse = |problem| LoadError::located(self.document, doc.kind.referenced, problem);
        self.kinds.check(&template).map_err(refuse)?;
        Ok(template)
    }

    fn parameter(&self, doc: &ParameterDocument, plan: &PlanDocument) -> Result<ParameterSource, LoadError> {
        match doc {
            ParameterDocument::Value(value) => Ok(ParameterSource::Value(value.value.clone())),
            ParameterDocument::Row(column) => {
                self.expect(column, plan.from.is_some(), "'from' in a plan whose parameters name a row")?;
                Ok(ParameterSource::Row(column.value.clone()))
            }
        }
    }

    fn expect(&self, word: &Word, holds: bool, what: impl std::fmt::Display) -> Result<(), LoadError> {
        self.expect_at(word.referenced, holds, what, &word.value)
    }

    fn expect_at(
        &self,
        at: Location,
        holds: bool,
        what: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) -> Result<(), LoadError> {
        if holds {
            Ok(())
        } else {
            Err(LoadError::located(self.document, at, format!("expected {what}, found '{found}'")))
        }
    }

    fn refuse(&self, word: &Word, what: &str) -> LoadError {
        LoadError::located(self.document, word.referenced, format!("expected {what}, found '{}'", word.value))
    }
}

fn absent_words(doc: &RunbookDocument) -> BTreeMap<String, String> {
    let extracted = doc.signature.extract.iter().filter_map(|extract| Some((&extract.name, extract.absent.as_ref()?)));
    let looked_up = doc.signature.lookups.iter().map(|lookup| (&lookup.name, &lookup.absent));
    extracted.chain(looked_up).map(|(name, words)| (name.value.clone(), words.clone())).collect()
}

fn snake_case(text: &str) -> bool {
    let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(shape)
}

fn kebab_case(text: &str) -> bool {
    let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(shape) && !text.starts_with('-')
}

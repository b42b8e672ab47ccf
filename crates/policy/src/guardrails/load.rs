//! From texts to guardrails in force.

use std::collections::BTreeSet;

use selfheal_core::confidence::Autonomy;
use sha2::{Digest, Sha256};

use super::budget::Budget;
use super::document::{ExampleDocument, GuardrailsDocument, SCHEMA, Sources, WindowDocument, Word};
use super::index::{Draft, IndexBuilder};
use super::sections::{self, Expanded};
use super::standing::{Standing, Window, consistent};
use super::{Guardrails, autonomy, check, names, parameter_names};
use crate::error::LoadError;
use crate::{limits, yaml};

/// A document that was read.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its path, for errors.
    path: String,
    name: Word,
    /// `name@version#hash`.
    label: String,
    expanded: Expanded,
    provenance: Sources,
    autonomy: Option<Autonomy>,
    pub(crate) examples: Vec<ExampleDocument>,
}

impl Written {
    /// Reads one document.
    ///
    /// # Errors
    /// What isn't a document, with line and what was expected.
    pub(crate) fn read(path: &str, text: &str) -> Result<Self, LoadError> {
        let mut document: GuardrailsDocument = yaml::parse(path, text)?;
        if document.schema.value != SCHEMA {
            let problem = format!("expected schema '{SCHEMA}', found '{}'", document.schema.value);
            return Err(LoadError::located(path, document.schema.referenced, problem));
        }
        let expanded = sections::expand(path, &mut document)?;
        let autonomy = settings(path, &document)?;
        let empty = expanded.ids.is_empty() && document.provenance.is_empty() && autonomy.is_none();
        if empty || expanded.rules.len() > limits::RULES {
            let problem = format!("expected 1 to {} rules", limits::RULES);
            return Err(LoadError::located(path, document.name.referenced, problem));
        }
        check::sources(path, &document.provenance)?;
        unique(path, &expanded.ids)?;
        names::meant(path, &expanded, &document.examples)?;
        parameter_names::meant(path, &document.provenance, &expanded.rules, &document.examples)?;
        Ok(Self {
            autonomy,
            label: format!("{}@{}#{}", document.name.value, document.version, digest(text)),
            path: path.to_owned(),
            name: document.name,
            provenance: document.provenance,
            examples: document.examples,
            expanded,
        })
    }

    fn drafts(&self) -> impl Iterator<Item = Draft> {
        let draft = |rule: &super::document::RuleDocument| Draft {
            document: self.path.clone(),
            policy: self.name.value.clone(),
            rule: rule.clone(),
        };
        self.expanded.rules.iter().map(draft)
    }

    fn stand(&self, standing: &mut Standing) -> Result<(), LoadError> {
        let (path, policy) = (&self.path, &self.name.value);
        let Expanded { freezes, maintenance, budgets, .. } = &self.expanded;
        if freezes.len() + maintenance.len() + budgets.len() > limits::WINDOWS {
            let problem = format!("expected at most {} windows and budgets", limits::WINDOWS);
            return Err(LoadError::located(path, self.name.referenced, problem));
        }
        let compile = |written: &WindowDocument| Ok((written.clone(), Window::compile(path, policy, written)?));
        let freezes = freezes.iter().map(compile).collect::<Result<Vec<_>, LoadError>>()?;
        let maintenance = maintenance.iter().map(compile).collect::<Result<Vec<_>, LoadError>>()?;
        consistent(path, &freezes, &maintenance)?;
        standing.freezes.extend(freezes.into_iter().map(|(_, window)| window));
        standing.maintenance.extend(maintenance.into_iter().map(|(_, window)| window));
        for budget in budgets {
            standing.budgets.push(Budget::compile(path, policy, budget)?);
        }
        Ok(())
    }
}

/// All documents together; a deny in one is a deny.
///
/// # Errors
/// The first rule, window or budget that can't be meant, and documents that share a name.
pub(crate) fn assemble(documents: &[&Written]) -> Result<Guardrails, LoadError> {
    let mut names = BTreeSet::new();
    if let Some(again) = documents.iter().find(|document| !names.insert(document.name.value.as_str())) {
        let problem = format!("expected another name; a document in force is called '{}' already", again.name.value);
        return Err(LoadError::located(&again.path, again.name.referenced, problem));
    }
    let mut drafts: Vec<Draft> = documents.iter().flat_map(|document| document.drafts()).collect();
    drafts.extend(provenance_floor(documents));
    if drafts.len() > limits::RULES_IN_FORCE {
        let (most, last) = (limits::RULES_IN_FORCE, documents.last().map_or("", |document| document.path.as_str()));
        return Err(LoadError::whole(last, format!("expected at most {most} rules in force")));
    }
    let mut standing = Standing::default();
    documents.iter().try_for_each(|document| document.stand(&mut standing))?;
    let labels: Vec<&str> = documents.iter().map(|document| document.label.as_str()).collect();
    let settings = documents.iter().filter_map(|document| document.autonomy.clone());
    Ok(Guardrails {
        index: IndexBuilder::index(&drafts)?,
        standing,
        version: labels.join("+"),
        autonomy: settings.reduce(|one, other| autonomy::strictest(one, &other)),
    })
}

/// The rule that denies parameters below their least provenance, as all documents together say it.
fn provenance_floor(documents: &[&Written]) -> Option<Draft> {
    let first = documents.first()?;
    let at = first.name.referenced;
    let mut rule = sections::bare(&sections::word("least", at));
    rule.because =
        "each parameter has to come from where policy trusts it to; what a model chose needs to be named".to_owned();
    let floors = documents.iter().map(|document| document.provenance.clone());
    rule.when.provenance_floor = Some(floors.filter(|floor| !floor.is_empty()).collect());
    Some(Draft { document: first.path.clone(), policy: "provenance".to_owned(), rule })
}

fn settings(path: &str, document: &GuardrailsDocument) -> Result<Option<Autonomy>, LoadError> {
    let Some(settings) = &document.autonomy else { return Ok(None) };
    settings.value.check().map_err(|problem| LoadError::located(path, settings.referenced, problem))?;
    Ok(Some(settings.value.clone()))
}

fn unique(path: &str, ids: &[Word]) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    let repeated = ids.iter().find(|id| !seen.insert(id.value.as_str()));
    repeated.map_or(Ok(()), |id| {
        let problem = format!("expected a unique rule id, found '{}' again", id.value);
        Err(LoadError::located(path, id.referenced, problem))
    })
}

/// Enough of SHA-256 to tell that a text was changed; not for proving who wrote it.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::engine::{DEFAULT, HARD_BLOCKS};
    use super::super::examples;
    use super::*;

    const ANYTHING_GOES: &str = "\
schema: selfheal.dev/guardrails/v1
name: anything-goes
version: 1
rules: [{id: all, effect: allow, kinds: ['*'], because: 'so that only hard blocks deny'}]
";

    #[test]
    fn the_shipped_documents_keep_their_examples() {
        let read = |(path, text): (&str, &str)| Written::read(path, text).unwrap();
        let (blocks, default) = (read(HARD_BLOCKS), read(DEFAULT));
        let anything = read(("anything.yaml", ANYTHING_GOES));
        for (document, beside) in [(&default, &default), (&blocks, &anything)] {
            let guardrails = assemble(&[&blocks, beside]).unwrap();
            assert!(!document.examples.is_empty());
            document.examples.iter().for_each(|example| examples::hold("x", &guardrails, example).unwrap());
        }
    }
}

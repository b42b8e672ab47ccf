//! Reading policies: parsed, checked against the schema, and each with a name.

use std::collections::BTreeMap;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use selfheal_core::decision::Verdict;

use crate::error::LoadError;
use crate::limits;

/// One policy, as a decision tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// `document/id`.
    pub(crate) name: String,
    pub(crate) effect: Verdict,
    pub(crate) because: String,
}

/// The policies with what is told of each, by the place at which it stands.
#[derive(Debug)]
pub(crate) struct Policies {
    pub(crate) set: PolicySet,
    rules: BTreeMap<usize, Rule>,
}

impl Policies {
    pub(crate) fn parse(document: &str, text: &str, schema: &Schema) -> Result<Self, LoadError> {
        if text.len() > limits::DOCUMENT_BYTES {
            return Err(LoadError::whole(document, format!("expected at most {} bytes", limits::DOCUMENT_BYTES)));
        }
        let set: PolicySet = text.parse().map_err(|problem| placed(document, text, &problem))?;
        let mut rules = BTreeMap::new();
        for policy in set.policies() {
            let place = place(policy.id()).ok_or_else(|| LoadError::whole(document, "expected static policies"))?;
            rules.insert(place, rule(document, place, policy)?);
        }
        fits(document, &set, &rules)?;
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        match checked.validation_errors().next() {
            Some(problem) => Err(placed(document, text, problem)),
            None => Ok(Self { set, rules }),
        }
    }

    /// The rules of these ids, in the order of the document.
    pub(crate) fn rules<'a>(&'a self, ids: impl Iterator<Item = &'a PolicyId>) -> Vec<&'a Rule> {
        let mut places: Vec<usize> = ids.filter_map(place).collect();
        places.sort_unstable();
        places.iter().filter_map(|place| self.rules.get(place)).collect()
    }
}

/// The parser numbers policies in the order in which they stand.
fn place(id: &PolicyId) -> Option<usize> {
    AsRef::<str>::as_ref(id).strip_prefix("policy")?.parse().ok()
}

fn rule(document: &str, place: usize, policy: &Policy) -> Result<Rule, LoadError> {
    let said = |key| policy.annotation(key).map(str::trim).filter(|text| !text.is_empty());
    let id = said("id").map_or_else(|| format!("policy {}", place + 1), ToOwned::to_owned);
    let effect = match (policy.effect(), said("effect")) {
        (Effect::Forbid, None | Some("deny")) => Verdict::Deny,
        (Effect::Permit, None | Some("allow")) => Verdict::Allow,
        (Effect::Permit, Some("require_approval")) => Verdict::RequireApproval,
        (Effect::Permit, Some("propose")) => Verdict::Propose,
        (Effect::Forbid, Some(effect)) => {
            return Err(LoadError::whole(
                document,
                format!("expected no @effect of a forbid, found '{effect}' of {id}"),
            ));
        }
        (Effect::Permit, Some(effect)) => {
            let expected = "expected an @effect of allow, require_approval or propose";
            return Err(LoadError::whole(document, format!("{expected}, found '{effect}' of {id}")));
        }
    };
    let because = said("because").unwrap_or("no reason is given").to_owned();
    Ok(Rule { name: format!("{document}/{id}"), effect, because })
}

fn fits(document: &str, set: &PolicySet, rules: &BTreeMap<usize, Rule>) -> Result<(), LoadError> {
    let refuse = |problem: String| Err(LoadError::whole(document, problem));
    if set.num_of_templates() > 0 {
        return refuse("expected no templates: nothing would ever fill them in".to_owned());
    }
    if rules.is_empty() || rules.len() > limits::RULES {
        return refuse(format!("expected 1 to {} policies", limits::RULES));
    }
    let mut names = std::collections::BTreeSet::new();
    match rules.values().find(|rule| !names.insert(&rule.name)) {
        Some(again) => refuse(format!("expected a unique @id, found {} again", again.name)),
        None => Ok(()),
    }
}

/// A complaint where its first label points.
fn placed(document: &str, text: &str, problem: &dyn Diagnostic) -> LoadError {
    let label = problem.labels().and_then(|mut labels| labels.next());
    match label.and_then(|label| text.get(..label.offset())) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            LoadError::at(document, line as u64, column as u64, problem)
        }
        None => LoadError::whole(document, problem),
    }
}

//! What runbooks offer apart from the failures that they were written for: core's [`Repertoire`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::Value;
use selfheal_core::diagnosis::{ParameterSource, Remedy};
use selfheal_core::error::Result;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::ports::{Offer, OfferInput, Repertoire};
use selfheal_core::value_type::ValueType;

use super::catalogue::Catalogue;
use super::definition::Runbook;
use super::signature::Signature;
use crate::limits;

/// The parameter that says whose tool carries an action out, and the fact that says which are in use.
const ECOSYSTEM: &str = "ecosystem";
const ECOSYSTEMS: &str = "ecosystems";

/// A remedy, and every runbook that has it. Most runbooks differ in how they recognise a failure, not in what they do.
#[derive(Debug)]
pub(crate) struct Known {
    id: String,
    what: Option<String>,
    inputs: Vec<OfferInput>,
    remedy: Arc<Remedy>,
    /// Places of the runbooks in the catalogue.
    runbooks: Vec<usize>,
}

/// Every remedy that may be offered, once, by id.
pub(crate) fn known(runbooks: &[Runbook]) -> Vec<Known> {
    let mut places: Vec<usize> = (0..runbooks.len()).filter(|&place| runbooks[place].offered).collect();
    places.sort_by(|&a, &b| runbooks[a].id.cmp(&runbooks[b].id));
    let mut by_meaning: BTreeMap<String, Known> = BTreeMap::new();
    for place in places {
        for known in of_runbook(&runbooks[place], place) {
            match by_meaning.entry(meaning(&known)) {
                Entry::Vacant(free) => drop(free.insert(known)),
                Entry::Occupied(mut taken) => taken.get_mut().join(known),
            }
        }
    }
    let mut all: Vec<Known> = by_meaning.into_values().collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

fn of_runbook(runbook: &Runbook, place: usize) -> impl Iterator<Item = Known> {
    runbook.remedies.iter().zip(&runbook.what).zip(1..).map(move |((remedy, what), number)| Known {
        id: format!("{}/{number}", runbook.id),
        what: what.clone(),
        inputs: inputs(remedy, &runbook.signature),
        remedy: Arc::clone(remedy),
        runbooks: vec![place],
    })
}

fn inputs(remedy: &Remedy, signature: &Signature) -> Vec<OfferInput> {
    let named = |name: &String| signature.extract.iter().find(|extractor| extractor.name == *name);
    let mut names: Vec<&String> = remedy.from.iter().flat_map(|query| query.given.values()).collect();
    names.sort_unstable();
    names.dedup();
    let extractors = names.into_iter().filter_map(named);
    extractors.map(|one| OfferInput { name: one.name.clone(), value_type: one.kind }).collect()
}

impl Known {
    /// The same remedy, of a further runbook. It is named after the first that has words for it.
    fn join(&mut self, mut other: Self) {
        if self.what.is_none() && other.what.is_some() {
            std::mem::swap(self, &mut other);
        }
        self.runbooks.append(&mut other.runbooks);
        self.runbooks.sort_unstable();
    }

    fn offer(&self, runbooks: &[Runbook], facts: &Facts) -> Option<Offer> {
        let applying = |&&place: &&usize| runbooks[place].signature.allowed_by(facts);
        let helps: Vec<&str> = self.runbooks.iter().filter(applying).map(|&place| runbooks[place].title()).collect();
        (!helps.is_empty() && in_use(&self.remedy, facts)).then(|| Offer {
            id: self.id.clone(),
            what: format!("{} Helps when {}.", self.words(), when(&helps)),
            inputs: self.inputs.clone(),
            remedy: Arc::clone(&self.remedy),
        })
    }

    fn words(&self) -> String {
        self.what.clone().unwrap_or_else(|| {
            let kinds: Vec<&str> = self.remedy.actions.iter().map(|action| action.kind.as_str()).collect();
            let from = self.remedy.from.as_ref().map(|query| format!(", chosen from {}", query.set));
            format!("Does {}{}.", kinds.join(", then "), from.unwrap_or_default())
        })
    }
}

/// What two remedies have in common that do the same: all but how the selecting values are called.
fn meaning(known: &Known) -> String {
    let remedy = &known.remedy;
    let type_of = |name: &String| known.inputs.iter().find(|input| input.name == *name).map(|input| input.value_type);
    let query = remedy.from.as_ref().map(|query| {
        let given = query.given.iter().map(|(column, name)| (column, type_of(name)));
        (&query.set, given.collect::<BTreeMap<_, Option<ValueType>>>())
    });
    serde_json::json!([query, remedy.actions, remedy.criteria, remedy.compensation]).to_string()
}

/// Whether the ecosystems that its actions are of are in use here, as far as that is known.
fn in_use(remedy: &Remedy, facts: &Facts) -> bool {
    let Some(Fact::Names(used)) = facts.get(ECOSYSTEMS) else { return true };
    let written = remedy.actions.iter().filter_map(|action| action.parameters.get(ECOSYSTEM));
    written.into_iter().all(|source| match source {
        ParameterSource::Value(Value::Text(ecosystem)) => used.contains(ecosystem),
        _ => true,
    })
}

/// The titles, as many as fit; at least the first.
fn when(titles: &[&str]) -> String {
    let mut words = String::new();
    for (place, title) in titles.iter().enumerate() {
        if place > 0 && words.len() + title.len() > limits::WHEN_BYTES {
            return words + "; and the like";
        }
        words.push_str(if place > 0 { "; " } else { "" });
        words.push_str(title);
    }
    words
}

#[async_trait]
impl Repertoire for Catalogue {
    async fn offers(&self, facts: &Facts) -> Result<Vec<Offer>> {
        Ok(self.known.iter().filter_map(|known| known.offer(&self.runbooks, facts)).collect())
    }
}

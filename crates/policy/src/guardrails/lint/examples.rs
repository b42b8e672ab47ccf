//! Examples that repeat another one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Warning;
use crate::error::LoadError;
use crate::guardrails::document::ExampleDocument;
use crate::yaml;

/// What is given in the examples, without what it means.
#[derive(Debug, Deserialize)]
struct GivenOnly {
    #[serde(default)]
    examples: Vec<Given>,
}

#[derive(Debug, Deserialize)]
struct Given {
    given: Tree,
}

/// Any value; keys have no order.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Tree {
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
    Nothing(()),
}

pub(super) fn warnings(document: &str, examples: &[ExampleDocument], text: &str) -> Result<Vec<Warning>, LoadError> {
    let given: GivenOnly = yaml::parse(document, text)?;
    let given = given.examples.iter().map(|example| &example.given);
    let all: Vec<(&Tree, &ExampleDocument)> = given.zip(examples).collect();
    let repeats = |(place, (tree, example)): (usize, &(&Tree, &ExampleDocument))| {
        // What is asked of the moment is another question than what is asked of the plan.
        let same = |(other, before): &&(&Tree, &ExampleDocument)| other == tree && before.expect == example.expect;
        let (_, before) = all[..place].iter().find(same)?;
        let problem = format!("example '{}' repeats example '{}'", example.name.value, before.name.value);
        Some(Warning::at(document, example.name.referenced, problem))
    };
    Ok(all.iter().enumerate().filter_map(repeats).collect())
}

//! Kinds and environments that neither selfheal nor an example of the document has.

use super::Warning;
use crate::guardrails::document::ExampleDocument;
use crate::guardrails::names::{Known, Named, written};
use crate::guardrails::sections::Expanded;

pub(super) fn warnings(document: &str, own: &Expanded, examples: &[ExampleDocument]) -> Vec<Warning> {
    let known = Known::with(examples);
    let unknown = written(own).filter(|(named, word)| !known.has(*named, word));
    let mut warnings: Vec<Warning> = unknown
        .map(|(named, word)| {
            let (what, shipped) = match named {
                Named::Kind => ("kind", "a kind that selfheal ships"),
                Named::Environment => ("environment", "'dev', 'staging' or 'production'"),
            };
            let name = &word.value;
            Warning::at(
                document,
                word.referenced,
                format!("expected {shipped}, or an example that shows the {what} '{name}'"),
            )
        })
        .collect();
    // What stands under an environment names it in every rule that it becomes.
    warnings.dedup();
    warnings
}

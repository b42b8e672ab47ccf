//! What rules ask for and what they said, in plain words.

use std::fmt::{self, Display};

use selfheal_core::action::{Reversibility, Value};
use selfheal_core::approval::Terms;
use serde::Serialize;
use serde_saphyr::Spanned;

use super::document::{Class, RadiusDocument, RangeDocument, RuleDocument, Sources, TestDocument, WhenDocument, Word};
use super::index::Dimension;

/// What each condition of a rule asks for, as the end of "… asks for".
pub(crate) fn asks(rule: &RuleDocument) -> Vec<(Dimension, String)> {
    let words = |list: &Option<Vec<Word>>, what: &str| list.as_ref().map(|words| format!("{what} {}", joined(words)));
    let when = &rule.when;
    let site = [words(&rule.namespaces, "the namespace"), words(&rule.clusters, "the cluster")];
    let site: Vec<String> = site.into_iter().flatten().collect();
    let all = [
        (Dimension::Environment, words(&rule.environments, "the environment")),
        (Dimension::Site, (!site.is_empty()).then(|| site.join(" and "))),
        (Dimension::Resource, words(&rule.resources, "the resource")),
        (Dimension::Severity, when.severity.as_ref().map(|list| format!("the severity {}", named(list)))),
        (Dimension::Risk, when.risk.as_ref().map(|list| format!("a risk that is {}", named(list)))),
        (Dimension::Reversibility, when.reversibility.as_deref().map(reversibility)),
        (Dimension::Radius, when.blast_radius.map(|radius| format!("a plan of {}", reach(&radius)))),
        (Dimension::Time, when.time.as_ref().map(|_| "another time".to_owned())),
        (Dimension::Parameters, parameters(when)),
        (Dimension::Texts, words(&when.text_matches, "text that matches")),
        (Dimension::Fields, words(&when.fields, "a change of the fields")),
        (Dimension::Confidence, when.confidence.and_then(|bounds| bounds.at_least).map(confidence)),
        (Dimension::Provenance, provenance(&when.provenance)),
        (Dimension::Rehearsal, (when.rehearsed == Some(true)).then(|| "a verified rehearsal".to_owned())),
    ];
    all.into_iter().filter_map(|(dimension, words)| words.map(|words| (dimension, words))).collect()
}

/// Whom an approval asks.
pub(crate) fn terms(terms: &Terms) -> String {
    let stage = |stage: &selfheal_core::approval::Stage| {
        let people = if stage.k == 1 { "1 person".to_owned() } else { format!("{} people", stage.k) };
        match stage.roles.is_empty() {
            true => people,
            false => format!("{people} of {}", stage.roles.join(" or ")),
        }
    };
    terms.stages.iter().map(stage).collect::<Vec<_>>().join(", then ")
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" or ")
}

/// By the names that documents use.
fn named<T: Serialize>(values: &[T]) -> String {
    values.iter().map(|value| Name(value).to_string()).collect::<Vec<_>>().join(" or ")
}

fn reversibility(list: &[Reversibility]) -> String {
    match list.contains(&Reversibility::Irreversible) {
        true => "another reversibility".to_owned(),
        false => "a change that can be undone".to_owned(),
    }
}

fn confidence(least: f64) -> String {
    format!("a confidence of at least {least}")
}

fn reach(radius: &RadiusDocument) -> String {
    let named = [
        ("resources", radius.resources),
        ("changes", radius.changes),
        ("added lines", radius.lines_added),
        ("removed lines", radius.lines_removed),
    ];
    let part = |(name, range): (&str, RangeDocument)| {
        range_words(range.at_least, range.at_most).map(|range| format!("{range} {name}"))
    };
    named.into_iter().filter_map(part).collect::<Vec<_>>().join(" and ")
}

fn range_words<T: Display>(at_least: Option<T>, at_most: Option<T>) -> Option<String> {
    match (at_least, at_most) {
        (None, None) => None,
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
    }
}

fn parameters(when: &WhenDocument) -> Option<String> {
    let all =
        when.parameters.iter().map(|(name, test)| format!("the parameter {name} to be {}", test_words(&test.value)));
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

fn test_words(test: &TestDocument) -> String {
    let values = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    let parts = [
        test.equals.as_ref().map(|value| value.to_string()),
        test.any_of.as_deref().map(values),
        test.matches.as_ref().map(|pattern| format!("a match of {}", pattern.value)),
        range_words(test.at_least, test.at_most),
        test.absent.map(|absent| if absent { "left out" } else { "given" }.to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn provenance(least: &Sources) -> Option<String> {
    let part = |(name, class): (&String, &Spanned<Class>)| format!("{name} {}", class.value.as_str());
    let all: Vec<String> = least.iter().map(part).collect();
    (!all.is_empty()).then(|| format!("parameters that are at least: {}", all.join(", ")))
}

/// A variant by the name that documents use for it.
struct Name<'a, T>(&'a T);

impl<T: Serialize> fmt::Display for Name<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

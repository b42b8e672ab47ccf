//! Where parameters may come from: entries that let anything in, and those about parameters that no known kind has.

use super::Warning;
use crate::guardrails::document::{Class, ExampleDocument, RuleDocument, Sources};
use crate::guardrails::parameter_names::{Known, Standing, used};

pub(super) fn warnings(
    document: &str,
    sources: &Sources,
    rules: &[RuleDocument],
    examples: &[ExampleDocument],
) -> Vec<Warning> {
    let anything = sources.get("*").filter(|class| class.value == Class::Model).map(|class| {
        let problem =
            "'*: model' lets a model choose every parameter of any action; expected those that it may, by name";
        Warning::at(document, class.referenced, problem)
    });
    let known = Known::with(examples);
    let unknown = used(sources, rules).filter_map(|used| {
        let advice = match known.standing(&used) {
            Standing::Known => return None,
            Standing::Slip(meant) => format!("did you mean '{meant}'?"),
            Standing::Unknown => "expected one that a kind has, or an example that shows it".to_owned(),
        };
        let problem = format!("no kind that is known here has the parameter '{}'; {advice}", used.name);
        Some(Warning::at(document, used.at, problem))
    });
    anything.into_iter().chain(unknown).collect()
}

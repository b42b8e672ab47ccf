//! Rules that let something happen in production of which nobody has seen that it helps, or that can't be taken back.

use selfheal_core::action::{ActionKind, Reversibility};
use selfheal_core::decision::Verdict;
use selfheal_core::standard::{spec_of, standard_specs};

use super::Warning;
use super::covered::pattern_covers;
use crate::guardrails::document::RuleDocument;

pub(super) fn warnings(document: &str, rules: &[RuleDocument]) -> Vec<Warning> {
    let warning = |rule: &RuleDocument| {
        let missing = missing(rule)?;
        let id = &rule.id.value;
        Some(Warning::at(
            document,
            rule.id.referenced,
            format!("'{id}' allows in production without {missing} in 'when'"),
        ))
    };
    rules.iter().filter_map(warning).collect()
}

fn missing(rule: &RuleDocument) -> Option<String> {
    if rule.effect.verdict != Verdict::Allow || !in_production(rule) || leaves_nothing(rule) {
        return None;
    }
    let unrehearsed = rule.when.rehearsed != Some(true);
    let open = rule.when.reversibility.as_ref().is_none_or(|list| list.contains(&Reversibility::Irreversible));
    // A rule that is about nothing else would never speak.
    let irreversible = open && !is_irreversible(rule);
    let parts = [
        unrehearsed.then_some("'rehearsed: true'"),
        irreversible.then_some("'reversibility' (undoable, nothing_to_undo)"),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn in_production(rule: &RuleDocument) -> bool {
    let named = |environments: &Vec<_>| {
        environments.iter().any(|word: &crate::guardrails::document::Word| pattern_covers(&word.value, "production"))
    };
    rule.environments.as_ref().is_none_or(named)
}

/// Whether it is only about kinds that can't be taken back: people are asked about them in any case.
fn is_irreversible(rule: &RuleDocument) -> bool {
    let of_kind = |name: &String| spec_of(&ActionKind::named(name)).map(|spec| spec.reversibility);
    rule.kinds.iter().all(|kind| of_kind(&kind.value) == Some(Reversibility::Irreversible))
}

/// Whether it is only about kinds of which nothing stays behind.
fn leaves_nothing(rule: &RuleDocument) -> bool {
    let harmless: Vec<ActionKind> = standard_specs()
        .into_iter()
        .filter(|spec| spec.reversibility == Reversibility::NothingToUndo)
        .map(|spec| spec.kind)
        .collect();
    rule.kinds.iter().all(|kind| harmless.iter().any(|harmless| harmless.as_str() == kind.value))
}

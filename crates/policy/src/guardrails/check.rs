//! What a rule must fulfil beyond its form: it can speak, and less evidence can't loosen it.

use selfheal_core::decision::Verdict;
use serde_saphyr::{Location, Spanned};

use super::document::{RangeDocument, RuleDocument, Sources, TestDocument, WhenDocument, Word};
use super::names;
use crate::error::LoadError;

/// Refuses what its author can't have meant.
pub(crate) fn rule(document: &str, rule: &RuleDocument) -> Result<(), LoadError> {
    let refuse = |problem: &str| Err(LoadError::located(document, rule.id.referenced, problem));
    if rule.kinds.is_empty() || rule.because.trim().is_empty() {
        return refuse("expected at least one of 'kinds' and a reason in 'because'");
    }
    if let Some(name) = empty_list(rule) {
        return refuse(&format!("expected at least one entry in '{name}'; left out, it restricts nothing"));
    }
    if loosens(rule) {
        return refuse(
            "expected 'rehearsed: true', 'confidence: {at_least}' and 'provenance' where a rule permits, and 'rehearsed: false', \
             'confidence: {below}' and 'provenance_below' where it denies: less evidence must never allow more",
        );
    }
    if let Some(problem) = impossible(&rule.when) {
        return refuse(problem);
    }
    can_match(document, rule)?;
    sources(document, &rule.when.provenance)?;
    sources(document, &rule.when.provenance_below)?;
    rule.when.parameters.iter().try_for_each(|(name, test)| self::test(document, name, test))
}

/// Refuses globs that nothing could ever match.
fn can_match(document: &str, rule: &RuleDocument) -> Result<(), LoadError> {
    let lists =
        [&rule.environments, &rule.targets, &rule.resources, &rule.namespaces, &rule.clusters, &rule.when.fields];
    names::no_exception(document, rule.kinds.iter().chain(lists.into_iter().flatten().flatten()))?;
    rule.resources.as_ref().map_or(Ok(()), |words| names::resources(document, words))
}

fn empty_list(rule: &RuleDocument) -> Option<&'static str> {
    let words = |list: &Option<Vec<Word>>| list.as_ref().is_some_and(Vec::is_empty);
    let lists = [
        ("environments", words(&rule.environments)),
        ("targets", words(&rule.targets)),
        ("resources", words(&rule.resources)),
        ("namespaces", words(&rule.namespaces)),
        ("clusters", words(&rule.clusters)),
        ("text_matches", words(&rule.when.text_matches)),
        ("fields", words(&rule.when.fields)),
        ("severity", rule.when.severity.as_ref().is_some_and(Vec::is_empty)),
        ("risk", rule.when.risk.as_ref().is_some_and(Vec::is_empty)),
        ("reversibility", rule.when.reversibility.as_ref().is_some_and(Vec::is_empty)),
    ];
    lists.into_iter().find(|(_, empty)| *empty).map(|(name, _)| name)
}

/// Whether missing evidence would take a restriction away, or make a permission.
fn loosens(rule: &RuleDocument) -> bool {
    let when = &rule.when;
    let asks = when.rehearsed == Some(true)
        || !when.provenance.is_empty()
        || when.confidence.is_some_and(|bounds| bounds.at_least.is_some());
    let speaks_of_lack = when.rehearsed == Some(false)
        || !when.provenance_below.is_empty()
        || when.confidence.is_some_and(|bounds| bounds.below.is_some());
    match rule.effect.verdict {
        Verdict::Deny => asks,
        Verdict::Allow => speaks_of_lack,
        Verdict::RequireApproval | Verdict::Propose => false,
    }
}

fn impossible(when: &WhenDocument) -> Option<&'static str> {
    if let Some(bounds) = when.confidence {
        let inside = |bound: Option<f64>| bound.is_none_or(|bound| (0.0..=1.0).contains(&bound));
        let ordered = bounds.at_least.zip(bounds.below).is_none_or(|(least, below)| least < below);
        if !inside(bounds.at_least) || !inside(bounds.below) || (bounds.at_least.is_none() && bounds.below.is_none()) {
            return Some("expected 'confidence' to have 'at_least' or 'below', from 0 to 1");
        }
        if !ordered {
            return Some("expected 'confidence' to have an 'at_least' under its 'below'");
        }
    }
    if let Some(radius) = when.blast_radius {
        let ranges = [radius.resources, radius.changes, radius.lines_added, radius.lines_removed];
        if ranges.iter().all(|range| *range == RangeDocument::default()) {
            return Some("expected 'blast_radius' to bound resources, changes, lines_added or lines_removed");
        }
        if ranges.iter().any(|range| range.at_least.zip(range.at_most).is_some_and(|(least, most)| least > most)) {
            return Some("expected 'blast_radius' to have an 'at_least' that is not over its 'at_most'");
        }
    }
    None
}

/// Refuses a key that names no parameters.
pub(crate) fn sources(document: &str, sources: &Sources) -> Result<(), LoadError> {
    let is_name = |part: &str| part == "*" || !(part.trim().is_empty() || part.contains(['*', '?', '[', '{']));
    let wrong = |key: &str| !key.split('.').all(is_name) || key.matches('.').count() > 1;
    sources.iter().find(|(key, _)| wrong(key)).map_or(Ok(()), |(key, class)| {
        let problem = format!(
            "expected a parameter, 'kind.parameter', 'kind.*' or '*' in 'provenance', by whole names, found '{key}'"
        );
        Err(LoadError::located(document, class.referenced, problem))
    })
}

fn test(document: &str, name: &str, test: &Spanned<TestDocument>) -> Result<(), LoadError> {
    let refuse =
        |at: Location, problem: &str| Err(LoadError::located(document, at, format!("parameter '{name}': {problem}")));
    let at = test.referenced;
    let test = &test.value;
    let bounded = test.at_least.is_some() || test.at_most.is_some();
    let valued = test.equals.is_some() || test.any_of.is_some() || test.matches.is_some() || bounded;
    if test.any_of.as_ref().is_some_and(Vec::is_empty) || (!valued && test.absent.is_none()) {
        return refuse(at, "expected one of equals, any_of, matches, at_least, at_most, absent");
    }
    if test.absent == Some(true) && valued {
        return refuse(at, "expected nothing beside 'absent: true'");
    }
    if test.at_least.zip(test.at_most).is_some_and(|(least, most)| least > most) {
        return refuse(at, "expected an 'at_least' that is not over 'at_most'");
    }
    Ok(())
}

/// Whether the rule has conditions about which nothing is known before there is a plan.
pub(crate) fn known_of_plans_only(rule: &RuleDocument) -> bool {
    let when = &rule.when;
    rule.targets.is_some()
        || rule.namespaces.is_some()
        || rule.clusters.is_some()
        || when.rehearsed.is_some()
        || when.reversibility.is_some()
        || when.text_matches.is_some()
        || !when.parameters.is_empty()
        || !when.provenance.is_empty()
        || !when.provenance_below.is_empty()
        || when.confidence.is_some()
        || when.blast_radius.is_some()
        || when.time.is_some()
        || when.fields.is_some()
        || when.capacity_below.is_some()
        || when.provenance_floor.is_some()
}

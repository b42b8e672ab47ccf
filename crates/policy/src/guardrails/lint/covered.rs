//! Rules that can never decide, because a denial covers them as written.

use globset::GlobBuilder;
use selfheal_core::decision::Verdict;

use super::Warning;
use crate::guardrails::document::{RuleDocument, WhenDocument, Word};

/// Rules of the document that one of its own denials, or of the shipped hard blocks, leaves nothing of.
pub(super) fn warnings(document: &str, own: &[RuleDocument], blocks: &[RuleDocument]) -> Vec<Warning> {
    let block = |rule: &RuleDocument| blocks.iter().find(|block| covers(block, rule));
    let mut warnings = Vec::new();
    for (place, rule) in own.iter().enumerate() {
        let sibling = own.iter().enumerate().find(|(other, denial)| {
            // Of two that cover each other the earlier one is the one that counts.
            *other != place && covers(denial, rule) && (*other < place || !covers(rule, denial))
        });
        let denial = sibling.map(|(_, denial)| denial.id.value.clone());
        let denial = denial.or_else(|| block(rule).map(|block| format!("hard-blocks/{}", block.id.value)));
        if let Some(denial) = denial {
            let fate = if rule.effect.verdict == Verdict::Deny { "adds nothing" } else { "can never be heard" };
            let id = &rule.id.value;
            warnings.push(Warning::at(
                document,
                rule.id.referenced,
                format!("'{id}' {fate}: '{denial}' denies all that it speaks about"),
            ));
        }
    }
    warnings
}

/// Whether a denial speaks about everything that `rule` does.
fn covers(denial: &RuleDocument, rule: &RuleDocument) -> bool {
    denial.effect.verdict == Verdict::Deny
        && is_unconditional(&denial.when)
        && all_covered(&denial.kinds, &rule.kinds)
        && list_covered(denial.environments.as_ref(), rule.environments.as_ref())
        && list_covered(denial.targets.as_ref(), rule.targets.as_ref())
        && list_covered(denial.resources.as_ref(), rule.resources.as_ref())
        && list_covered(denial.namespaces.as_ref(), rule.namespaces.as_ref())
        && list_covered(denial.clusters.as_ref(), rule.clusters.as_ref())
}

fn is_unconditional(when: &WhenDocument) -> bool {
    // Named one by one, so that a condition to come can't be forgotten here.
    let WhenDocument {
        rehearsed: None,
        reversibility: None,
        text_matches: None,
        severity: None,
        risk: None,
        parameters,
        provenance,
        provenance_below,
        confidence: None,
        blast_radius: None,
        time: None,
        fields: None,
        capacity_below: None,
        provenance_floor: None,
    } = when
    else {
        return false;
    };
    parameters.is_empty() && provenance.is_empty() && provenance_below.is_empty()
}

/// A list that is left out restricts nothing.
pub(super) fn list_covered(wide: Option<&Vec<Word>>, narrow: Option<&Vec<Word>>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(wide), None) => wide.iter().any(|word| is_any(&word.value)),
        (Some(wide), Some(narrow)) => all_covered(wide, narrow),
    }
}

fn all_covered(wide: &[Word], narrow: &[Word]) -> bool {
    narrow.iter().all(|narrow| wide.iter().any(|wide| pattern_covers(&wide.value, &narrow.value)))
}

/// As written: the same pattern, any, or a pattern that matches a plain name. Whether one pattern contains another is not worked out.
pub(super) fn pattern_covers(wide: &str, narrow: &str) -> bool {
    let plain = !narrow.contains(['*', '?', '[', '{', '\\']);
    let matches = || GlobBuilder::new(wide).build().is_ok_and(|glob| glob.compile_matcher().is_match(narrow));
    wide == narrow || is_any(wide) || (plain && matches())
}

fn is_any(pattern: &str) -> bool {
    matches!(pattern, "*" | "**")
}

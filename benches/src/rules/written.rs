//! The rules as a guardrails document.

use std::fmt::Write as _;

use super::{Condition, RuleRow};

/// A document with exactly these rules. Beside it the shipped hard blocks hold, as they do for every host.
#[must_use]
pub fn document(rows: &[RuleRow]) -> String {
    let mut text = "schema: selfheal.dev/guardrails/v1\nname: bench\nversion: 1\nprovenance: {'*': model}\nrules:\n".to_owned();
    for row in rows {
        let effect = if row.denies { "deny" } else { "allow" };
        let kinds = row.kinds.join(", ");
        let environments = match row.environments.is_empty() {
            true => String::new(),
            false => format!(", environments: [{}]", row.environments.join(", ")),
        };
        let condition = condition(&row.condition);
        // Writing to a string doesn't fail.
        let _ = writeln!(
            text,
            "  - {{id: {}, effect: {effect}, kinds: [{kinds}]{environments}{condition}, because: 'as the bench has it'}}",
            row.id
        );
    }
    text.push_str("examples:\n  - {name: hooks, given: {kind: edit_file, environment: dev, target: .git/hooks/x}, expect: deny}\n");
    text
}

fn condition(condition: &Condition) -> String {
    let when = match condition {
        Condition::Always => return String::new(),
        Condition::Target(glob) => return format!(", targets: ['{glob}']"),
        Condition::AtLeast(name, least) => format!("parameters: {{{name}: {{at_least: {least}}}}}"),
        Condition::OneOf(name, values) => {
            let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
            format!("parameters: {{{name}: {{any_of: [{}]}}}}", values.join(", "))
        }
        Condition::FromModel(name) => format!("provenance_below: {{{name}: extracted}}"),
        Condition::Unrehearsed => "rehearsed: false".to_owned(),
        Condition::Text(pattern) => format!("text_matches: ['{pattern}']"),
        Condition::Parameter(name, pattern) => format!("parameters: {{{name}: {{matches: '{pattern}'}}}}"),
    };
    format!(", when: {{{when}}}")
}

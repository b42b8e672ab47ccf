//! The same rules in each language, as its users would write them.

use std::fmt::Write;

use super::{Effect, Pattern, Rule, When};

impl Rule {
    /// The rules as a guardrails document.
    #[must_use]
    pub fn guardrails(rules: &[Self]) -> String {
        let mut text = "schema: selfheal.dev/guardrails/v1\nname: compared\nversion: 1\nrules:\n".to_owned();
        for rule in rules {
            let _ = writeln!(text, "  - {}", rule.as_guardrail());
        }
        text + "examples:\n  - name: a kind without a rule\n    given: {kind: regenerate_lockfile, environment: dev, \
                reversibility: undoable, rehearsed: true}\n    expect: deny\n"
    }

    fn as_guardrail(&self) -> String {
        let (mut outside, mut when, mut parameters) = (String::new(), Vec::new(), Vec::new());
        for condition in &self.when {
            match condition {
                When::Environment(name) => outside += &format!("environments: [{name}], "),
                When::ResourceName(pattern) => {
                    outside += &format!("resources: ['local/pipeline/{}'], ", pattern.glob())
                }
                When::Severity(severity) => when.push(format!("severity: [{severity}]")),
                When::ReadFromText(name) => when.push(format!("provenance_below: {{{name}: observed}}")),
                When::Sure(permille) => {
                    when.push(format!("confidence: {{at_least: {:.3}}}", f64::from(*permille) / 1e3))
                }
                When::Unsure(permille) => {
                    when.push(format!("confidence: {{below: {:.3}}}", f64::from(*permille) / 1e3))
                }
                When::AtMost(name, most) => parameters.push(format!("{name}: {{at_most: {most}}}")),
                When::Equals(name, text) => parameters.push(format!("{name}: {{equals: {text}}}")),
                When::Text(name, pattern) => parameters.push(format!("{name}: {{matches: '{}'}}", pattern.regex())),
            }
        }
        if !parameters.is_empty() {
            when.push(format!("parameters: {{{}}}", parameters.join(", ")));
        }
        let (id, effect, kind, when) = (&self.id, self.effect.as_str(), self.kind, when.join(", "));
        format!("{{id: {id}, effect: {effect}, kinds: [{kind}], {outside}when: {{{when}}}, because: compared}}")
    }

    /// The rules in Cedar.
    #[must_use]
    pub fn cedar(rules: &[Self]) -> String {
        let mut text = String::new();
        for rule in rules {
            let conditions: Vec<String> = rule.when.iter().map(When::cedar).collect();
            let (effect, verb) = match rule.effect {
                Effect::Deny => ("", "forbid"),
                Effect::Allow => ("", "permit"),
                Effect::RequireApproval => (" @effect(\"require_approval\")", "permit"),
            };
            let _ = writeln!(
                text,
                "@id(\"{}\") @because(\"compared\"){effect}\n{verb} (principal, action == Action::\"{}\", resource)\nwhen {{ {} }};",
                rule.id,
                rule.kind,
                conditions.join(" && ")
            );
        }
        text
    }

    /// The rules in Rego.
    #[must_use]
    pub fn rego(rules: &[Self]) -> String {
        let mut text = "package selfheal\n\n\
            decision := {\"verdict\": verdict, \"rules\": denials | permissions}\n\n\
            default verdict := \"deny\"\n\
            verdict := \"allow\" if { count(denials) == 0; count(permissions) > 0 }\n"
            .to_owned();
        for rule in rules {
            let conditions: Vec<String> = rule.when.iter().map(When::rego).collect();
            let set = if rule.effect == Effect::Deny { "denials" } else { "permissions" };
            let _ = writeln!(
                text,
                "\n{set} contains {{\"id\": \"{}\", \"verdict\": \"{}\", \"because\": \"compared\"}} if {{\n    \
                 input.step.kind == \"{}\"\n    {}\n}}",
                rule.id,
                rule.effect.as_str(),
                rule.kind,
                conditions.join("\n    ")
            );
        }
        text
    }
}

impl When {
    fn cedar(&self) -> String {
        match self {
            Self::Environment(name) => format!("context.environment == \"{name}\""),
            Self::Severity(severity) => format!("context.severity == \"{severity}\""),
            Self::AtMost(name, most) => format!("context.step.parameters.{name}.value <= {most}"),
            Self::Equals(name, text) => format!("context.step.parameters.{name}.value == \"{text}\""),
            Self::ReadFromText(name) => {
                format!("[\"extracted\", \"model\"].contains(context.step.parameters.{name}.provenance)")
            }
            Self::Sure(permille) => format!("context.assurance.lower_permille >= {permille}"),
            Self::Unsure(permille) => format!("context.assurance.lower_permille < {permille}"),
            Self::ResourceName(pattern) => format!("resource.name like \"{}\"", pattern.glob()),
            Self::Text(name, pattern) => format!("context.step.parameters.{name}.value like \"{}\"", pattern.glob()),
        }
    }

    fn rego(&self) -> String {
        match self {
            Self::Environment(name) => format!("input.environment == \"{name}\""),
            Self::Severity(severity) => format!("input.severity == \"{severity}\""),
            Self::AtMost(name, most) => format!("input.step.parameters.{name}.value <= {most}"),
            Self::Equals(name, text) => format!("input.step.parameters.{name}.value == \"{text}\""),
            Self::ReadFromText(name) => {
                format!("input.step.parameters.{name}.provenance in {{\"extracted\", \"model\"}}")
            }
            Self::Sure(permille) => format!("input.assurance.lower_permille >= {permille}"),
            Self::Unsure(permille) => format!("input.assurance.lower_permille < {permille}"),
            Self::ResourceName(pattern) => pattern.rego("input.resource.name"),
            Self::Text(name, pattern) => pattern.rego(&format!("input.step.parameters.{name}.value")),
        }
    }
}

impl Pattern {
    fn glob(&self) -> String {
        match self {
            Self::Prefix(word) => format!("{word}*"),
            Self::Suffix(word) => format!("*{word}"),
            Self::Contains(word) => format!("*{word}*"),
        }
    }

    fn regex(&self) -> String {
        match self {
            Self::Prefix(word) => format!("^{word}"),
            Self::Suffix(word) => format!("{word}$"),
            Self::Contains(word) => word.clone(),
        }
    }

    /// The functions made for it, which are faster there than a regular expression.
    fn rego(&self, text: &str) -> String {
        match self {
            Self::Prefix(word) => format!("startswith({text}, \"{word}\")"),
            Self::Suffix(word) => format!("endswith({text}, \"{word}\")"),
            Self::Contains(word) => format!("contains({text}, \"{word}\")"),
        }
    }
}

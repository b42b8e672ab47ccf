//! The schema that policies are checked against, from the specs of the kinds that may be asked about.

use std::fmt::Write;

use selfheal_core::action::{ActionSpec, ParameterType};

const ENTITIES: &str = "\
entity Healer;

entity Resource = {
  system: String,
  kind: String,
  name: String,
  namespace?: String,
  cluster?: String,
} tags String;

type Flag = { value: Bool, provenance: String, by: String };
type Integer = { value: Long, provenance: String, by: String };
type Text = { value: String, provenance: String, by: String };
type BlastRadius = { resources: Long, changes: Long, lines_added: Long, lines_removed: Long };
type Assurance = { mean_permille: Long, lower_permille: Long };
type Plan = { steps: Long, source: String, blast_radius: BlastRadius };
";

/// The Cedar schema of requests about actions of these kinds.
#[must_use]
pub fn schema(specs: &[ActionSpec]) -> String {
    specs.iter().fold(ENTITIES.to_owned(), |text, spec| text + &action(spec))
}

fn action(spec: &ActionSpec) -> String {
    let parameters = parameters(spec);
    let kind = quoted(spec.kind.as_str());
    format!(
        "
action {kind} appliesTo {{
  principal: Healer,
  resource: Resource,
  context: {{
    version: Long,
    environment: String,
    severity: String,
    categories: Set<String>,
    at_ms: Long,
    rehearsal: String,
    rehearsed: Bool,
    assurance: Assurance,
    applied_before: Long,
    plan: Plan,
    step: {{
      index: Long,
      parameters: {{{parameters}}},
      risk: String,
      reversibility: String,
      idempotent: Bool,
      conditional: Bool,
      changes: Set<String>,
      added: Set<String>,
      blast_radius: BlastRadius,
    }},
  }},
}};
"
    )
}

fn parameters(spec: &ActionSpec) -> String {
    let mut text = String::new();
    for parameter in &spec.parameters {
        let optional = if parameter.required { "" } else { "?" };
        let named = match parameter.parameter_type {
            ParameterType::Flag => "Flag",
            ParameterType::Integer => "Integer",
            ParameterType::Text => "Text",
        };
        // Writing to a string can't fail.
        let _ = write!(text, " {}{optional}: {named},", quoted(&parameter.name));
    }
    text
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.escape_default())
}

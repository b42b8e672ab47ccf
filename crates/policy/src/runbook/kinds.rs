//! The kinds of action a runbook may name, with their parameters.

use std::collections::BTreeMap;

use selfheal_core::action::{ActionKind, ActionSpec, ParameterSpec, ParameterType, Value};
use selfheal_core::diagnosis::{ActionTemplate, ParameterSource};
use selfheal_core::standard::standard_specs;

/// The action kinds known to a catalogue: those of selfheal's own executors, and a host's beside them.
#[derive(Debug, Clone)]
pub struct ActionKinds(BTreeMap<ActionKind, Vec<ParameterSpec>>);

impl Default for ActionKinds {
    fn default() -> Self {
        standard_specs().into_iter().fold(Self(BTreeMap::new()), Self::with)
    }
}

impl ActionKinds {
    /// Adds a kind by the spec that its executor publishes; a known kind is replaced.
    #[must_use]
    pub fn with(mut self, spec: ActionSpec) -> Self {
        self.0.insert(spec.kind, spec.parameters);
        self
    }

    /// Whether the template's kind is known, and its parameters are exactly those the kind takes.
    pub(crate) fn check(&self, action: &ActionTemplate) -> Result<(), String> {
        let kind = &action.kind;
        let Some(specs) = self.0.get(kind) else {
            let known: Vec<&str> = self.0.keys().map(ActionKind::as_str).collect();
            return Err(format!("expected an action kind, one of {}, found '{kind}'", known.join(", ")));
        };
        for (name, source) in &action.parameters {
            let spec = specs.iter().find(|spec| spec.name == name.as_str());
            let spec =
                spec.ok_or_else(|| format!("expected parameters {} for '{kind}', found '{name}'", names(specs)))?;
            if !takes(spec.parameter_type, source) {
                return Err(format!("expected a value of type {:?} for '{name}' of '{kind}'", spec.parameter_type));
            }
        }
        match specs.iter().find(|spec| spec.required && !action.parameters.contains_key(spec.name.as_ref())) {
            Some(missing) => Err(format!("expected parameter '{}' for '{kind}'", missing.name)),
            None => Ok(()),
        }
    }
}

fn names(specs: &[ParameterSpec]) -> String {
    specs.iter().map(|spec| spec.name.as_ref()).collect::<Vec<_>>().join(", ")
}

/// A row's column is checked when the row is there; a literal can be now.
fn takes(kind: ParameterType, source: &ParameterSource) -> bool {
    match (kind, source) {
        (_, ParameterSource::Row(_)) | (ParameterType::Flag, ParameterSource::Value(Value::Flag(_))) => true,
        (ParameterType::Integer, ParameterSource::Value(Value::Integer(number))) => *number >= 0,
        (ParameterType::Text, ParameterSource::Value(Value::Text(_))) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str, parameters: &[(&str, Value)]) -> String {
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), ParameterSource::Value(value.clone())));
        let action = ActionTemplate { kind: ActionKind::named(kind), parameters: parameters.collect() };
        let host = ActionSpec::new(ActionKind::custom("restart_widget")).requires("widget", ParameterType::Text);
        ActionKinds::default().with(host).check(&action).err().unwrap_or_default()
    }

    #[test]
    fn a_misspelt_kind_or_parameter_is_told_what_exists() {
        assert_eq!(problem("restart_widget", &[("widget", Value::Text("w".into()))]), "");
        assert!(problem("retry", &[]).contains("retry_stage"));
        assert!(problem("retry_stage", &[("attempts", Value::Integer(2))]).contains("initial_backoff_ms"));
        assert!(problem("increase_memory", &[("limit", Value::Integer(2))]).ends_with("found 'limit'"));
        assert!(problem("increase_memory", &[("limit_bytes", Value::Text("2".into()))]).contains("Integer"));
    }
}

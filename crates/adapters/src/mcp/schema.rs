//! Whether a tool's input schema accepts what a host means to send.
//!
//! Names, presence, types and the plain bounds of a value are checked here. A server checks its patterns and combinations itself.

use rmcp::model::JsonObject;
use serde_json::Value;

/// What is meant to be sent as one argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meant<'a> {
    /// Some text.
    Text,
    /// Some integer.
    Integer,
    /// True or false.
    Flag,
    /// Exactly this.
    Exactly(&'a Value),
}

/// Checks that each argument is one of the tool's, of a type that it takes, and that none is lacking: a name, what is meant, and
/// whether it is always sent.
pub(super) fn accepts<'a>(schema: &JsonObject, meant: &[(&'a str, Meant<'a>, bool)]) -> Result<(), String> {
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return Err("its input is no object".to_owned());
    }
    for (name, meant, _) in meant {
        let property = property(schema, name).ok_or_else(|| format!("it takes no argument `{name}`"))?;
        check(property, *meant).map_err(|expected| format!("argument `{name}`: expected {expected}"))?;
    }
    let always = |name: &str| meant.iter().any(|(sent, _, always)| *sent == name && *always);
    match required(schema).find(|name| !always(name)) {
        Some(lacking) => Err(format!("it takes `{lacking}`, which is not always sent")),
        None => Ok(()),
    }
}

/// Checks each value that is about to be sent.
pub(super) fn accepts_values(schema: &JsonObject, arguments: &JsonObject) -> Result<(), String> {
    arguments.iter().try_for_each(|(name, value)| {
        let property = property(schema, name).ok_or_else(|| format!("it takes no argument `{name}`"))?;
        check(property, Meant::Exactly(value)).map_err(|expected| format!("argument `{name}`: expected {expected}"))
    })
}

fn property<'a>(schema: &'a JsonObject, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.as_object()?.get(name)
}

fn required(schema: &JsonObject) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn check(property: &Value, meant: Meant<'_>) -> Result<(), String> {
    let types = types(property);
    if !types.is_empty() && !types.iter().any(|name| is_of(name, meant)) {
        return Err(format!("a value of type {}", types.join(" or ")));
    }
    match meant {
        Meant::Exactly(value) => within(property, value),
        _ => Ok(()),
    }
}

/// The types that a property takes; none said: any.
fn types(property: &Value) -> Vec<&str> {
    match property.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(name: &str, meant: Meant<'_>) -> bool {
    match (name, meant) {
        ("string", Meant::Text) | ("integer" | "number", Meant::Integer) | ("boolean", Meant::Flag) => true,
        ("string", Meant::Exactly(value)) => value.is_string(),
        ("integer", Meant::Exactly(value)) => value.is_i64() || value.is_u64(),
        ("number", Meant::Exactly(value)) => value.is_number(),
        ("boolean", Meant::Exactly(value)) => value.is_boolean(),
        ("array", Meant::Exactly(value)) => value.is_array(),
        ("object", Meant::Exactly(value)) => value.is_object(),
        ("null", Meant::Exactly(value)) => value.is_null(),
        _ => false,
    }
}

fn within(property: &Value, value: &Value) -> Result<(), String> {
    if property.get("enum").and_then(Value::as_array).is_some_and(|members| !members.contains(value)) {
        return Err("one of the values that its schema lists".to_owned());
    }
    if property.get("const").is_some_and(|only| only != value) {
        return Err("the one value that its schema names".to_owned());
    }
    let size = match value {
        Value::String(text) => Some((text.chars().count() as f64, "minLength", "maxLength", "characters")),
        Value::Number(number) => number.as_f64().map(|number| (number, "minimum", "maximum", "at that end")),
        _ => None,
    };
    let Some((size, least, most, unit)) = size else { return Ok(()) };
    let bound = |name: &str| property.get(name).and_then(Value::as_f64);
    match (bound(least), bound(most)) {
        (Some(least), _) if size < least => Err(format!("at least {least} {unit}")),
        (_, Some(most)) if size > most => Err(format!("at most {most} {unit}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> JsonObject {
        let schema = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "maxLength": 8},
            "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 5},
            "mode": {"enum": ["fast", "safe"]},
        }});
        schema.as_object().unwrap().clone()
    }

    #[test]
    fn what_a_tool_does_not_take_or_lacks_is_refused_before_anything_is_sent() {
        let ok = |meant: &[(&str, Meant<'_>, bool)]| accepts(&schema(), meant);
        assert_eq!(ok(&[("name", Meant::Text, true), ("count", Meant::Integer, false)]), Ok(()));
        for (wrong, said) in [
            (vec![("name", Meant::Text, false)], "not always sent"),
            (vec![("count", Meant::Integer, true)], "it takes `name`"),
            (vec![("name", Meant::Integer, true)], "of type string"),
            (vec![("name", Meant::Text, true), ("path", Meant::Text, true)], "no argument `path`"),
            (vec![("name", Meant::Text, true), ("mode", Meant::Exactly(&json!("wild")), true)], "schema lists"),
        ] {
            let refused = ok(&wrong).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn values_stay_within_the_bounds_of_their_schema() {
        let ok = |arguments: Value| accepts_values(&schema(), arguments.as_object().unwrap()).is_ok();
        assert!(ok(json!({"name": "eight_ch", "count": 5, "mode": "safe"})));
        for wrong in [json!({"name": "more_than_8"}), json!({"count": 6}), json!({"count": 0}), json!({"count": 1.5})] {
            assert!(!ok(wrong.clone()), "{wrong}");
        }
    }
}

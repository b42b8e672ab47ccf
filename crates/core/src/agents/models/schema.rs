//! Pieces of JSON schemas, in the form that strict modes take: every property required, no others, everything described.

#[cfg(test)]
use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Text.
pub(super) fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// One of `names`.
pub(super) fn choice<'a>(description: &str, names: impl IntoIterator<Item = &'a str>) -> Value {
    let names: Vec<&str> = names.into_iter().collect();
    json!({ "type": "string", "enum": names, "description": description })
}

/// Yes or no.
pub(super) fn flag(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

/// A whole number.
pub(super) fn integer(description: &str) -> Value {
    json!({ "type": "integer", "description": description })
}

/// Several of `item`.
pub(super) fn list(description: &str, item: Value) -> Value {
    json!({ "type": "array", "items": item, "description": description })
}

/// An object with exactly these properties.
pub(super) fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let required = json!(required);
    let properties: serde_json::Map<String, Value> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The same with one more property.
pub(super) fn with(mut object: Value, name: &str, schema: Value) -> Value {
    object["properties"][name] = schema;
    if let Some(required) = object["required"].as_array_mut() {
        required.push(json!(name));
    }
    object
}

/// An object that may be left out by `null`.
pub(super) fn optional(description: &str, mut object: Value) -> Value {
    object["type"] = json!(["object", "null"]);
    object["description"] = json!(description);
    object
}

/// Fails unless `schema` describes every part of `answer` and has no other part.
#[cfg(test)]
pub(super) fn assert_describes(schema: &Value, answer: &Value, at: &str) {
    match answer {
        Value::Object(parts) => {
            let described =
                schema["properties"].as_object().unwrap_or_else(|| panic!("{at} is no object in the schema"));
            // A map has the order of its keys or of their insertion, as whoever builds the program chose.
            let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(described), names(parts), "{at}");
            let required = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str);
            let required: BTreeSet<String> = required.map(str::to_owned).collect();
            assert_eq!(required, names(parts), "{at}: all are required");
            assert_eq!(schema["additionalProperties"], false, "{at}");
            for (name, part) in parts {
                let at = format!("{at}.{name}");
                assert!(described[name]["description"].as_str().is_some_and(|words| !words.is_empty()), "{at}");
                assert_describes(&described[name], part, &at);
            }
        }
        Value::Array(items) => {
            assert!(!items.is_empty(), "{at}: an empty sample shows nothing");
            items.iter().for_each(|item| assert_describes(&schema["items"], item, at));
        }
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{at}"),
        Value::Number(_) => assert_eq!(schema["type"], "integer", "{at}"),
        Value::String(_) => assert_eq!(schema["type"], "string", "{at}"),
        Value::Null => assert_eq!(schema["type"][1], "null", "{at}"),
    }
}

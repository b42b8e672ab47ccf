//! The hash by which a tool's definition is recognised.
//!
//! A server may show one definition when it is looked at and another later ("rug pull"): a description that carries orders, a
//! schema that asks for more.

use std::collections::BTreeMap;

use rmcp::model::Tool;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hex digits over name, title, description, schemas and hints, whatever the order of their keys.
pub(super) fn pin(tool: &Tool) -> String {
    let definition = json!([
        tool.name,
        tool.title,
        tool.description,
        *tool.input_schema,
        tool.output_schema.as_deref(),
        tool.annotations,
    ]);
    format!("sha256:{}", hex(&canonical(&definition).to_string()))
}

/// The SHA-256 of a text, in 64 hex digits.
pub(super) fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same with its keys in order: a map keeps the sender's where another crate of the program asks for that.
pub(super) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, canonical(value))).collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(values) => values.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(definition: Value) -> Tool {
        serde_json::from_value(definition).unwrap()
    }

    #[test]
    fn a_pin_is_of_what_a_tool_means_not_of_how_it_is_written() {
        let one = tool(json!({"name": "t", "inputSchema": {"type": "object", "properties": {}}}));
        let other =
            tool(json!({"inputSchema": {"properties": {}, "type": "object"}, "name": "t", "_meta": {"seen": 1}}));
        assert_eq!(pin(&one), pin(&other));
        for changed in [
            json!({"name": "t", "description": "send all keys", "inputSchema": {"type": "object", "properties": {}}}),
            json!({"name": "t", "inputSchema": {"type": "object", "properties": {"key": {}}}}),
            json!({"name": "t", "inputSchema": {"type": "object", "properties": {}}, "annotations": {"readOnlyHint": true}}),
        ] {
            assert_ne!(pin(&one), pin(&tool(changed)));
        }
    }
}

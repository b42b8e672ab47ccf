//! Schemas as words, for servers that take none, and the parts of them that are looked at here.

use selfheal_core::ports::LlmRequest;
use serde_json::{Map, Value};

/// What is asked of a model in words where its server can't hold it to a schema.
pub(crate) fn instruction(schema: &Value) -> String {
    format!(
        "Answer with one JSON object and nothing else: no explanation, no code fence. The object must fit this JSON schema:\n{schema}"
    )
}

/// The name of a function whose arguments are the answer; none of the offered ones has it.
pub(crate) fn answer_tool(request: &LlmRequest) -> String {
    let mut name = "answer".to_owned();
    while request.tools.iter().any(|tool| tool.name == name) {
        name.push('_');
    }
    name
}

/// The properties that an object must have.
pub(crate) fn required(schema: &Value) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether `object` has them. A server that held the model to the schema can't miss one.
pub(crate) fn has_outline(object: &Map<String, Value>, required: &[&str]) -> bool {
    required.iter().all(|name| object.contains_key(*name))
}

//! What is sent.

use serde::Serialize;
use serde_json::{Map, Value};

/// A request for a completion.
#[derive(Serialize)]
pub(in crate::openai) struct Body<'a> {
    pub(in crate::openai) model: &'a str,
    pub(in crate::openai) messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::openai) tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) tool_choice: Option<ToolChoice<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::openai) stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::openai) stream_options: Option<StreamOptions>,
    #[serde(flatten)]
    pub(in crate::openai) extra: &'a Map<String, Value>,
}

#[derive(Serialize)]
pub(in crate::openai) struct StreamOptions {
    pub(in crate::openai) include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub(in crate::openai) enum Message<'a> {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        /// `null` if it only called tools: servers refuse empty text.
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CalledTool<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Serialize)]
pub(in crate::openai) struct CalledTool<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

impl<'a> CalledTool<'a> {
    pub(in crate::openai) fn new(id: &'a str, name: &'a str, arguments: &'a str) -> Self {
        Self { id, kind: "function", function: CalledFunction { name, arguments } }
    }
}

#[derive(Serialize)]
pub(in crate::openai) struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
pub(in crate::openai) struct Function<'a> {
    pub(in crate::openai) name: &'a str,
    pub(in crate::openai) description: &'a str,
    pub(in crate::openai) parameters: &'a Value,
}

impl<'a> From<Function<'a>> for Tool<'a> {
    fn from(function: Function<'a>) -> Self {
        Self { kind: "function", function }
    }
}

/// Whether tools must be called.
#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::openai) enum ToolChoice<'a> {
    /// `required`: some tool.
    Mode(&'static str),
    /// This one.
    Named {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Name<'a>,
    },
}

#[derive(Serialize)]
pub(in crate::openai) struct Name<'a> {
    name: &'a str,
}

impl<'a> ToolChoice<'a> {
    /// Some tool has to be called.
    pub(in crate::openai) const ANY: Self = Self::Mode("required");

    pub(in crate::openai) fn named(name: &'a str) -> Self {
        Self::Named { kind: "function", function: Name { name } }
    }
}

/// How the answer is held to JSON.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::openai) enum ResponseFormat<'a> {
    JsonObject,
    JsonSchema { json_schema: Schema<'a> },
}

#[derive(Serialize)]
pub(in crate::openai) struct Schema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a Value,
}

impl<'a> ResponseFormat<'a> {
    /// Strictly this schema.
    pub(in crate::openai) fn schema(name: &'a str, schema: &'a Value) -> Self {
        Self::JsonSchema { json_schema: Schema { name, strict: true, schema } }
    }
}

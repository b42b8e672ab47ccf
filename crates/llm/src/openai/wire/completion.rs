//! What comes back. Servers differ in much of it, so whatever may be missing is optional; fields of theirs, such as the reasoning
//! of a model, are skipped.

use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{TokenUsage, ToolCall};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::answer::{Counted, Finish};

/// An answer, or an error that came with success.
#[derive(Deserialize)]
pub(in crate::openai) struct Completion {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) choices: Vec<Choice>,
    #[serde(default)]
    pub(in crate::openai) usage: Option<Usage>,
    #[serde(default)]
    pub(in crate::openai) error: Option<Value>,
}

impl Counted for Completion {
    fn counted(&self) -> TokenUsage {
        self.usage.unwrap_or_default().into()
    }
}

#[derive(Deserialize)]
pub(in crate::openai) struct Choice {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) message: Message,
    #[serde(default)]
    pub(in crate::openai) finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
pub(in crate::openai) struct Message {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) content: Content,
    #[serde(default)]
    pub(in crate::openai) refusal: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) tool_calls: Vec<Call>,
}

/// Text, or parts of which some are text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::openai) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
pub(in crate::openai) struct Part {
    #[serde(default, deserialize_with = "or_default")]
    text: String,
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Content {
    pub(in crate::openai) fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(in crate::openai) struct Call {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    function: CalledFunction,
}

#[derive(Deserialize, Default)]
struct CalledFunction {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Call {
    /// The call, the `index`th of its answer.
    pub(in crate::openai) fn tool_call(self, index: usize) -> ToolCall {
        tool_call(self.id, index, self.function.name, arguments(self.function.arguments))
    }
}

/// Arguments as text. Some servers send the object itself.
pub(in crate::openai) fn arguments(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A call; one without an id gets a name of its own, so that it can be answered.
pub(in crate::openai) fn tool_call(id: String, index: usize, name: String, arguments: String) -> ToolCall {
    let id = if id.is_empty() { format!("call_{index}") } else { id };
    ToolCall { id, name, arguments: Untrusted::new(arguments) }
}

/// Tokens, as the server counts them.
#[derive(Deserialize, Clone, Copy, Default)]
pub(in crate::openai) struct Usage {
    #[serde(default, deserialize_with = "or_default")]
    prompt_tokens: u64,
    #[serde(default, deserialize_with = "or_default")]
    completion_tokens: u64,
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let count = |tokens| u32::try_from(tokens).unwrap_or(u32::MAX);
        Self { input: count(usage.prompt_tokens), output: count(usage.completion_tokens) }
    }
}

/// Why the model stopped, in the protocol's words. Servers have more of them, which all mean that it was done.
pub(in crate::openai) fn finish(reason: Option<&str>) -> Finish {
    match reason {
        Some("length" | "max_tokens") => Finish::Length,
        Some("content_filter") => Finish::Filtered,
        _ => Finish::Done,
    }
}

/// `null` as if it weren't there.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

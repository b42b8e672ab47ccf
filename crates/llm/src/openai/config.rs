//! What a host chooses about a server of chat completions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::{Server, SetupError, TierModels};

/// How a server is told that the answer must be a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonForm {
    /// `response_format: json_schema`, strict: the server holds the model to the schema.
    JsonSchema,
    /// `response_format: json_object`: it holds the model to JSON; the schema stands in the prompt.
    JsonObject,
    /// The answer is the arguments of a function that the model has to call.
    ToolCall,
    /// Nothing but words; the JSON is looked for in the text.
    Text,
}

impl JsonForm {
    /// The name, as in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::JsonObject => "json_object",
            Self::ToolCall => "tool_call",
            Self::Text => "text",
        }
    }

    /// What is tried where a server can't do this one.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::JsonSchema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::ToolCall),
            Self::ToolCall => Some(Self::Text),
            Self::Text => None,
        }
    }
}

/// A server of chat completions and its models.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChatConfig {
    /// The server.
    pub server: Server,
    /// Its models.
    pub models: TierModels,
    /// The only form to ask for JSON in; `None` to find out which one the server can do.
    pub form: Option<JsonForm>,
    /// How freely the model chooses its words. Left out where a server objects to it.
    pub temperature: Option<f32>,
    /// Whether answers come as a stream: a server that hangs is noticed sooner.
    pub stream: bool,
    /// Further fields of every request, such as `reasoning_effort` or `chat_template_kwargs`.
    pub extra: Map<String, Value>,
}

/// Fields that the adapter sets.
const RESERVED: [&str; 11] = [
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "model",
    "n",
    "response_format",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
];

impl ChatConfig {
    /// The server's models with temperature 0, not streamed, in the best form that the server can do.
    #[must_use]
    pub fn new(server: Server, models: TierModels) -> Self {
        Self { server, models, form: None, temperature: Some(0.0), stream: false, extra: Map::new() }
    }

    pub(super) fn check(&self) -> Result<(), SetupError> {
        match RESERVED.into_iter().find(|name| self.extra.contains_key(*name)) {
            Some(name) => Err(SetupError::ReservedField(name.to_owned())),
            None => Ok(()),
        }
    }
}

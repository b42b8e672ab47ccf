//! Language models. Nothing in the loop needs one; what one says is untrusted.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::evidence::Untrusted;
use crate::spending::Meter;

/// How capable a model a task needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelTier {
    /// Classification, yes/no opinions.
    Small,
    /// Analysis and planning.
    Large,
}

impl ModelTier {
    /// `small` or `large`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

/// One message of a conversation. Whoever made it redacted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum LlmMessage {
    /// Our instructions.
    System {
        /// What.
        content: String,
    },
    /// The task, with untrusted material quoted in it.
    User {
        /// What.
        content: String,
    },
    /// What the model said before.
    Assistant {
        /// What; empty if it only called tools.
        content: String,
        /// Which tools it called.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// What a tool answered.
    Tool {
        /// Which call it answers: [`ToolCall::id`].
        call: String,
        /// What.
        content: String,
    },
}

impl LlmMessage {
    /// Our instructions.
    #[must_use]
    pub fn system(content: impl Into<String>) -> Self {
        Self::System { content: content.into() }
    }

    /// The task.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self::User { content: content.into() }
    }

    /// What the model said before, in text.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::Assistant { content: content.into(), tool_calls: Vec::new() }
    }

    /// What it says.
    #[must_use]
    pub fn content(&self) -> &str {
        match self {
            Self::System { content }
            | Self::User { content }
            | Self::Assistant { content, .. }
            | Self::Tool { content, .. } => content,
        }
    }
}

/// A function that the model may ask for. Asking is all it can do: whoever sent the request decides what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Letters, digits, `_` and `-`; at most 64.
    pub name: String,
    /// What it answers, for the model.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: serde_json::Value,
}

/// The model asks for a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call within the conversation.
    pub id: String,
    /// Which function; it may be one that was not offered.
    pub name: String,
    /// JSON text of the arguments, as the model wrote it.
    pub arguments: Untrusted<String>,
}

/// What form the answer must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// Free text.
    Text,
    /// A JSON object that fits a schema.
    Json {
        /// Names the schema; letters, digits, `_` and `-`; at most 64.
        name: String,
        /// The schema: an object whose properties are all required, with no others; so that strict modes take it as it is.
        schema: serde_json::Value,
    },
}

/// A request with its hard bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmRequest {
    /// How capable a model is needed.
    pub tier: ModelTier,
    /// The conversation.
    pub messages: Vec<LlmMessage>,
    /// What the answer must look like.
    pub form: AnswerForm,
    /// Functions that the model may ask for instead of answering.
    pub tools: Vec<ToolSpec>,
    /// Most tokens the answer may have.
    pub max_output_tokens: u32,
    /// How long all of it may take, retries and other providers included.
    pub deadline: Duration,
}

impl LlmRequest {
    /// A request for a JSON object, without functions.
    #[must_use]
    pub fn for_json(tier: ModelTier, messages: Vec<LlmMessage>, name: &str, schema: serde_json::Value) -> Self {
        let form = AnswerForm::Json { name: name.to_owned(), schema };
        Self { tier, messages, form, tools: Vec::new(), max_output_tokens: 1024, deadline: Duration::from_secs(30) }
    }

    /// At most how many tokens its messages are. A token has a byte at least.
    #[must_use]
    pub fn input_bytes(&self) -> usize {
        self.messages.iter().map(|message| message.content().len()).sum()
    }
}

/// Tokens used by one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Read by the model.
    pub input: u32,
    /// Written by the model.
    pub output: u32,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmResponse {
    /// What the model said; JSON text if that was asked for and no tool is called.
    pub content: Untrusted<String>,
    /// Which functions it asks for; empty unless some were offered.
    pub tool_calls: Vec<ToolCall>,
    /// What the call that it came from took.
    pub usage: TokenUsage,
    /// Which model answered, as the host named it: who it says it is proves nothing.
    pub model: String,
}

/// Asks a language model.
///
/// # To be correct
/// 1. The answer has at most `max_output_tokens` tokens, or the call fails with
///    [`ErrorKind::LimitReached`](crate::error::ErrorKind::LimitReached).
/// 2. If JSON was asked for, the content parses as a JSON object or tools are called; otherwise the call fails with
///    [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid). Whether it fits the schema is checked by whoever asked.
/// 3. Usage is what the provider counted; where it counts nothing, an estimate that is never 0 for text.
/// 4. A 429, 5xx or timeout is [`Retry::Retryable`](crate::error::Retry::Retryable); a wrong key is permanent.
/// 5. No error carries the key, and none carries what the server said unbounded.
/// 6. Every call that leaves the process was begun at the meter and let through by it, retries and repairs included; what it took
///    is told to the meter when it ends. A meter's refusal is returned as it is.
/// 7. It ends within the request's deadline, whatever the other side does, with at most a few megabytes held.
/// 8. It keeps nothing between two requests that one of them could learn from the other.
#[async_trait]
pub trait LlmProvider: Send + Sync {
    /// One completion.
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse>;
}

/// Turns texts into vectors whose cosine tells how alike they are.
///
/// # To be correct
/// 1. One vector per text, in their order, all of the same length and without NaN.
/// 2. The texts were redacted by whoever made them.
/// 3. Obligations 4 to 7 of [`LlmProvider`] hold.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The vectors of `texts`.
    async fn embed(&self, texts: &[String], meter: &Meter) -> Result<Vec<Vec<f32>>>;
}

//! Language models. Nothing in the loop needs one; what one says is untrusted.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::evidence::Untrusted;

/// How capable a model a task needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelTier {
    /// Classification, yes/no opinions.
    Small,
    /// Analysis and planning.
    Large,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LlmRole {
    /// Our instructions.
    System,
    /// The task, with untrusted material quoted in it.
    User,
    /// What the model said before.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmMessage {
    /// Who says it.
    pub role: LlmRole,
    /// What; redacted by whoever made it.
    pub content: String,
}

/// A request with its hard bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmRequest {
    /// How capable a model is needed.
    pub tier: ModelTier,
    /// The conversation.
    pub messages: Vec<LlmMessage>,
    /// JSON schema that the answer must fit; `None` for free text.
    pub schema: Option<serde_json::Value>,
    /// Most tokens the answer may have.
    pub max_output_tokens: u32,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmResponse {
    /// What the model said; JSON text if a schema was given.
    pub content: Untrusted<String>,
    /// What it cost.
    pub usage: TokenUsage,
    /// Which model answered.
    pub model: String,
}

/// Asks a language model.
///
/// # To be correct
/// 1. The answer has at most `max_output_tokens` tokens, or the call fails with
///    [`ErrorKind::LimitReached`](crate::error::ErrorKind::LimitReached).
/// 2. With a schema, the content parses as JSON, or the call fails with
///    [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid).
/// 3. Usage is what the provider counted, never 0 for an answer that has text.
/// 4. A 429, 5xx or timeout is [`Retry::Retryable`](crate::error::Retry::Retryable); a wrong key is permanent.
/// 5. No error carries the key.
#[async_trait]
pub trait LlmProvider: Send + Sync {
    /// One completion.
    async fn complete(&self, request: &LlmRequest) -> Result<LlmResponse>;
}

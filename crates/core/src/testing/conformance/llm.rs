//! Conformance of language-model providers.

use super::{Suite, Verdict};
use crate::error::ErrorKind;
use crate::ports::{LlmMessage, LlmProvider, LlmRequest, LlmRole, ModelTier};

const SUITE: Suite = Suite("LlmProvider");

/// Runs the suite on a provider whose model answers the request for JSON with a JSON object.
///
/// # Errors
/// The first [`Violation`](super::Violation).
pub async fn llm_provider(provider: &dyn LlmProvider) -> Verdict {
    let mut request = LlmRequest {
        tier: ModelTier::Small,
        messages: vec![LlmMessage { role: LlmRole::User, content: "Answer with {\"ok\": true} as JSON.".to_owned() }],
        schema: Some(serde_json::json!({"type": "object", "required": ["ok"]})),
        max_output_tokens: 64,
    };
    let answer = SUITE.call(2, "complete", provider.complete(&request).await)?;
    let content = answer.content.read();
    SUITE.check(
        2,
        serde_json::from_str::<serde_json::Value>(content).is_ok(),
        "with a schema the content is not JSON",
    )?;
    SUITE.check(
        3,
        content.is_empty() || answer.usage.output > 0,
        "text came back and no output tokens were counted",
    )?;
    SUITE.check(3, answer.usage.input > 0, "no input tokens were counted")?;
    SUITE.check(1, answer.usage.output <= request.max_output_tokens, "more output tokens than allowed")?;
    request.max_output_tokens = 1;
    let bounded = match provider.complete(&request).await {
        Ok(short) => short.usage.output <= 1,
        Err(error) => [ErrorKind::LimitReached, ErrorKind::Invalid].contains(&error.kind()),
    };
    SUITE.check(1, bounded, "the bound on output tokens is not kept")
}

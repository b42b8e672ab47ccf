//! Conformance of language-model providers.

use std::sync::Arc;

use super::{Suite, Verdict};
use crate::error::ErrorKind;
use crate::orchestrator::SystemClock;
use crate::ports::{LlmMessage, LlmProvider, LlmRequest, ModelTier};
use crate::spending::{Amount, Budget, Meter};

const SUITE: Suite = Suite("LlmProvider");

/// Runs the suite on a provider whose model answers the request for JSON with a JSON object.
///
/// # Errors
/// The first [`Violation`](super::Violation).
pub async fn llm_provider(provider: &dyn LlmProvider) -> Verdict {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": false,
    });
    let messages = vec![LlmMessage::user("Answer with {\"ok\": true} as JSON.")];
    let mut request =
        LlmRequest { max_output_tokens: 64, ..LlmRequest::for_json(ModelTier::Small, messages, "ok", schema) };
    let meter = meter(Amount { calls: 100, tokens: 1_000_000, micro_usd: u64::MAX });
    let answer = SUITE.call(2, "complete", provider.complete(&request, &meter).await)?;
    let content = answer.content.read();
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(content);
    SUITE.check(2, object.is_ok() || !answer.tool_calls.is_empty(), "JSON was asked for and the content is none")?;
    SUITE.check(
        3,
        content.is_empty() || answer.usage.output > 0,
        "text came back and no output tokens were counted",
    )?;
    SUITE.check(3, answer.usage.input > 0, "no input tokens were counted")?;
    SUITE.check(1, answer.usage.output <= request.max_output_tokens, "more output tokens than allowed")?;
    SUITE.check(6, !meter.drain().is_empty(), "a call was made that the meter doesn't know of")?;
    let nothing_left = self::meter(Amount::NONE);
    let refused = provider.complete(&request, &nothing_left).await.err().map(|error| error.kind());
    SUITE.check(6, refused == Some(ErrorKind::LimitReached), "a call was made that the meter refused")?;
    request.max_output_tokens = 1;
    let bounded = match provider.complete(&request, &meter).await {
        Ok(short) => short.usage.output <= 1,
        Err(error) => [ErrorKind::LimitReached, ErrorKind::Invalid].contains(&error.kind()),
    };
    SUITE.check(1, bounded, "the bound on output tokens is not kept")
}

/// A meter that lets `left` through, and whatever the day allows.
fn meter(left: Amount) -> Meter {
    let day = Amount { calls: u64::MAX, tokens: u64::MAX, micro_usd: u64::MAX };
    Meter::new(left, Arc::new(Budget::of_this_process(day)), Arc::new(SystemClock::default()))
}

//! Messages that come as events.

use futures_util::StreamExt as _;
use selfheal_core::error::{Error, Retry};
use selfheal_core::ports::{LlmProvider as _, LlmResponse, TokenUsage};
use selfheal_llm::anthropic::{Messages, MessagesConfig};
use selfheal_llm::{FailureClass, Piece};
use serde_json::{Value, json};

use crate::raw::{serve, stream_head, text};
use crate::scene::{at, class, json_request, meter, models, text_request};

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn start() -> String {
    let usage = json!({ "input_tokens": 20, "output_tokens": 1 });
    event(&json!({ "type": "message_start", "message": { "model": "tiny-2026", "content": [], "usage": usage } }))
}

fn begin(index: u64, block: Value) -> String {
    event(&json!({ "type": "content_block_start", "index": index, "content_block": block }))
}

fn delta(index: u64, delta: Value) -> String {
    event(&json!({ "type": "content_block_delta", "index": index, "delta": delta }))
}

fn stop(reason: &str) -> String {
    let delta = json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 7 } });
    [event(&delta), event(&json!({ "type": "message_stop" }))].concat()
}

fn json_answer() -> String {
    [
        start(),
        event(&json!({ "type": "ping" })),
        begin(0, json!({ "type": "thinking", "thinking": "" })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "hm" })),
        begin(1, json!({ "type": "tool_use", "id": "t", "name": "answer", "input": {} })),
        delta(1, json!({ "type": "input_json_delta", "partial_json": "{\"ok\"" })),
        delta(1, json!({ "type": "input_json_delta", "partial_json": ": true}" })),
        event(&json!({ "type": "content_block_stop", "index": 1 })),
        stop("tool_use"),
    ]
    .concat()
}

async fn messages(stream: &str) -> Messages {
    let origin = serve(vec![stream_head(), text(stream)]).await;
    let mut config = MessagesConfig::new(at(&origin), models());
    config.stream = true;
    Messages::new(config).unwrap()
}

async fn told(stream: &str) -> Result<LlmResponse, Error> {
    messages(stream).await.complete(&text_request(), &meter()).await
}

#[tokio::test]
async fn a_structured_answer_is_put_together() {
    let answer = messages(&json_answer()).await.complete(&json_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), "{\"ok\": true}");
    assert_eq!((answer.usage, answer.model.as_str()), (TokenUsage { input: 20, output: 7 }, "test/tiny"));
}

#[tokio::test]
async fn text_is_put_together() {
    let pieces = ["fi", "ne"].map(|text| delta(0, json!({ "type": "text_delta", "text": text })));
    let stream = [start(), begin(0, json!({ "type": "text", "text": "" })), pieces.concat(), stop("end_turn")].concat();
    assert_eq!(told(&stream).await.unwrap().content.read(), "fine");
}

#[tokio::test]
async fn a_host_may_read_along() {
    let (messages, request, meter) = (messages(&json_answer()).await, json_request(), meter());
    let pieces: Vec<_> = messages.stream(&request, &meter).map(Result::unwrap).collect().await;
    assert_eq!(pieces.len(), 3);
    assert!(matches!(&pieces[0], Piece::Text(text) if text.read() == "{\"ok\""));
}

#[tokio::test]
async fn errors_and_early_ends_are_no_answers() {
    let half = [start(), delta(0, json!({ "type": "text_delta", "text": "half" }))].concat();
    let error = |kind: &str| event(&json!({ "type": "error", "error": { "type": kind, "message": "m" } }));
    let cases = [
        (half.clone(), FailureClass::Truncated),
        ([half.clone(), event(&json!({ "type": "message_stop" }))].concat(), FailureClass::Truncated),
        ([half.clone(), error("overloaded_error")].concat(), FailureClass::Overloaded),
        ([half.clone(), error("rate_limit_error")].concat(), FailureClass::RateLimited),
        ([half.clone(), "data: what\n\n".to_owned()].concat(), FailureClass::NotAnApi),
        ([half, stop("refusal")].concat(), FailureClass::Refusal),
    ];
    for (stream, expected) in cases {
        let error = told(&stream).await.unwrap_err();
        assert_eq!(class(&error), Some(expected), "{error}");
        assert_eq!(error.retry() == Retry::Retryable, expected.is_transient());
    }
}

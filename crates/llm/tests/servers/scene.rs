//! Servers, providers and requests of the tests.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::Error;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmRequest, ModelTier};
use selfheal_core::spending::{Amount, Budget, Meter};
use selfheal_llm::http::{Address, Model, Server, TierModels};
use selfheal_llm::openai::{Chat, ChatConfig};
use selfheal_llm::{ApiKey, Failure, FailureClass};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub(crate) const KEY: &str = "local-key-0123456789";

/// A server that answers every POST as `respond` says to the body.
pub(crate) async fn server(respond: impl Fn(&Value) -> ResponseTemplate + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    let respond = move |request: &Request| respond(&request.body_json().unwrap_or_default());
    Mock::given(method("POST")).respond_with(respond).mount(&server).await;
    server
}

/// A server that answers every request alike.
pub(crate) async fn always(response: ResponseTemplate) -> MockServer {
    server(move |_| response.clone()).await
}

/// A configuration for the server at `origin`, with a key.
pub(crate) fn config(origin: &str) -> ChatConfig {
    ChatConfig::new(at(origin), models())
}

pub(crate) fn at(origin: &str) -> Server {
    let address = Address::parse(&format!("{origin}/v1")).unwrap();
    Server::new(address).with_key(ApiKey::new(KEY).unwrap()).named("test")
}

pub(crate) fn models() -> TierModels {
    TierModels { small: Model::free("tiny"), large: Model::free("huge") }
}

pub(crate) fn chat(server: &MockServer) -> Chat {
    Chat::new(config(&server.uri())).unwrap()
}

/// A meter that lets `calls` through.
pub(crate) fn meter_of(calls: u64) -> Meter {
    let left = Amount { calls, tokens: 10_000_000, micro_usd: u64::MAX };
    let day = Amount { calls: u64::MAX, tokens: u64::MAX, micro_usd: u64::MAX };
    Meter::new(left, Arc::new(Budget::of_this_process(day)), Arc::new(SystemClock::default()))
}

pub(crate) fn meter() -> Meter {
    meter_of(1000)
}

pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "ok": { "type": "boolean" } },
        "required": ["ok"],
        "additionalProperties": false,
    })
}

pub(crate) fn json_request() -> LlmRequest {
    let messages = vec![LlmMessage::system("You judge."), LlmMessage::user("Is it fine?")];
    let request = LlmRequest::for_json(ModelTier::Small, messages, "verdict", schema());
    LlmRequest { deadline: Duration::from_secs(10), max_output_tokens: 64, ..request }
}

pub(crate) fn text_request() -> LlmRequest {
    LlmRequest { form: AnswerForm::Text, ..json_request() }
}

/// A completion that says `text`.
pub(crate) fn completion(text: &str) -> ResponseTemplate {
    finished(json!({ "role": "assistant", "content": text }), "stop")
}

pub(crate) fn finished(message: Value, reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "c1", "object": "chat.completion", "model": "tiny-2026",
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27 },
    }))
}

/// An error in OpenAI's shape.
pub(crate) fn objection(status: u16, message: &str) -> ResponseTemplate {
    let error =
        json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } });
    ResponseTemplate::new(status).set_body_json(error)
}

/// The bodies that `server` got by POST, in order.
pub(crate) async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.body_json().unwrap_or_default())
        .collect()
}

pub(crate) fn class(error: &Error) -> Option<FailureClass> {
    Failure::of(error).map(|failure| failure.class)
}

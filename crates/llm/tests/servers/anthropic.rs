//! Messages.

use std::time::Duration;

use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LlmMessage, LlmProvider as _, LlmRequest, TokenUsage, ToolCall, ToolSpec};
use selfheal_core::testing::conformance;
use selfheal_llm::anthropic::{Messages, MessagesConfig};
use selfheal_llm::{Failure, FailureClass};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::scene::{KEY, always, at, bodies, class, json_request, meter, models, server, text_request};

pub(crate) fn messages(origin: &str) -> Messages {
    Messages::new(MessagesConfig::new(at(origin), models())).unwrap()
}

fn message(content: Value, stop_reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "tiny-2026",
        "content": content, "stop_reason": stop_reason,
        "usage": { "input_tokens": 5, "cache_read_input_tokens": 15, "output_tokens": 7 },
    }))
}

fn tool_use(name: &str, input: Value) -> Value {
    json!({ "type": "tool_use", "id": "toolu_1", "name": name, "input": input })
}

fn error(status: u16, kind: &str, message: &str) -> ResponseTemplate {
    let body = json!({ "type": "error", "error": { "type": kind, "message": message } });
    ResponseTemplate::new(status).set_body_json(body)
}

fn model(body: &Value) -> ResponseTemplate {
    if body["max_tokens"] == 1 {
        return message(json!([tool_use("answer", json!({}))]), "max_tokens");
    }
    message(json!([{ "type": "thinking", "thinking": "hm" }, tool_use("answer", json!({ "ok": true }))]), "tool_use")
}

#[tokio::test]
async fn it_conforms() {
    let server = server(model).await;
    let verdict = conformance::llm_provider(&messages(&server.uri())).await;
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[tokio::test]
async fn a_request_is_what_the_protocol_says() {
    let server = MockServer::start().await;
    let wanted = Mock::given(method("POST")).and(path("/v1/messages")).and(header("x-api-key", KEY));
    let wanted = wanted.and(header("anthropic-version", "2023-06-01"));
    let answer = message(json!([tool_use("answer", json!({ "ok": true }))]), "tool_use");
    wanted.respond_with(answer).expect(1).mount(&server).await;
    let answer = messages(&server.uri()).complete(&json_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), r#"{"ok":true}"#);
    assert_eq!((answer.usage, answer.model.as_str()), (TokenUsage { input: 20, output: 7 }, "test/tiny"));
    let tool = json!({ "name": "answer", "description": "Gives the answer to the task.", "input_schema": crate::scene::schema() });
    let expected = json!({
        "model": "tiny", "max_tokens": 64, "system": "You judge.", "temperature": 0.0,
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Is it fine?" }] }],
        "tools": [tool],
        "tool_choice": { "type": "tool", "name": "answer" },
    });
    assert_eq!(bodies(&server).await, [expected]);
}

#[tokio::test]
async fn functions_are_asked_for_and_answered() {
    let server = always(message(json!([tool_use("source", json!({ "line": 1 }))]), "tool_use")).await;
    let mut request = json_request();
    request.tools = vec![ToolSpec { name: "source".to_owned(), description: "?".to_owned(), parameters: json!({}) }];
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "source".to_owned(),
        arguments: Untrusted::new(arguments.to_owned()),
    };
    let tool_calls = vec![call("y", "{\"line\": 2}"), call("z", "no JSON")];
    request.messages.push(LlmMessage::Assistant { content: String::new(), tool_calls });
    request.messages.push(LlmMessage::Tool { call: "y".to_owned(), content: "b".to_owned() });
    request.messages.push(LlmMessage::Tool { call: "z".to_owned(), content: "c".to_owned() });
    let answer = messages(&server.uri()).complete(&request, &meter()).await.unwrap();
    assert_eq!(answer.tool_calls.len(), 1);
    assert_eq!(answer.tool_calls[0].arguments.read(), "{\"line\":1}");
    let body = &bodies(&server).await[0];
    assert_eq!(body["tool_choice"], json!({ "type": "any" }), "it may answer at once, too");
    let expected = [
        json!({ "role": "assistant", "content": [
            { "type": "tool_use", "id": "y", "name": "source", "input": { "line": 2 } },
            { "type": "tool_use", "id": "z", "name": "source", "input": {} },
        ] }),
        json!({ "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "y", "content": "b" },
            { "type": "tool_result", "tool_use_id": "z", "content": "c" },
        ] }),
    ];
    assert_eq!(body["messages"].as_array().unwrap()[1..], expected);
}

#[tokio::test]
async fn models_that_take_no_temperature_or_forced_function_are_asked_otherwise() {
    let server = server(|body| {
        if body.get("temperature").is_some() {
            return error(400, "invalid_request_error", "`temperature` is deprecated for this model.");
        }
        if body.get("tool_choice").is_some() {
            return error(
                400,
                "invalid_request_error",
                "Thinking may not be enabled when tool_choice forces tool use.",
            );
        }
        message(json!([{ "type": "text", "text": "Sure: {\"ok\": true}" }]), "end_turn")
    });
    let server = server.await;
    let messages = messages(&server.uri());
    for _ in 0..2 {
        assert_eq!(messages.complete(&json_request(), &meter()).await.unwrap().content.read(), "{\"ok\": true}");
    }
    let bodies = bodies(&server).await;
    assert_eq!(bodies.len(), 4, "what was found out is remembered");
    assert!(bodies[3]["system"].as_str().unwrap().contains("JSON schema"));
}

#[tokio::test]
async fn errors_have_their_class() {
    let cases = [
        (error(401, "authentication_error", "invalid x-api-key"), FailureClass::Auth),
        (error(404, "not_found_error", "model: tiny"), FailureClass::NotFound),
        (error(413, "request_too_large", "m"), FailureClass::ContextOverflow),
        (
            error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
            FailureClass::ContextOverflow,
        ),
        (error(400, "invalid_request_error", "Your credit balance is too low"), FailureClass::QuotaExceeded),
        (error(429, "rate_limit_error", "m"), FailureClass::RateLimited),
        (error(500, "api_error", "m"), FailureClass::Overloaded),
        (error(529, "overloaded_error", "m"), FailureClass::Overloaded),
        (error(200, "overloaded_error", "m"), FailureClass::Overloaded),
        (message(json!([]), "refusal"), FailureClass::Refusal),
        (message(json!([{ "type": "text", "text": "{" }]), "max_tokens"), FailureClass::OutputLimit),
        (message(json!([tool_use("answer", json!({}))]), "max_tokens"), FailureClass::OutputLimit),
        (ResponseTemplate::new(200).set_body_raw("<html>", "text/html"), FailureClass::NotAnApi),
        (ResponseTemplate::new(200).set_body_json(json!({ "ok": 1 })), FailureClass::NotAnApi),
    ];
    for (response, expected) in cases {
        let server = always(response.insert_header("retry-after", "9")).await;
        let error = messages(&server.uri()).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(class(&error), Some(expected), "{error}");
        if [FailureClass::RateLimited].contains(&expected) {
            assert_eq!(Failure::of(&error).unwrap().retry_after, Some(Duration::from_secs(9)));
        }
    }
}

#[tokio::test]
async fn text_that_is_no_json_is_repaired_once() {
    let server = server(|body| {
        let asked = body["messages"].as_array().unwrap().len();
        let text = if asked > 1 { "{\"ok\": true}" } else { "It is fine." };
        message(json!([{ "type": "text", "text": text }]), "end_turn")
    });
    let server = server.await;
    let answer = messages(&server.uri()).complete(&json_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), "{\"ok\": true}");
    assert_eq!(bodies(&server).await.len(), 2);
}

#[tokio::test]
async fn free_text_needs_no_function() {
    let server = always(message(json!([{ "type": "text", "text": "fine" }]), "end_turn")).await;
    let request = LlmRequest { deadline: Duration::from_secs(5), ..text_request() };
    assert_eq!(messages(&server.uri()).complete(&request, &meter()).await.unwrap().content.read(), "fine");
    assert!(bodies(&server).await[0].get("tools").is_none());
}

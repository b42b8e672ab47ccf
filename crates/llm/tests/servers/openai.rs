//! Chat completions of servers that behave.

use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LlmMessage, LlmProvider as _, LlmRequest, ModelTier, TokenUsage, ToolCall, ToolSpec};
use selfheal_core::spending::CallEnd;
use selfheal_core::testing::conformance;
use selfheal_llm::http::{Address, KeyHeader, SetupError};
use selfheal_llm::openai::Chat;
use selfheal_llm::{ApiKey, KeySource};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::scene::{
    KEY, always, bodies, chat, completion, config, finished, json_request, meter, server, text_request,
};

/// Answers like a model that keeps to the bound on its tokens.
fn model(body: &Value) -> ResponseTemplate {
    if body["max_tokens"] == 1 {
        return finished(json!({ "content": "{" }), "length");
    }
    completion(r#"{"ok": true}"#)
}

#[tokio::test]
async fn it_conforms() {
    let server = server(model).await;
    let verdict = conformance::llm_provider(&chat(&server)).await;
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[tokio::test]
async fn a_request_is_what_the_protocol_says() {
    let server = server(model).await;
    let mut config = config(&server.uri());
    config.extra.insert("reasoning_effort".to_owned(), json!("low"));
    let chat = Chat::new(config).unwrap();
    let answer = chat.complete(&json_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), r#"{"ok": true}"#);
    assert_eq!((answer.usage, answer.model.as_str()), (TokenUsage { input: 20, output: 7 }, "test/tiny"));
    let expected = json!({
        "model": "tiny",
        "messages": [
            { "role": "system", "content": "You judge." },
            { "role": "user", "content": "Is it fine?" },
        ],
        "max_tokens": 64,
        "temperature": 0.0,
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": "verdict", "strict": true, "schema": crate::scene::schema() },
        },
        "reasoning_effort": "low",
    });
    assert_eq!(bodies(&server).await, [expected]);
}

#[tokio::test]
async fn the_tier_chooses_the_model() {
    let server = server(model).await;
    let large = LlmRequest { tier: ModelTier::Large, ..json_request() };
    chat(&server).complete(&large, &meter()).await.unwrap();
    assert_eq!(bodies(&server).await[0]["model"], "huge");
}

#[tokio::test]
async fn the_key_goes_under_the_header_of_the_server() {
    let cases =
        [(KeyHeader::Bearer, "authorization", format!("Bearer {KEY}")), (KeyHeader::ApiKey, "api-key", KEY.to_owned())];
    for (key_header, name, value) in cases {
        let server = MockServer::start().await;
        // Azure's address has a query, which every call keeps.
        let wanted = Mock::given(method("POST")).and(path("/d/chat/completions")).and(query_param("api-version", "7"));
        wanted.and(header(name, value)).respond_with(completion("{}")).expect(1).mount(&server).await;
        let mut config = config(&server.uri());
        config.server.address = Address::parse(&format!("{}/d?api-version=7", server.uri())).unwrap();
        config.server.key_header = key_header;
        let answer = Chat::new(config).unwrap().complete(&json_request(), &meter()).await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
    }
}

/// Another key each time, until there is none.
struct Vault(Mutex<Vec<&'static str>>);

#[async_trait]
impl KeySource for Vault {
    async fn key(&self) -> Result<ApiKey> {
        let next = self.0.lock().unwrap().pop();
        let next = next.ok_or_else(|| Error::new(ErrorKind::Unavailable, "vault.read", "sealed"))?;
        Ok(ApiKey::new(next).unwrap())
    }
}

#[tokio::test]
async fn a_host_may_keep_the_key_elsewhere() {
    let server = server(model).await;
    let mut config = config(&server.uri());
    config.server = config.server.with_key(Vault(Mutex::new(vec!["second", "first"])));
    let chat = Chat::new(config).unwrap();
    for _ in 0..2 {
        chat.complete(&json_request(), &meter()).await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    let keys: Vec<_> = requests.iter().map(|request| request.headers["authorization"].to_str().unwrap()).collect();
    assert_eq!(keys, ["Bearer first", "Bearer second"]);
    let sealed = chat.complete(&json_request(), &meter()).await.unwrap_err();
    assert_eq!(sealed.operation(), "vault.read");
}

#[tokio::test]
async fn several_functions_are_asked_for_and_answered() {
    let calls = json!({ "content": null, "tool_calls": [
        { "id": "a", "type": "function", "function": { "name": "source", "arguments": "{\"line\": 1}" } },
        // As some servers have it: no id, and the arguments as an object.
        { "type": "function", "function": { "name": "commits", "arguments": {} } },
    ]});
    let server = always(finished(calls, "tool_calls")).await;
    let mut request = json_request();
    request.tools = vec![ToolSpec {
        name: "source".to_owned(),
        description: "Lines of a file.".to_owned(),
        parameters: json!({ "type": "object" }),
    }];
    let earlier =
        ToolCall { id: "z".to_owned(), name: "source".to_owned(), arguments: Untrusted::new("{}".to_owned()) };
    request.messages.push(LlmMessage::Assistant { content: String::new(), tool_calls: vec![earlier] });
    request.messages.push(LlmMessage::Tool { call: "z".to_owned(), content: "nothing".to_owned() });
    let answer = chat(&server).complete(&request, &meter()).await.unwrap();
    let asked: Vec<_> =
        answer.tool_calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.read().as_str())).collect();
    assert_eq!(asked, [("a", "source", "{\"line\": 1}"), ("call_1", "commits", "{}")]);
    let body = &bodies(&server).await[0];
    assert_eq!(body["tools"][0]["function"]["name"], "source");
    assert_eq!(
        body["messages"].as_array().unwrap()[2..],
        [
            json!({ "role": "assistant", "content": null, "tool_calls": [
                { "id": "z", "type": "function", "function": { "name": "source", "arguments": "{}" } }] }),
            json!({ "role": "tool", "tool_call_id": "z", "content": "nothing" }),
        ]
    );
}

#[tokio::test]
async fn functions_that_were_not_offered_are_not_asked_for() {
    let calls = json!({ "content": "{\"ok\": false}", "tool_calls": [
        { "id": "a", "type": "function", "function": { "name": "rm", "arguments": "{}" } }] });
    let server = always(finished(calls, "tool_calls")).await;
    let answer = chat(&server).complete(&json_request(), &meter()).await.unwrap();
    assert!(answer.tool_calls.is_empty());
    assert_eq!(answer.content.read(), "{\"ok\": false}");
}

#[tokio::test]
async fn what_is_not_counted_is_estimated() {
    let choice = json!({ "choices": [{ "message": { "content": "x".repeat(40) }, "finish_reason": "stop" }] });
    let server = always(ResponseTemplate::new(200).set_body_json(choice)).await;
    let meter = meter();
    let answer = chat(&server).complete(&text_request(), &meter).await.unwrap();
    // 21 bytes were asked and 40 answered; four bytes a token.
    assert_eq!(answer.usage, TokenUsage { input: 6, output: 10 });
    assert_eq!(answer.model, "test/tiny");
    let ends: Vec<_> = meter.drain().into_iter().map(|call| call.end).collect();
    assert_eq!(ends, [CallEnd::Answered { usage: answer.usage }]);
}

#[tokio::test]
async fn text_in_parts_and_thoughts_apart_are_understood() {
    let message = json!({
        "content": [{ "type": "text", "text": "fi" }, { "type": "text", "text": "ne" }],
        "reasoning_content": "hm", "reasoning": "hm", "thinking": [{ "x": 1 }], "tool_calls": null, "refusal": null,
    });
    let server = always(finished(message, "stop")).await;
    let answer = chat(&server).complete(&text_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), "fine");
}

#[tokio::test]
async fn nothing_is_sent_that_the_meter_refuses() {
    let server = server(model).await;
    let refused = chat(&server).complete(&json_request(), &crate::scene::meter_of(0)).await.unwrap_err();
    assert_eq!(refused.operation(), "llm.budget");
    assert!(bodies(&server).await.is_empty());
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let refused = |change: &dyn Fn(&mut selfheal_llm::openai::ChatConfig)| {
        let mut config = config("http://127.0.0.1:1");
        change(&mut config);
        Chat::new(config).unwrap_err()
    };
    let remote = Address::parse("http://192.0.2.1/v1").unwrap();
    assert!(matches!(refused(&|config| config.server.address = remote.clone()), SetupError::Unencrypted));
    assert!(matches!(refused(&|config| config.models.small.name = " ".to_owned()), SetupError::ModelName(0)));
    let model = |config: &mut selfheal_llm::openai::ChatConfig| {
        config.extra.insert("model".to_owned(), json!("other"));
    };
    assert!(matches!(refused(&model), SetupError::ReservedField(name) if name == "model"));
}

#[test]
fn plain_http_leaves_the_machine_by_choice_alone() {
    let mut config = config("http://192.0.2.1");
    config.server.plain_http = selfheal_llm::http::PlainHttp::Anywhere;
    assert!(Chat::new(config.clone()).is_ok());
    config.server.plain_http = selfheal_llm::http::PlainHttp::ToLoopback;
    config.server.key = None;
    assert!(matches!(Chat::new(config), Err(SetupError::Unencrypted)), "logs and sources are worth as much as a key");
}

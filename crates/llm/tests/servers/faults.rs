//! Everything that goes wrong between here and a model.

use std::time::Duration;

use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::ports::{LlmProvider as _, LlmRequest};
use selfheal_core::spending::CallEnd;
use selfheal_llm::openai::Chat;
use selfheal_llm::{Failure, FailureClass};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::raw::{Say, serve, text};
use crate::scene::{
    KEY, always, bodies, chat, class, completion, config, finished, json_request, meter, objection, text_request,
};

#[tokio::test]
async fn statuses_become_classes_with_what_to_set() {
    let cases = [
        (objection(401, "no"), FailureClass::Auth, ErrorKind::Forbidden, "SELFHEAL_LLM_KEY"),
        (objection(403, "no"), FailureClass::Auth, ErrorKind::Forbidden, "SELFHEAL_LLM_KEY"),
        (objection(404, "page not found"), FailureClass::NotFound, ErrorKind::NotFound, "SELFHEAL_LLM_URL"),
        (
            objection(404, "model 'tiny' not found"),
            FailureClass::NotFound,
            ErrorKind::NotFound,
            "SELFHEAL_LLM_MODEL_SMALL",
        ),
        (objection(429, "slow down"), FailureClass::RateLimited, ErrorKind::Unavailable, "for the moment"),
        (objection(402, "pay"), FailureClass::QuotaExceeded, ErrorKind::LimitReached, "used up"),
        (objection(500, "oops"), FailureClass::Overloaded, ErrorKind::Unavailable, "at the moment"),
        (objection(503, "busy"), FailureClass::Overloaded, ErrorKind::Unavailable, "at the moment"),
        (objection(400, "context_length_exceeded"), FailureClass::ContextOverflow, ErrorKind::LimitReached, "`tiny`"),
    ];
    for (response, expected, kind, advice) in cases {
        let server = always(response).await;
        let meter = meter();
        let error = chat(&server).complete(&text_request(), &meter).await.unwrap_err();
        assert_eq!((class(&error), error.kind()), (Some(expected), kind), "{error}");
        assert!(error.to_string().contains(advice), "{error}");
        let retry = if expected.is_transient() { Retry::Retryable } else { Retry::Permanent };
        assert_eq!(error.retry(), retry, "{error}");
        let refused = meter.drain().into_iter().any(|call| matches!(call.end, CallEnd::Refused { .. }));
        assert_eq!(refused, expected.is_before_reading(), "{error}");
    }
}

#[tokio::test]
async fn how_long_to_wait_comes_along() {
    for status in [429, 503] {
        let server = always(objection(status, "m").insert_header("retry-after", "17")).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(Failure::of(&error).unwrap().retry_after, Some(Duration::from_secs(17)));
    }
}

#[tokio::test]
async fn what_is_no_api_is_told_apart() {
    let page = "<!DOCTYPE html><html><title>Welcome</title></html>";
    let cases = [
        (ResponseTemplate::new(200).set_body_raw(page, "text/html"), "web page"),
        (ResponseTemplate::new(404).set_body_raw(page, "text/html"), "web page"),
        (ResponseTemplate::new(200).set_body_string("Ollama is running"), "no answer of such a server"),
        (ResponseTemplate::new(200).set_body_json(json!({ "status": "ok" })), "no chat completion"),
        (ResponseTemplate::new(200).set_body_json(json!([1])), "no answer of such a server"),
    ];
    for (response, expected) in cases {
        let server = always(response).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(class(&error), Some(FailureClass::NotAnApi), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_error_that_comes_with_success_is_an_error() {
    let body = json!({ "error": { "message": "Provider returned error", "code": 429 }, "choices": [] });
    let server = always(ResponseTemplate::new(200).set_body_json(body)).await;
    let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::RateLimited));
}

#[tokio::test]
async fn a_missing_model_is_told_with_those_that_there_are() {
    let server = always(objection(404, "The model `tiny` does not exist")).await;
    let list =
        json!({ "object": "list", "data": (0..12).map(|n| json!({ "id": format!("m{n}") })).collect::<Vec<_>>() });
    let listing = ResponseTemplate::new(200).set_body_json(list);
    Mock::given(method("GET")).respond_with(listing).mount(&server).await;
    let (meter, chat) = (meter(), chat(&server));
    let error = chat.complete(&json_request(), &meter).await.unwrap_err();
    assert!(error.to_string().contains("m0, m1") && error.to_string().contains("and 2 more"), "{error}");
    assert_eq!(meter.drain().len(), 2, "asking for the list is counted too");
    assert_eq!(chat.list_models(&meter).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_redirect_does_not_take_the_key_elsewhere() {
    let elsewhere = always(completion("{}")).await;
    for status in [301, 302, 307, 308] {
        let target = format!("{}/v1/chat/completions?secret", elsewhere.uri());
        let server = always(ResponseTemplate::new(status).insert_header("location", target)).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert!(error.to_string().contains(&elsewhere.uri()), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(bodies(&elsewhere).await.is_empty());
}

#[tokio::test]
async fn the_key_is_in_no_error() {
    let echo = format!("Incorrect API key provided: {KEY}. You sent Authorization: Bearer {KEY}");
    let responses = [
        objection(401, &echo),
        objection(500, &echo),
        ResponseTemplate::new(200).set_body_string(echo.clone()),
        ResponseTemplate::new(200).set_body_json(json!({ "error": { "message": echo } })),
        ResponseTemplate::new(502).set_body_string(format!("<html><title>{echo}</title></html>")),
    ];
    for response in responses {
        let server = always(response).await;
        let meter = meter();
        let chat = chat(&server);
        let error = chat.complete(&json_request(), &meter).await.unwrap_err();
        let shown = format!("{error} {error:?} {chat:?} {:?}", meter.drain());
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[tokio::test]
async fn what_a_server_says_is_repeated_within_bounds() {
    let server = always(objection(400, &"x".repeat(100_000))).await;
    let error = chat(&server).complete(&text_request(), &meter()).await.unwrap_err();
    assert!(error.to_string().len() < 1000, "{}", error.to_string().len());
}

#[tokio::test]
async fn how_a_model_stops_matters() {
    let cases = [
        (finished(json!({ "content": "{\"ok\": tr" }), "length"), FailureClass::OutputLimit),
        (finished(json!({ "content": "" }), "length"), FailureClass::OutputLimit),
        (finished(json!({ "content": "{\"ok\": true}" }), "content_filter"), FailureClass::Refusal),
        (finished(json!({ "content": null, "refusal": "I can't help with that." }), "stop"), FailureClass::Refusal),
    ];
    for (response, expected) in cases {
        let server = always(response).await;
        let meter = meter();
        let error = chat(&server).complete(&json_request(), &meter).await.unwrap_err();
        assert_eq!(class(&error), Some(expected), "{error}");
        assert_eq!(bodies(&server).await.len(), 1, "nothing there to repair");
        assert!(meter.drain().iter().all(|call| matches!(call.end, CallEnd::Answered { .. })), "it was paid for");
    }
    let whole = always(finished(json!({ "content": "{\"ok\": true}" }), "length")).await;
    assert!(chat(&whole).complete(&json_request(), &meter()).await.is_ok(), "the object is complete");
}

#[tokio::test]
async fn more_tokens_than_allowed_are_not_taken() {
    let counted = json!({ "choices": [{ "message": { "content": "{}" } }], "usage": { "completion_tokens": 65 } });
    let uncounted =
        json!({ "choices": [{ "message": { "content": format!("{{\"ok\": \"{}\"}}", "x".repeat(64 * 64)) } }] });
    for body in [counted, uncounted] {
        let server = always(ResponseTemplate::new(200).set_body_json(body)).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(class(&error), Some(FailureClass::OutputLimit));
    }
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_not_read() {
    let announced = always(completion(&"x".repeat(10 << 20))).await;
    let head = text("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n");
    let endless = serve(vec![head, Say::Endless(vec![b' '; 64 << 10])]).await;
    for origin in [announced.uri(), endless] {
        let error = Chat::new(config(&origin)).unwrap().complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!((class(&error), error.kind()), (Some(FailureClass::TooLarge), ErrorKind::LimitReached), "{error}");
    }
}

#[tokio::test]
async fn connections_that_fail_are_told_apart() {
    let closed = serve(vec![]).await;
    let cut = text("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"choices\": [");
    let cut_json =
        text("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"choices\": [");
    let other = serve(vec![text("SSH-2.0-OpenSSH_9.9\r\n")]).await;
    let cases = [
        ("http://127.0.0.1:1".to_owned(), FailureClass::Unreachable),
        (closed, FailureClass::Truncated),
        (serve(vec![cut]).await, FailureClass::Truncated),
        (serve(vec![cut_json]).await, FailureClass::Truncated),
        (other, FailureClass::Truncated),
    ];
    for (origin, expected) in cases {
        let error = Chat::new(config(&origin)).unwrap().complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!((class(&error), error.retry()), (Some(expected), Retry::Retryable), "{error}");
    }
}

#[tokio::test]
async fn nothing_takes_longer_than_the_deadline() {
    let slow_head = vec![Say::Hang];
    let slow_body = vec![text("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), Say::Hang];
    let slow_objection = vec![text("HTTP/1.1 400 Bad\r\ncontent-length: 9\r\n\r\n{"), Say::Hang];
    let drip = vec![
        text("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n"),
        text("{"),
        Say::Pause(Duration::from_millis(20)),
        text(" "),
        Say::Pause(Duration::from_millis(20)),
        text(" "),
        Say::Hang,
    ];
    for script in [slow_head, slow_body, slow_objection, drip] {
        let request = LlmRequest { deadline: Duration::from_millis(80), ..json_request() };
        let meter = meter();
        let begun = std::time::Instant::now();
        let chat = Chat::new(config(&serve(script).await)).unwrap();
        let error = chat.complete(&request, &meter).await.unwrap_err();
        assert_eq!((class(&error), error.retry()), (Some(FailureClass::Timeout), Retry::Retryable), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert!(matches!(meter.drain()[..], [ref call] if matches!(call.end, CallEnd::Failed { .. })));
    }
}

#[tokio::test]
async fn what_a_model_read_is_counted_though_there_is_no_answer() {
    let usage = json!({ "prompt_tokens": 20, "completion_tokens": 7 });
    let error = json!({ "code": 429, "message": "slow down" });
    for body in [json!({ "choices": [], "usage": usage }), json!({ "error": error, "usage": usage })] {
        let server = always(ResponseTemplate::new(200).set_body_json(&body)).await;
        let meter = meter();
        assert!(chat(&server).complete(&json_request(), &meter).await.is_err());
        let ends: Vec<_> = meter.drain().into_iter().map(|call| call.end).collect();
        assert!(ends.iter().all(|end| matches!(end, CallEnd::Failed { .. })) && !ends.is_empty(), "{body}: {ends:?}");
    }
}

#[tokio::test]
async fn a_count_that_cannot_be_does_not_use_up_the_day() {
    let said = json!({ "choices": [{ "message": { "content": "fine" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": u32::MAX, "completion_tokens": 7 } });
    let server = always(ResponseTemplate::new(200).set_body_json(said)).await;
    let answer = chat(&server).complete(&text_request(), &meter()).await.unwrap();
    assert!(answer.usage.input < 100_000, "{:?}", answer.usage);
}

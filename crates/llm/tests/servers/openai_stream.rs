//! Chat completions that come as events.

use std::time::Duration;

use futures_util::StreamExt as _;
use selfheal_core::error::{Error, Retry};
use selfheal_core::ports::{LlmProvider as _, LlmRequest, LlmResponse, TokenUsage, ToolSpec};
use selfheal_core::spending::CallEnd;
use selfheal_core::testing::conformance;
use selfheal_llm::http::CallBounds;
use selfheal_llm::openai::Chat;
use selfheal_llm::{FailureClass, Piece};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::raw::{Say, serve, stream_head, text};
use crate::scene::{bodies, class, completion, config, json_request, meter, objection, server, text_request};

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn delta(text: &str) -> String {
    event(&json!({ "model": "tiny-2026", "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

fn stop(reason: &str) -> String {
    event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

fn usage() -> String {
    event(&json!({ "choices": [], "usage": { "prompt_tokens": 20, "completion_tokens": 7 } }))
}

const DONE: &str = "data: [DONE]\n\n";

fn events(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/event-stream")
}

fn streaming(origin: &str) -> Chat {
    let mut config = config(origin);
    config.stream = true;
    Chat::new(config).unwrap()
}

async fn asked(origin: &str, request: &LlmRequest) -> Result<LlmResponse, Error> {
    streaming(origin).complete(request, &meter()).await
}

/// The answer to a request for text, of a server that says exactly this.
async fn told(script: Vec<Say>) -> Result<LlmResponse, Error> {
    asked(&serve(script).await, &text_request()).await
}

async fn told_text(stream: &str) -> Result<LlmResponse, Error> {
    told(vec![stream_head(), text(stream)]).await
}

#[tokio::test]
async fn it_conforms() {
    let server = server(|body| {
        assert_eq!((&body["stream"], &body["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
        if body["max_tokens"] == 1 {
            return events(&[delta("{"), stop("length"), DONE.to_owned()].concat());
        }
        events(&[delta("{\"ok\""), delta(": true}"), stop("stop"), usage(), DONE.to_owned()].concat())
    });
    let server = server.await;
    let verdict = conformance::llm_provider(&streaming(&server.uri())).await;
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[tokio::test]
async fn pieces_are_put_together_however_they_arrive() {
    let whole = [": keep-alive\n\n", &delta("Grü"), ":\n\n", &delta("ße 🦀"), &stop("stop"), &usage(), DONE].concat();
    let crlf = whole.replace('\n', "\r\n");
    for stream in [whole, crlf] {
        let at_once = told_text(&stream).await.unwrap();
        let mut by_byte = vec![stream_head()];
        // Pieces of three bytes split characters and line ends.
        by_byte.extend(stream.as_bytes().chunks(3).map(|chunk| Say::Bytes(chunk.to_vec())));
        let in_pieces = told(by_byte).await.unwrap();
        assert_eq!(at_once, in_pieces);
        assert_eq!(at_once.content.read(), "Grüße 🦀");
        assert_eq!((at_once.usage, at_once.model.as_str()), (TokenUsage { input: 20, output: 7 }, "test/tiny"));
    }
}

#[tokio::test]
async fn calls_are_put_together_by_their_index() {
    let call = |index: u64, id: Value, name: Value, arguments: &str| {
        let call = json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } });
        event(&json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }))
    };
    let stream = [
        call(0, json!("a"), json!("source"), ""),
        call(1, json!("b"), json!("commits"), "{"),
        call(0, Value::Null, Value::Null, "{\"line\""),
        call(1, Value::Null, Value::Null, "}"),
        call(0, json!(""), Value::Null, ": 1}"),
        // A server that gives every call the same index.
        call(1, json!("c"), json!("events"), "{}"),
        stop("tool_calls"),
        DONE.to_owned(),
    ];
    let origin = serve(vec![stream_head(), text(&stream.concat())]).await;
    let mut request = json_request();
    request.tools = vec![ToolSpec { name: "source".to_owned(), description: "?".to_owned(), parameters: json!({}) }];
    let answer = asked(&origin, &request).await.unwrap();
    let calls: Vec<_> =
        answer.tool_calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.read().as_str())).collect();
    assert_eq!(calls, [("a", "source", "{\"line\": 1}"), ("b", "commits", "{}"), ("c", "events", "{}")]);
}

#[tokio::test]
async fn what_is_not_counted_is_estimated() {
    let answer = told_text(&[delta(&"x".repeat(40)), stop("stop"), DONE.to_owned()].concat()).await.unwrap();
    assert_eq!(answer.usage, TokenUsage { input: 6, output: 10 });
}

#[tokio::test]
async fn a_stream_that_ends_early_is_no_answer() {
    let cases = [
        delta("half"),
        [delta("half"), DONE.to_owned()].concat(),
        // The last event is cut within.
        [delta("half"), stop("stop").trim_end().to_owned()].concat(),
        String::new(),
    ];
    for stream in cases {
        let error = told_text(&stream).await.unwrap_err();
        assert_eq!((class(&error), error.retry()), (Some(FailureClass::Truncated), Retry::Retryable), "{stream}");
    }
}

#[tokio::test]
async fn an_answer_that_is_complete_counts_however_the_stream_ends() {
    let complete = [delta("fine"), stop("stop")].concat();
    assert_eq!(told_text(&complete).await.unwrap().content.read(), "fine");
    let hanging = told(vec![stream_head(), text(&complete), Say::Hang]).await.unwrap();
    assert_eq!(hanging.content.read(), "fine");
}

#[tokio::test]
async fn an_error_within_a_stream_is_an_error() {
    let cases = [
        (json!({ "error": { "message": "m", "type": "overloaded_error" } }), FailureClass::Overloaded),
        (json!({ "error": { "message": "m", "code": 429 } }), FailureClass::RateLimited),
        (json!({ "error": "boom" }), FailureClass::Overloaded),
        (json!({ "choices": [], "error": { "message": "m", "code": 401 } }), FailureClass::Auth),
    ];
    for (error, expected) in cases {
        let error = told_text(&[delta("half"), event(&error)].concat()).await.unwrap_err();
        assert_eq!(class(&error), Some(expected), "{error}");
    }
    let refused = event(&json!({ "error": { "message": "m", "code": 429 } }));
    let (server, meter) = (server(move |_| events(&refused)).await, meter());
    assert!(streaming(&server.uri()).complete(&text_request(), &meter).await.is_err());
    let end = meter.drain().pop().unwrap().end;
    assert!(matches!(end, CallEnd::Failed { .. }), "once a stream began, a model may have read: {end:?}");
    let garbage = told_text("data: {\"choices\": 7}\n\n").await.unwrap_err();
    assert_eq!(class(&garbage), Some(FailureClass::NotAnApi));
    let no_text = told(vec![stream_head(), Say::Bytes(b"data: \xff\xfe\n\n".to_vec())]).await.unwrap_err();
    assert_eq!(class(&no_text), Some(FailureClass::NotAnApi));
}

#[tokio::test]
async fn an_endless_stream_ends() {
    let cases = [
        Say::Endless(delta(&"x".repeat(1000)).into_bytes()),
        Say::Endless(": keep-alive\n\n".repeat(1000).into_bytes()),
        // One line without an end.
        Say::Endless(vec![b'x'; 64 << 10]),
    ];
    for endless in cases {
        let error = told(vec![stream_head(), endless]).await.unwrap_err();
        assert_eq!(class(&error), Some(FailureClass::TooLarge), "{error}");
    }
}

#[tokio::test]
async fn silence_and_the_deadline_end_a_stream() {
    let silent = serve(vec![stream_head(), text(&delta("half")), Say::Hang]).await;
    let mut config = config(&silent);
    config.stream = true;
    config.server.bounds = CallBounds { idle: Duration::from_millis(40), ..CallBounds::default() };
    let error = Chat::new(config).unwrap().complete(&text_request(), &meter()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::Timeout));
    assert!(error.to_string().contains("silent"), "{error}");
    let late = LlmRequest { deadline: Duration::from_millis(40), ..text_request() };
    let error = asked(&silent, &late).await.unwrap_err();
    assert!(error.to_string().contains("no answer within 40 ms"), "{error}");
}

#[tokio::test]
async fn a_server_that_answers_whole_is_understood() {
    let server = server(|_| completion("fine")).await;
    assert_eq!(asked(&server.uri(), &text_request()).await.unwrap().content.read(), "fine");
}

#[tokio::test]
async fn a_server_that_does_not_count_streams_is_not_asked_to() {
    let server = server(|body| {
        if body.get("stream_options").is_some() {
            return objection(400, "Unrecognized request argument: stream_options");
        }
        events(&[delta("fine"), stop("stop"), DONE.to_owned()].concat())
    });
    let server = server.await;
    assert!(asked(&server.uri(), &text_request()).await.is_ok());
    assert_eq!(bodies(&server).await.len(), 2);
}

#[tokio::test]
async fn a_host_may_read_along() {
    let stream = [delta("{\"ok\""), delta(": true}"), stop("stop"), usage(), DONE.to_owned()].concat();
    let origin = serve(vec![stream_head(), text(&stream)]).await;
    let (chat, request, meter) = (Chat::new(config(&origin)).unwrap(), json_request(), meter());
    let pieces: Vec<_> = chat.stream(&request, &meter).map(Result::unwrap).collect().await;
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text.read().as_str()),
        Piece::Answer(_) => None,
    });
    let texts: Vec<_> = texts.collect();
    assert_eq!(texts, ["{\"ok\"", ": true}"]);
    assert!(matches!(&pieces[2..], [Piece::Answer(answer)] if answer.content.read() == "{\"ok\": true}"));
    assert!(matches!(meter.drain()[..], [ref call] if matches!(call.end, CallEnd::Answered { .. })));
}

#[tokio::test]
async fn reading_along_ends_with_the_error() {
    let origin = serve(vec![stream_head(), text(&delta("half"))]).await;
    let (chat, request, meter) = (Chat::new(config(&origin)).unwrap(), text_request(), meter());
    let pieces: Vec<_> = chat.stream(&request, &meter).collect().await;
    assert_eq!(pieces.len(), 2);
    assert_eq!(class(pieces[1].as_ref().unwrap_err()), Some(FailureClass::Truncated));
    assert!(matches!(meter.drain()[..], [ref call] if matches!(call.end, CallEnd::Failed { .. })));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_to_its_end_counts_in_full() {
    let origin = serve(vec![stream_head(), text(&delta("half")), Say::Hang]).await;
    let (chat, request, meter) = (Chat::new(config(&origin)).unwrap(), text_request(), meter());
    {
        let mut pieces = std::pin::pin!(chat.stream(&request, &meter));
        assert!(matches!(pieces.next().await, Some(Ok(Piece::Text(_)))));
    }
    assert!(matches!(meter.drain()[..], [ref call] if matches!(call.end, CallEnd::Failed { .. })));
}

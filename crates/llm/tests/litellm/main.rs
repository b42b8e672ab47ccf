//! The adapter against a server that this project did not write: the LiteLLM proxy, from `SELFHEAL_LITELLM`. Without it the test says
//! so and proves nothing.
#![cfg(feature = "openai")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may panic, and says what it skips")]

mod proxy;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{Embedder as _, LlmMessage, LlmProvider, LlmRequest, ModelTier, ToolSpec};
use selfheal_core::spending::{Amount, Budget, CallEnd, Meter};
use selfheal_core::testing::{SeededEntropy, conformance};
use selfheal_llm::http::{Address, Model, Server, TierModels};
use selfheal_llm::openai::{Chat, ChatConfig, Embeddings, EmbeddingsConfig};
use selfheal_llm::router::{BackendLimits, Router};
use selfheal_llm::{Ability, ApiKey, Failure, FailureClass, Piece};
use serde_json::json;

use proxy::{KEY, Proxy};

/// Models by what they do.
const MODELS: &str = r#"
- {model_name: answers, litellm_params: {model: openai/x, api_key: none, mock_response: '{"ok": true}'}}
- {model_name: checks, litellm_params: {model: openai/x, api_key: none, mock_response: '{"selfheal_check": true}'}}
- model_name: calls
  litellm_params:
    model: openai/x
    api_key: none
    mock_tool_calls: [{id: c1, type: function, function: {name: installed_version, arguments: '{}'}}]
- {model_name: limited, litellm_params: {model: openai/x, api_key: none, mock_response: litellm.RateLimitError}}
- {model_name: broken, litellm_params: {model: openai/x, api_key: none, mock_response: litellm.InternalServerError}}
- {model_name: overflows, litellm_params: {model: openai/x, api_key: none, mock_response: litellm.ContextWindowExceededError}}
- {model_name: slow, litellm_params: {model: openai/x, api_key: none, mock_response: '{"ok": true}', mock_delay: 60}}
- {model_name: rambles, litellm_params: {model: openai/x, api_key: none, mock_response: 'I would rather talk about something else.'}}
- {model_name: vectors, litellm_params: {model: openai/text-embedding-3-small, api_key: none, mock_response: [0.1, 0.2, 0.3]}}
"#;

/// Shorter than any slow answer.
const SHORT: Duration = Duration::from_millis(500);

// One test: a server takes seconds to start, and test runners start every test in a process of its own.
#[tokio::test]
async fn a_real_server_is_understood() {
    let Some(proxy) = Proxy::start(MODELS) else { return };
    it_conforms(&proxy).await;
    it_streams(&proxy).await;
    its_functions_are_called(&proxy).await;
    its_texts_become_vectors(&proxy).await;
    its_faults_are_told_apart(&proxy).await;
    it_is_not_waited_for_past_the_deadline(&proxy).await;
    the_next_one_answers(&proxy).await;
    it_tells_what_it_can_do(&proxy).await;
}

async fn it_conforms(proxy: &Proxy) {
    for stream in [false, true] {
        let mut config = config(proxy, "answers");
        config.stream = stream;
        let verdict = conformance::llm_provider(&Chat::new(config).unwrap()).await;
        assert!(verdict.is_ok(), "streaming {stream}: {verdict:?}");
    }
}

async fn it_streams(proxy: &Proxy) {
    let (chat, request, meter) = (chat(proxy, "answers"), request(), meter());
    let pieces: Vec<Piece> = chat.stream(&request, &meter).map(Result::unwrap).collect().await;
    let text: String = pieces
        .iter()
        .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.read().as_str()) } else { None })
        .collect();
    assert_eq!(text, r#"{"ok": true}"#);
    assert!(pieces.len() > 2, "it came in pieces: {pieces:?}");
    let Some(Piece::Answer(answer)) = pieces.last() else { panic!("{pieces:?}") };
    assert!(answer.usage.input > 0 && answer.usage.output > 0, "the stream tells what it took: {answer:?}");
}

async fn its_functions_are_called(proxy: &Proxy) {
    let tool = ToolSpec {
        name: "installed_version".to_owned(),
        description: "The version that is installed.".to_owned(),
        parameters: json!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false }),
    };
    let request = LlmRequest { tools: vec![tool], ..request() };
    let answer = chat(proxy, "calls").complete(&request, &meter()).await.unwrap();
    assert_eq!(answer.tool_calls[0].name, "installed_version");
}

async fn its_texts_become_vectors(proxy: &Proxy) {
    let embeddings = Embeddings::new(EmbeddingsConfig::new(server(proxy, KEY), Model::free("vectors"))).unwrap();
    let vectors = embeddings.embed(&["a".to_owned(), "b".to_owned()], &meter()).await;
    // The mock gives one vector, whatever it is asked for: that is no answer to two texts.
    assert!(vectors.is_err(), "{vectors:?}");
    let vectors = embeddings.embed(&["a".to_owned()], &meter()).await.unwrap();
    assert_eq!(vectors, [[0.1, 0.2, 0.3]]);
}

async fn its_faults_are_told_apart(proxy: &Proxy) {
    for (model, class, advice) in [
        ("limited", FailureClass::RateLimited, "the server takes no more requests for the moment"),
        ("broken", FailureClass::Overloaded, "the server can't answer at the moment"),
        ("overflows", FailureClass::ContextOverflow, "the conversation is longer than what `overflows` can read"),
        ("absent", FailureClass::NotFound, "the server has no model `absent`: set SELFHEAL_LLM_MODEL_SMALL"),
        ("rambles", FailureClass::NotJson, ""),
    ] {
        let error = chat(proxy, model).complete(&request(), &meter()).await.unwrap_err();
        assert_eq!(class_of(&error), Some(class), "{model}: {error}");
        assert!(error.message().contains(advice), "{model}: {error}");
    }
    let wrong = Chat::new(ChatConfig::new(server(proxy, "sk-wrong-0123456789"), both("answers"))).unwrap();
    let error = wrong.complete(&request(), &meter()).await.unwrap_err();
    assert_eq!(class_of(&error), Some(FailureClass::Auth), "{error}");
    assert!(error.message().contains("compare SELFHEAL_LLM_KEY"), "{error}");
    assert!(!error.to_string().contains("sk-wrong"), "{error}");
}

async fn it_is_not_waited_for_past_the_deadline(proxy: &Proxy) {
    let (request, meter, started) = (LlmRequest { deadline: SHORT, ..request() }, meter(), Instant::now());
    let error = chat(proxy, "slow").complete(&request, &meter).await.unwrap_err();
    assert_eq!(class_of(&error), Some(FailureClass::Timeout), "{error}");
    assert!(started.elapsed() < SHORT * 10, "{:?}", started.elapsed());
    assert!(matches!(meter.drain()[..], [ref call] if matches!(call.end, CallEnd::Failed { .. })));
}

async fn the_next_one_answers(proxy: &Proxy) {
    let router = Router::builder(Arc::new(SystemClock::default()), Arc::new(SeededEntropy::new(7)));
    let limits = BackendLimits { attempts: 2, first_wait: Duration::from_millis(1), ..BackendLimits::default() };
    let router = ["limited", "broken", "answers"]
        .into_iter()
        .fold(router, |router, model| router.backend(model, Arc::new(chat(proxy, model)), limits.clone()));
    let (router, meter) = (router.build().unwrap(), meter());
    let answer = router.complete(&request(), &meter).await.unwrap();
    assert_eq!(answer.content.read(), r#"{"ok": true}"#);
    let calls = meter.drain();
    assert_eq!(calls.iter().filter(|call| matches!(call.end, CallEnd::Answered { .. })).count(), 1, "{calls:?}");
    assert!(calls.len() >= 3, "every failed call counts: {calls:?}");
    let nothing = router.complete(&request(), &meter_of(0)).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::LimitReached);
}

async fn it_tells_what_it_can_do(proxy: &Proxy) {
    let report = chat(proxy, "checks").check(&meter(), Duration::from_secs(20)).await;
    for ability in [Ability::Chat, Ability::JsonSchema, Ability::JsonObject, Ability::Streaming] {
        assert!(report.can(ability, "checks"), "{ability}: {report:?}");
    }
    assert!(report.can(Ability::ListModels, ""), "{report:?}");
    assert_eq!(report.json_by("checks"), Some(Ability::JsonSchema));
    assert!(!report.can(Ability::Tools, "checks"), "it answers in text: {report:?}");
    assert!(chat(proxy, "calls").check(&meter(), Duration::from_secs(20)).await.can(Ability::Tools, "calls"));
}

fn server(proxy: &Proxy, key: &str) -> Server {
    Server::new(Address::parse(&proxy.url()).unwrap()).with_key(ApiKey::new(key).unwrap())
}

fn both(model: &str) -> TierModels {
    TierModels::both(Model::free(model))
}

fn config(proxy: &Proxy, model: &str) -> ChatConfig {
    ChatConfig::new(server(proxy, KEY), both(model))
}

fn chat(proxy: &Proxy, model: &str) -> Chat {
    Chat::new(config(proxy, model)).unwrap()
}

fn request() -> LlmRequest {
    let schema = json!({
        "type": "object",
        "properties": { "ok": { "type": "boolean" } },
        "required": ["ok"],
        "additionalProperties": false,
    });
    let messages = vec![LlmMessage::system("You judge."), LlmMessage::user("Is it fine?")];
    LlmRequest { max_output_tokens: 64, ..LlmRequest::for_json(ModelTier::Small, messages, "verdict", schema) }
}

fn meter() -> Meter {
    meter_of(1000)
}

fn meter_of(calls: u64) -> Meter {
    let plenty = Amount { calls: u64::MAX, tokens: u64::MAX, micro_usd: u64::MAX };
    let left = Amount { calls, ..plenty };
    Meter::new(left, Arc::new(Budget::of_this_process(plenty)), Arc::new(SystemClock::default()))
}

fn class_of(error: &Error) -> Option<FailureClass> {
    Failure::of(error).map(|failure| failure.class)
}

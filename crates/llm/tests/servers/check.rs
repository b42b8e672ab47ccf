//! What a server can do, as people who set it up are told.

use std::time::Duration;

use selfheal_llm::anthropic::{Messages, MessagesConfig};
use selfheal_llm::http::{Model, TierModels};
use selfheal_llm::openai::{Chat, Embeddings, EmbeddingsConfig};
use selfheal_llm::{Ability, FailureClass, Outcome};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::raw::{Say, serve};
use crate::scene::{always, at, bodies, chat, completion, config, finished, meter, objection, server};

const PATIENCE: Duration = Duration::from_secs(5);

/// No schemas; JSON mode is taken and ignored; functions work; no streams.
fn middling(body: &Value) -> ResponseTemplate {
    if body["response_format"]["type"] == "json_schema" {
        return objection(400, "json_schema is not supported");
    }
    match body["tools"][0]["function"]["name"].as_str() {
        Some(name) => {
            let arguments = "{\"selfheal_check\": true}";
            let call = json!({ "id": "1", "type": "function", "function": { "name": name, "arguments": arguments } });
            finished(json!({ "content": null, "tool_calls": [call] }), "tool_calls")
        }
        None if body["stream"] == true => objection(400, "no streams"),
        None => completion("ready"),
    }
}

#[tokio::test]
async fn it_tells_what_works_what_is_ignored_and_what_will_be_used() {
    let server = server(middling).await;
    let report = chat(&server).check(&meter(), PATIENCE).await;
    let outcome = |ability, model: &str| {
        let mut findings = report.findings.iter();
        findings.find(|finding| finding.ability == ability && finding.model == model).map(|finding| &finding.outcome)
    };
    for model in ["tiny", "huge"] {
        assert_eq!(outcome(Ability::Chat, model), Some(&Outcome::Works));
        assert!(matches!(outcome(Ability::JsonSchema, model), Some(Outcome::Fails { .. })));
        assert_eq!(outcome(Ability::JsonObject, model), Some(&Outcome::Ignored));
        assert_eq!(outcome(Ability::ToolCall, model), Some(&Outcome::Works));
        assert_eq!(outcome(Ability::JsonText, model), Some(&Outcome::Ignored));
        assert_eq!(outcome(Ability::Tools, model), Some(&Outcome::Works));
        assert!(matches!(outcome(Ability::Streaming, model), Some(Outcome::Fails { .. })));
        assert_eq!(report.json_by(model), Some(Ability::ToolCall));
    }
    assert!(matches!(outcome(Ability::ListModels, ""), Some(Outcome::Fails { .. })), "this one lists none");
}

#[tokio::test]
async fn a_schema_that_is_taken_and_not_kept_is_no_schema() {
    let server = always(completion("{\"blue\": true}")).await;
    let report = chat(&server).check(&meter(), PATIENCE).await;
    assert!(!report.can(Ability::JsonSchema, "tiny"));
    assert_eq!(report.json_by("tiny"), None);
    let streaming = report.findings.iter().find(|finding| finding.ability == Ability::Streaming).unwrap();
    assert_eq!(streaming.outcome, Outcome::Ignored, "it answered whole");
}

#[tokio::test]
async fn a_model_that_does_not_chat_is_not_tried_further() {
    let server = always(objection(401, "wrong key")).await;
    let models = TierModels::both(Model::free("tiny"));
    let mut config = config(&server.uri());
    config.models = models.clone();
    let report = Chat::new(config).unwrap().check(&meter(), PATIENCE).await;
    let Outcome::Fails { class, why } = &report.findings[1].outcome else { panic!("{report:?}") };
    assert_eq!(*class, Some(FailureClass::Auth));
    assert!(why.starts_with("the server refuses the key: compare SELFHEAL_LLM_KEY"), "{why}");
    assert_eq!(report.findings.len(), 2);
    let messages = Messages::new(MessagesConfig::new(at(&server.uri()), models)).unwrap();
    assert_eq!(messages.check(&meter(), PATIENCE).await.findings.len(), 2);
    assert_eq!(bodies(&server).await.len(), 2, "each is asked once");
}

#[tokio::test]
async fn patience_ends() {
    let origin = serve(vec![Say::Hang]).await;
    let report = Chat::new(config(&origin)).unwrap().check(&meter(), Duration::from_millis(20)).await;
    assert!(
        report
            .findings
            .iter()
            .all(|finding| { matches!(finding.outcome, Outcome::Fails { class: Some(FailureClass::Timeout), .. }) })
    );
}

#[tokio::test]
async fn embeddings_are_checked_apart() {
    let vectors = ResponseTemplate::new(200).set_body_json(json!({ "data": [{ "index": 0, "embedding": [1, 2] }] }));
    let server = always(vectors).await;
    let embeddings = Embeddings::new(EmbeddingsConfig::new(at(&server.uri()), Model::free("v"))).unwrap();
    assert!(embeddings.check(&meter(), PATIENCE).await.works());
}

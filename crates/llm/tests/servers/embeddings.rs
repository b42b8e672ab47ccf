//! Texts as vectors.

use std::time::Duration;

use selfheal_core::ports::{Embedder as _, TokenUsage};
use selfheal_core::spending::CallEnd;
use selfheal_llm::FailureClass;
use selfheal_llm::http::Model;
use selfheal_llm::openai::{Embeddings, EmbeddingsConfig, Encoding};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::raw::{Say, serve};
use crate::scene::{always, at, bodies, class, meter, meter_of, objection, server};

/// A vector per text: its length, and one; in reverse order.
fn lengths(body: &Value) -> ResponseTemplate {
    let texts = body["input"].as_array().unwrap().iter().enumerate();
    let vectors = texts.map(|(index, text)| json!({ "index": index, "embedding": [text.as_str().unwrap().len(), 1] }));
    let vectors: Vec<_> = vectors.rev().collect();
    ResponseTemplate::new(200).set_body_json(json!({ "data": vectors, "usage": { "prompt_tokens": 3 } }))
}

fn embeddings(origin: &str, change: impl FnOnce(&mut EmbeddingsConfig)) -> Embeddings {
    let mut config = EmbeddingsConfig::new(at(origin), Model::free("vectors"));
    change(&mut config);
    Embeddings::new(config).unwrap()
}

fn texts(count: usize) -> Vec<String> {
    (1..=count).map(|length| "x".repeat(length)).collect()
}

#[tokio::test]
async fn long_lists_go_in_batches_and_come_back_in_order() {
    let server = server(lengths).await;
    let embeddings = embeddings(&server.uri(), |config| {
        config.batch = 2;
        config.encoding = Encoding::Base64;
        config.dimensions = Some(2);
    });
    let meter = meter();
    let vectors = embeddings.embed(&texts(5), &meter).await.unwrap();
    let firsts: Vec<_> = vectors.iter().map(|vector| vector[0]).collect();
    assert_eq!(firsts, [1.0, 2.0, 3.0, 4.0, 5.0]);
    let bodies = bodies(&server).await;
    let expected = json!({ "model": "vectors", "input": ["x", "xx"], "encoding_format": "base64", "dimensions": 2 });
    assert_eq!((bodies.len(), &bodies[0]), (3, &expected));
    let usage = TokenUsage { input: 3, output: 0 };
    assert!(meter.drain().iter().all(|call| call.end == CallEnd::Answered { usage }));
}

#[tokio::test]
async fn vectors_of_another_length_are_refused() {
    let server = server(lengths).await;
    let embeddings = embeddings(&server.uri(), |config| config.dimensions = Some(3));
    let error = embeddings.embed(&texts(1), &meter()).await.unwrap_err();
    assert!(error.to_string().contains("2 numbers; expected 3"), "{error}");
}

#[tokio::test]
async fn nothing_is_asked_about_nothing_or_beyond_the_ceiling() {
    let server = server(lengths).await;
    let embeddings = embeddings(&server.uri(), |_| {});
    assert!(embeddings.embed(&[], &meter_of(0)).await.unwrap().is_empty());
    assert_eq!(embeddings.embed(&texts(1), &meter_of(0)).await.unwrap_err().operation(), "llm.budget");
    assert!(bodies(&server).await.is_empty());
}

#[tokio::test]
async fn failures_have_their_class_and_end_in_time() {
    let server = always(objection(401, "no")).await;
    let error = embeddings(&server.uri(), |_| {}).embed(&texts(1), &meter()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::Auth));
    let silent = serve(vec![Say::Hang]).await;
    let impatient = embeddings(&silent, |config| config.deadline = Duration::from_millis(30));
    let error = impatient.embed(&texts(1), &meter()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::Timeout));
}

//! Answers that were given before.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::ports::{LlmMessage, LlmProvider, LlmRequest, TokenUsage};
use selfheal_core::spending::{Amount, CallEnd};
use selfheal_llm::FailureClass;
use selfheal_llm::cache::{CacheLimits, Cached};
use selfheal_llm::testing::{Model, Reply};

use crate::scene::{PLENTY, Scene, failing, request};

/// Answers with how often it was asked.
fn counting() -> Arc<dyn LlmProvider> {
    Arc::new(Model::new("counting", |_: &LlmRequest, call: u64| Reply::Says(format!("{{\"call\": {call}}}"))))
}

fn saying(text: &str) -> LlmRequest {
    LlmRequest { messages: vec![LlmMessage::user(text)], ..request() }
}

async fn answer(scene: &Scene, provider: &dyn LlmProvider, request: &LlmRequest) -> String {
    provider.complete(request, &scene.meter).await.unwrap().content.read().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_same_question_is_asked_once_and_costs_once() {
    let scene = Scene::with(Amount { calls: 1, ..PLENTY });
    let cached = Cached::new(scene.over(&[("a", counting())]), scene.clock.clone(), CacheLimits::default());
    let first = scene.ask(&cached).await.unwrap();
    let sooner = LlmRequest { deadline: Duration::from_secs(1), ..request() };
    let second = cached.complete(&sooner, &scene.meter).await.unwrap();
    assert_eq!((&first.content, &first.model), (&second.content, &second.model));
    assert_eq!(second.usage, TokenUsage::default());
    let ends: Vec<CallEnd> = scene.meter.drain().into_iter().map(|call| call.end).collect();
    assert!(matches!(ends[..], [CallEnd::Answered { .. }, CallEnd::Cached]), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn another_question_is_asked() {
    let scene = Scene::new();
    let cached = Cached::new(scene.over(&[("a", counting())]), scene.clock.clone(), CacheLimits::default());
    for (text, expected) in [("one", 0), ("other", 1), ("one", 0)] {
        assert_eq!(answer(&scene, &cached, &saying(text)).await, format!("{{\"call\": {expected}}}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_remembered() {
    let scene = Scene::new();
    let flaky = failing("a", vec![FailureClass::Auth.into()]);
    let cached = Cached::new(scene.over(&[("a", flaky)]), scene.clock.clone(), CacheLimits::default());
    assert!(scene.ask(&cached).await.is_err());
    assert!(scene.ask(&cached).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_grows_old() {
    let scene = Scene::new();
    let limits = CacheLimits { lasts: Duration::from_secs(60), ..CacheLimits::default() };
    let cached = Cached::new(scene.over(&[("a", counting())]), scene.clock.clone(), limits);
    for (advanced, expected) in [(0, 0), (59, 0), (1, 1), (59, 1)] {
        tokio::time::advance(Duration::from_secs(advanced)).await;
        assert_eq!(answer(&scene, &cached, &request()).await, format!("{{\"call\": {expected}}}"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_oldest_make_room() {
    let scene = Scene::new();
    for limits in
        [CacheLimits { entries: 2, ..CacheLimits::default() }, CacheLimits { bytes: 600, ..CacheLimits::default() }]
    {
        let cached = Cached::new(scene.over(&[("a", counting())]), scene.clock.clone(), limits);
        let mut answers = Vec::new();
        for text in ["1", "2", "3", "4", "5", "6", "1"] {
            answers.push(answer(&scene, &cached, &saying(text)).await);
        }
        assert_eq!(answers.last().unwrap(), "{\"call\": 6}", "{limits:?}");
        assert_eq!(answer(&scene, &cached, &saying("6")).await, "{\"call\": 5}", "{limits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_objected_to_is_asked_for_anew() {
    let scene = Scene::new();
    let cached = Cached::new(scene.over(&[("a", counting())]), scene.clock.clone(), CacheLimits::default());
    let first = answer(&scene, &cached, &saying("one")).await;
    let mut objecting = saying("one");
    objecting.messages.extend([LlmMessage::assistant(first), LlmMessage::user("That was refused.")]);
    assert_eq!(answer(&scene, &cached, &objecting).await, "{\"call\": 1}");
    assert_eq!(answer(&scene, &cached, &saying("one")).await, "{\"call\": 2}");
}

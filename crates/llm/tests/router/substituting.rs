//! Another backend in its place.

use std::time::Duration;

use selfheal_core::error::ErrorKind;
use selfheal_core::ports::{LlmRequest, ModelTier};
use selfheal_core::spending::{Amount, CallEnd};
use selfheal_llm::FailureClass;
use selfheal_llm::router::{BackendLimits, RouterError};

use crate::scene::{PLENTY, Scene, answering, broken, failing, request};

#[tokio::test(start_paused = true)]
async fn the_next_one_is_asked_when_one_fails_for_good() {
    for class in [
        FailureClass::Auth,
        FailureClass::BadRequest,
        FailureClass::NotFound,
        FailureClass::NotAnApi,
        FailureClass::NotJson,
        FailureClass::OutputLimit,
        FailureClass::QuotaExceeded,
        FailureClass::Refusal,
        FailureClass::TooLarge,
        FailureClass::Unsupported,
    ] {
        let scene = Scene::new();
        let router = scene.over(&[("a", broken("a", class)), ("b", answering("b"))]);
        assert_eq!(scene.ask(&router).await.unwrap().model, "b", "{class}");
        assert_eq!(scene.called(), ["a", "b"], "{class}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_too_long_goes_only_to_one_that_may_read_more() {
    let reading = |tokens| BackendLimits { context_tokens: Some(tokens), ..BackendLimits::default() };
    let scene = Scene::new();
    let router = scene
        .router()
        .backend("a", broken("a", FailureClass::ContextOverflow), reading(8_000))
        .backend("b", answering("b"), reading(8_000))
        .backend("c", answering("c"), reading(32_000));
    let router = router.tier(ModelTier::Large, &["a", "b"]).build().unwrap();
    assert_eq!(scene.ask(&router).await.unwrap().model, "c");
    assert_eq!(scene.called(), ["a", "c"]);
    let large = LlmRequest { tier: ModelTier::Large, ..request() };
    let error = selfheal_core::ports::LlmProvider::complete(&router, &large, &scene.meter).await.unwrap_err();
    let expected = "no large model answered: a: context_overflow: scripted; b: not called: it reads no more tokens";
    assert_eq!((error.message(), error.kind()), (expected, ErrorKind::LimitReached));
}

#[tokio::test(start_paused = true)]
async fn a_ceiling_is_reported_as_it_is_and_nobody_else_is_asked() {
    let scene = Scene::with(Amount { calls: 1, ..PLENTY });
    let router = scene.over(&[("a", failing("a", vec![FailureClass::Auth.into()])), ("b", answering("b"))]);
    let error = scene.ask(&router).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::LimitReached, "llm.budget"));
    assert_eq!(scene.called(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_keeps_failing_is_left_out_for_a_while_and_then_tried_once() {
    let scene = Scene::new();
    let once = BackendLimits { attempts: 1, breaker_failures: 2, ..BackendLimits::default() };
    let down = failing("a", vec![FailureClass::Unreachable.into(); 3]);
    let router = scene.router().backend("a", down, once.clone()).backend("b", answering("b"), once).build().unwrap();
    for _ in 0..4 {
        assert_eq!(scene.ask(&router).await.unwrap().model, "b");
    }
    assert_eq!(scene.called(), ["a", "b", "a", "b", "b", "b"], "open after two");
    tokio::time::advance(Duration::from_secs(30)).await;
    for _ in 0..2 {
        assert_eq!(scene.ask(&router).await.unwrap().model, "b");
    }
    assert_eq!(scene.called(), ["a", "b", "b"], "one trial, which failed");
    tokio::time::advance(Duration::from_secs(30)).await;
    for _ in 0..2 {
        assert_eq!(scene.ask(&router).await.unwrap().model, "a");
    }
}

#[tokio::test(start_paused = true)]
async fn the_record_tells_each_call_and_how_it_ended() {
    let scene = Scene::new();
    let router = scene.over(&[("a", broken("a", FailureClass::Auth)), ("b", answering("b"))]);
    scene.ask(&router).await.unwrap();
    let ends: Vec<CallEnd> = scene.meter.drain().into_iter().map(|call| call.end).collect();
    assert!(matches!(&ends[..], [CallEnd::Refused { why }, CallEnd::Answered { .. }] if why == "auth"), "{ends:?}");
}

#[test]
fn what_makes_no_sense_is_not_built() {
    let scene = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { Scene::new() });
    let usual = BackendLimits::default;
    let defect = |builder: selfheal_llm::router::RouterBuilder| builder.build().err().unwrap();
    assert_eq!(defect(scene.router()), RouterError::NoBackend { tier: ModelTier::Small });
    let twice = scene.router().backend("a", answering("a"), usual()).backend("a", answering("a"), usual());
    assert_eq!(defect(twice), RouterError::Twice { name: "a".to_owned() });
    let unknown = scene.router().backend("a", answering("a"), usual()).tier(ModelTier::Large, &["b"]);
    assert_eq!(defect(unknown), RouterError::Unknown { tier: ModelTier::Large, name: "b".to_owned() });
    let never = scene.router().backend("a", answering("a"), BackendLimits { attempts: 0, ..usual() });
    assert_eq!(defect(never).to_string(), "attempts of \"a\": expected 1 to 10");
}

//! The same backend once more.

use std::time::Duration;

use selfheal_core::error::{ErrorKind, Retry};
use selfheal_llm::router::BackendLimits;
use selfheal_llm::{Failure, FailureClass};

use crate::scene::{Scene, answering, broken, failing};

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_with_growing_waits() {
    for class in [
        FailureClass::Overloaded,
        FailureClass::RateLimited,
        FailureClass::Timeout,
        FailureClass::Truncated,
        FailureClass::Unreachable,
    ] {
        let scene = Scene::new();
        let router = scene.over(&[("a", failing("a", vec![class.into(); 2]))]);
        assert!(scene.ask(&router).await.is_ok(), "{class}");
        assert_eq!(scene.called(), ["a", "a", "a"], "{class}");
        let waited = scene.elapsed();
        assert!(waited >= Duration::from_millis(375) && waited <= Duration::from_millis(752), "{class}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_not_tried_for_ever() {
    let scene = Scene::new();
    let router = scene.over(&[("a", broken("a", FailureClass::Overloaded))]);
    let error = scene.ask(&router).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable));
    assert_eq!(error.message(), "no small model answered: a: overloaded: scripted (3 calls)");
    assert_eq!(scene.called().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_not_tried_again() {
    for class in [FailureClass::Auth, FailureClass::NotFound, FailureClass::QuotaExceeded, FailureClass::Refusal] {
        let scene = Scene::new();
        let router = scene.over(&[("a", broken("a", class))]);
        let error = scene.ask(&router).await.unwrap_err();
        assert_eq!((scene.called().len(), error.retry()), (1, Retry::Permanent), "{class}");
        assert_eq!(Failure::of(&error).map(|failure| failure.class), Some(class));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_is_left_alone_as_long_as_it_asks_for_by_everybody() {
    let scene = Scene::new();
    let failure = Failure { class: FailureClass::RateLimited, retry_after: Some(Duration::from_secs(5)) };
    let router = scene.over(&[("a", failing("a", vec![failure]))]);
    assert!(scene.ask(&router).await.is_ok());
    assert_eq!(scene.elapsed().as_secs(), 5);

    let (scene, busy) = (Scene::new(), failing("a", vec![failure]));
    let limits = BackendLimits { attempts: 1, ..BackendLimits::default() };
    let router = scene.router().backend("a", busy, limits).build().unwrap();
    assert!(scene.ask(&router).await.is_err(), "one attempt");
    assert!(scene.ask(&router).await.is_ok(), "another request waits too");
    assert_eq!(scene.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn while_another_can_be_asked_nobody_waits_long() {
    let scene = Scene::new();
    let failure = Failure { class: FailureClass::RateLimited, retry_after: Some(Duration::from_secs(20)) };
    let router = scene.over(&[("a", failing("a", vec![failure])), ("b", answering("b"))]);
    for _ in 0..2 {
        assert_eq!(scene.ask(&router).await.unwrap().model, "b");
    }
    assert_eq!(scene.called(), ["a", "b", "b"]);
    assert_eq!(scene.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_not_begun() {
    let scene = Scene::new();
    let failure = Failure { class: FailureClass::Overloaded, retry_after: Some(Duration::from_secs(60 * 60)) };
    let router = scene.over(&[("a", failing("a", vec![failure]))]);
    let error = scene.ask(&router).await.unwrap_err();
    assert_eq!(scene.elapsed(), Duration::ZERO);
    let expected = "no small model answered: a: overloaded: scripted, \
                    not called again: it wants to be left alone for 3600000 ms";
    assert_eq!(error.message(), expected);
}

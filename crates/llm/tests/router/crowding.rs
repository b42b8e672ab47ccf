//! Many requests at once.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::ports::{LlmProvider, LlmRequest};
use selfheal_llm::router::{BackendLimits, Router};

use crate::scene::{Scene, answering, request, slow};

/// Asks so often at once; how many were answered, and how long all took.
async fn at_once(scene: Scene, router: Router, count: usize, deadline: Duration) -> (usize, Duration) {
    let (scene, router) = (Arc::new(scene), Arc::new(router));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (scene, router) = (Arc::clone(&scene), Arc::clone(&router));
        let request = LlmRequest { deadline, ..request() };
        asking.spawn(async move { router.complete(&request, &scene.meter).await.is_ok() });
    }
    let answered = asking.join_all().await.into_iter().filter(|answered| *answered).count();
    (answered, scene.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_take_as_long_as_one() {
    let scene = Scene::new();
    let model = slow(&scene, "a", Duration::from_millis(20));
    let limits = BackendLimits { concurrent: 1_000, ..BackendLimits::default() };
    let router = scene.router().backend("a", model, limits).build().unwrap();
    let (answered, took) = at_once(scene, router, 1_000, Duration::from_secs(30)).await;
    assert_eq!(answered, 1_000);
    assert!(took <= Duration::from_millis(22), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_allowed_are_under_way() {
    let scene = Scene::new();
    let model = slow(&scene, "a", Duration::from_millis(20));
    let limits = BackendLimits { concurrent: 10, ..BackendLimits::default() };
    let router = scene.router().backend("a", model, limits).build().unwrap();
    let (answered, took) = at_once(scene, router, 100, Duration::from_secs(30)).await;
    assert_eq!(answered, 100);
    assert!(took >= Duration::from_millis(200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_place_in_time_goes_to_the_next() {
    let scene = Scene::new();
    let model = slow(&scene, "a", Duration::from_secs(15));
    let one = BackendLimits { concurrent: 1, ..BackendLimits::default() };
    let router = scene.router().backend("a", model, one.clone()).backend("b", answering("b"), one).build().unwrap();
    let (answered, took) = at_once(scene, router, 3, Duration::from_secs(60)).await;
    assert_eq!(answered, 3);
    assert_eq!(took.as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn calls_are_spaced_out() {
    let scene = Scene::new();
    let limits = BackendLimits { calls_per_minute: Some(6), ..BackendLimits::default() };
    let router = scene.router().backend("a", answering("a"), limits).build().unwrap();
    let (answered, took) = at_once(scene, router, 12, Duration::from_secs(35)).await;
    assert_eq!(answered, 4, "those that fit into the deadline");
    assert!(took <= Duration::from_secs(35), "{took:?}");
}

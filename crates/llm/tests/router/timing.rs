//! All of it ends within the request's deadline.

use std::time::Duration;

use proptest::prelude::*;
use selfheal_core::ports::{LlmProvider, LlmRequest};
use selfheal_llm::FailureClass;
use selfheal_llm::router::BackendLimits;
use selfheal_llm::testing::{Model, Reply};

use crate::scene::{Scene, answering, request, slow};

#[tokio::test(start_paused = true)]
async fn one_that_hangs_leaves_time_for_the_next() {
    let scene = Scene::new();
    let hanging = slow(&scene, "a", Duration::from_secs(60 * 60));
    let router = scene.over(&[("a", hanging), ("b", slow(&scene, "b", Duration::from_secs(5)))]);
    assert_eq!(scene.ask(&router).await.unwrap().model, "b");
    assert_eq!(scene.elapsed().as_secs(), 25, "two thirds of 30 s, and five");
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_alone_has_all_the_time_and_no_more() {
    let scene = Scene::new();
    let router = scene.over(&[("a", slow(&scene, "a", Duration::from_secs(60 * 60)))]);
    let error = scene.ask(&router).await.unwrap_err();
    assert_eq!(scene.elapsed().as_secs(), 30);
    assert!(error.message().contains("no answer within 30000 ms"), "{error}");
    let [call] = &scene.meter.drain()[..] else { panic!("one call was made") };
    assert_eq!(call.spent.tokens, 11 + 1024, "what it could have taken counts");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_without_time() {
    let scene = Scene::new();
    let router = scene.over(&[("a", answering("a"))]);
    let late = LlmRequest { deadline: Duration::ZERO, ..request() };
    let error = router.complete(&late, &scene.meter).await.unwrap_err();
    assert_eq!(error.message(), "no small model answered: a: not called: there is no time left");
    assert_eq!(scene.called().len(), 0);
}

/// What a call does.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Answers,
    Fails(FailureClass),
}

fn behaviours() -> impl Strategy<Value = Vec<(u64, Behaviour)>> {
    let classes = [
        FailureClass::Auth,
        FailureClass::BadRequest,
        FailureClass::ContextOverflow,
        FailureClass::Overloaded,
        FailureClass::RateLimited,
        FailureClass::Unreachable,
    ];
    let behaviour = prop_oneof![
        1 => Just(Behaviour::Answers),
        4 => proptest::sample::select(classes.to_vec()).prop_map(Behaviour::Fails),
    ];
    proptest::collection::vec((0u64..20_000, behaviour), 1..4)
}

proptest! {
    #[test]
    fn whatever_backends_do_the_deadline_holds(
        behaviours in behaviours(), deadline_ms in 0u64..60_000, retry_after_ms in 0u64..40_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let took = runtime.block_on(async {
            let scene = Scene::new();
            let mut builder = scene.router();
            for (place, (latency_ms, behaviour)) in behaviours.into_iter().enumerate() {
                let script = move |_: &LlmRequest, _: u64| match behaviour {
                    Behaviour::Answers => Reply::Says("{}".to_owned()),
                    Behaviour::Fails(class) => Reply::Fails(selfheal_llm::Failure {
                        class,
                        retry_after: (retry_after_ms > 0).then(|| Duration::from_millis(retry_after_ms)),
                    }),
                };
                let model = Model::new("m", script).slow(Duration::from_millis(latency_ms), scene.clock.clone());
                let limits = BackendLimits { calls_per_minute: Some(2), ..BackendLimits::default() };
                builder = builder.backend(&place.to_string(), std::sync::Arc::new(model), limits);
            }
            let router = builder.build().unwrap();
            let request = LlmRequest { deadline: Duration::from_millis(deadline_ms), ..request() };
            let _ = router.complete(&request, &scene.meter).await;
            scene.elapsed()
        });
        // Waits end at whole milliseconds.
        prop_assert!(took <= Duration::from_millis(deadline_ms + 2), "{took:?} of {deadline_ms} ms");
    }
}

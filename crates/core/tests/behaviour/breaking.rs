//! A port that fails again and again is left alone for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use selfheal_core::engine::Outcome;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::Clock;
use selfheal_core::testing::unavailable;

use crate::scene::{Remembering, Scene, signal};

fn limits() -> Limits {
    let port_backoff = Duration::ZERO;
    Limits { breaker_failures: 3, breaker_cooldown: Duration::from_secs(60), port_backoff, ..Limits::default() }
}

#[tokio::test]
async fn an_open_breaker_spares_the_next_incidents_the_calls_until_its_cool_down_is_over() {
    let scene = Scene::broken();
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    scene
        .executor
        .before(move |call| (call == "preview" && !is_up.load(Ordering::SeqCst)).then(|| unavailable("fake.preview")));
    let host = scene.knowing(&[&[("mode", "good")]]).limits(limits()).build().unwrap();
    let cancel = Cancellation::new();

    assert!(host.heal(signal(), &cancel).await.unwrap().trouble().is_some());
    assert_eq!(scene.executor.count("preview"), 3);
    up.store(true, Ordering::SeqCst);
    assert!(host.heal(signal(), &cancel).await.unwrap().trouble().is_some());
    assert_eq!(scene.executor.count("preview"), 3, "not called while the breaker is open");
    scene.clock.sleep_until(scene.clock.now().after(Duration::from_secs(61))).await;
    assert_eq!(host.heal(signal(), &cancel).await.unwrap().outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn taking_back_is_tried_however_many_calls_failed_before() {
    let scene = Scene::broken();
    scene.executor.before(|call| (call == "apply 1").then(|| unavailable("fake.apply")));
    let report = scene.heal(scene.knowing(&[&[("a", "1"), ("mode", "good")]]).limits(limits())).await;
    assert!(report.trouble().is_some());
    assert_eq!(scene.executor.count("undo 0"), 1);
    assert_eq!(scene.world.get("a"), None);
}

#[tokio::test]
async fn a_memory_out_of_reach_costs_its_knowledge_but_not_the_heal() {
    let scene = Scene::broken();
    let memory = Arc::new(Remembering::default());
    memory.before(|_| Some(unavailable("memory")));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).memory(memory.clone()).limits(limits())).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(memory.lessons().is_empty());
}

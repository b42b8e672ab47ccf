//! A step whose answer was lost is looked at, never guessed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use selfheal_core::engine::{Outcome, TriedResult, Trouble};
use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::testing::unavailable;

use crate::scene::Scene;

fn lost() -> Error {
    Error::new(ErrorKind::Unavailable, "fake.apply", "the connection broke").with_retry(Retry::UnknownOutcome)
}

fn lost_once(call: &str, times: &AtomicU32) -> Option<Error> {
    (call == "apply 0" && times.fetch_add(1, Ordering::SeqCst) == 0).then(lost)
}

#[tokio::test]
async fn a_step_that_had_happened_is_not_sent_again() {
    let scene = Scene::broken();
    let times = AtomicU32::new(0);
    scene.executor.after(move |call| lost_once(call, &times));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.calls(), ["preview", "rehearse", "apply 0", "probe 0", "settle"]);
}

#[tokio::test]
async fn a_step_that_is_absent_is_sent_again() {
    let scene = Scene::broken();
    let times = AtomicU32::new(0);
    scene.executor.before(move |call| lost_once(call, &times));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.calls(), ["preview", "rehearse", "apply 0", "probe 0", "apply 0", "settle"]);
}

#[tokio::test]
async fn a_step_that_is_lost_and_absent_again_and_again_ends() {
    let scene = Scene::broken();
    scene.executor.before(|call| (call == "apply 0").then(lost));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::ApplyFailed { .. })), "{:?}", report.trouble());
    assert_eq!(scene.executor.count("apply 0"), 3, "calls_per_visit");
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_diverged_step_is_compensated_and_escalates() {
    let scene = Scene::broken();
    let world = scene.world.clone();
    scene.executor.after(move |call| {
        if call == "apply 1" {
            world.set("mode", "neither");
            return Some(lost());
        }
        None
    });
    let report = scene.heal(scene.knowing(&[&[("a", "1"), ("mode", "good")]])).await;
    assert_eq!(report.tried()[0].result, TriedResult::Stuck);
    assert_eq!(scene.mode(), "neither", "somebody else's value stays");
    assert!(matches!(report.trouble(), Some(Trouble::ForeignChange { .. })), "{:?}", report.trouble());
}

#[tokio::test]
async fn a_step_that_cannot_be_looked_at_is_taken_back() {
    let scene = Scene::broken();
    scene.executor.after(|call| match call {
        "apply 0" => Some(lost()),
        "probe 0" => Some(unavailable("fake.probe")),
        _ => None,
    });
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::UnknownOutcome { .. })), "{:?}", report.trouble());
    assert_eq!(scene.executor.count("undo 0"), 1);
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_step_that_may_have_happened_is_taken_back_when_the_host_stops() {
    let scene = Scene::broken();
    let cancel = Arc::new(Cancellation::new());
    let stop = cancel.clone();
    scene.executor.after(move |call| {
        (call == "apply 0").then(|| {
            stop.cancel();
            lost()
        })
    });
    let report = scene.heal_until(scene.knowing(&[&[("mode", "good")]]), &cancel).await;
    assert_eq!(report.outcome(), Some(&Outcome::Interrupted));
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_probe_that_can_not_tell_what_became_of_its_run_is_not_asked_to_run_again() {
    let scene = Scene::broken();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = asked.clone();
    scene.probe.before(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Some(lost())
    });
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::UnknownOutcome { .. })), "{:?}", report.trouble());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!((scene.mode().as_str(), report.tried()[0].result), ("bad", TriedResult::RolledBack));
}

#[tokio::test]
async fn what_a_port_says_of_its_failure_is_redacted_before_it_is_journaled() {
    let scene = Scene::broken();
    let secret = "https://ci:Xk93hfQz0w8LmVbT@registry.example.org/";
    scene.executor.before(move |call| {
        (call == "preview").then(|| Error::new(ErrorKind::Unavailable, "fake.preview", format!("GET {secret} failed")))
    });
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    let records = serde_json::to_string(&scene.records().await).unwrap();
    assert!(records.contains("GET <secret"), "{records}");
    assert!(!records.contains("Xk93hfQz0w8LmVbT") && !format!("{report:?}").contains("Xk93hfQz0w8LmVbT"));
}

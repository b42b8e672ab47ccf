//! A multi-step plan is a saga: what fails is taken back in reverse, and never over somebody else's change.

use selfheal_core::engine::{Outcome, TriedResult, Trouble};
use selfheal_core::error::{Error, ErrorKind};

use crate::scene::{Scene, escalated};

const THREE_STEPS: &[(&str, &str)] = &[("a", "1"), ("b", "2"), ("mode", "worse")];

fn broken_disk(call: &str, at: &str) -> Option<Error> {
    (call == at).then(|| Error::new(ErrorKind::Internal, "fake.apply", "no space left"))
}

#[tokio::test]
async fn a_plan_that_does_not_heal_is_undone_last_step_first() {
    let scene = Scene::broken();
    let before = scene.world.snapshot();
    let report = scene.heal(scene.knowing(&[THREE_STEPS])).await;
    assert_eq!(report.tried()[0].result, TriedResult::RolledBack);
    assert_eq!(scene.world.snapshot(), before);
    let calls = ["preview", "rehearse", "apply 0", "apply 1", "apply 2", "undo 2", "undo 1", "undo 0", "settle"];
    assert_eq!(scene.executor.calls(), calls);
}

#[tokio::test]
async fn a_step_that_fails_takes_back_those_before_it_and_the_next_remedy_is_tried() {
    let scene = Scene::broken();
    scene.executor.before(|call| broken_disk(call, "apply 1"));
    let report = scene.heal(scene.knowing(&[&[("a", "1"), ("mode", "good")], &[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(report.tried()[0].result, TriedResult::RolledBack);
    assert!(report.tried()[0].reason.contains("no space left"), "{}", report.tried()[0].reason);
    assert_eq!(scene.world.get("a"), None, "the first plan's step was taken back");
    assert_eq!(scene.executor.count("undo 0"), 1);
}

#[tokio::test]
async fn a_first_step_that_fails_changed_nothing_and_is_not_undone() {
    let scene = Scene::broken();
    scene.executor.before(|call| broken_disk(call, "apply 0"));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::RemediesUsedUp));
    assert_eq!(report.tried()[0].result, TriedResult::Rejected);
    assert_eq!(scene.executor.count("undo 0"), 0);
}

#[tokio::test]
async fn a_change_between_preview_and_application_is_not_overwritten() {
    let scene = Scene::broken();
    let world = scene.world.clone();
    scene.executor.after(move |call| {
        if call == "rehearse" {
            world.set("mode", "set by hand");
        }
        None
    });
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::ForeignChange { .. })), "{:?}", report.trouble());
    assert_eq!(scene.mode(), "set by hand");
}

#[tokio::test]
async fn a_foreign_change_stops_the_compensation_and_escalates() {
    let scene = Scene::broken();
    let world = scene.world.clone();
    scene.executor.after(move |call| {
        if call == "undo 2" {
            world.set("b", "set by hand");
        }
        None
    });
    let report = scene.heal(scene.knowing(&[THREE_STEPS, &[("mode", "good")]])).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::ForeignChange { what: "b".to_owned() }));
    assert_eq!(report.tried().last().unwrap().result, TriedResult::Stuck);
    assert_eq!(scene.world.get("b").as_deref(), Some("set by hand"));
    assert_eq!(scene.executor.count("undo 0"), 0, "nothing is taken back below a foreign change");
    assert_eq!(scene.executor.count("preview"), 1, "nothing else is tried on a world that somebody is changing");
}

#[tokio::test]
async fn an_undo_that_fails_is_told_as_what_it_is() {
    let scene = Scene::broken();
    scene.executor.before(|call| broken_disk(call, "undo 0"));
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::UndoFailed { .. })), "{:?}", report.trouble());
    assert_eq!(report.tried()[0].result, TriedResult::Stuck);
}

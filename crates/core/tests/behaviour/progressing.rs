//! A plan that moves the failure on is kept and extended; one that doesn't is not.

use std::sync::Arc;

use selfheal_core::engine::{Outcome, TriedResult, Trouble};
use selfheal_core::facts::Facts;
use selfheal_core::orchestrator::OrchestratorBuilder;
use selfheal_core::ports::Rehearsal;
use selfheal_core::testing::AllowAll;

use crate::scene::{KnownLines, Scene, escalated, evidence, hypothesis};

fn says(line: &str) -> Rehearsal {
    Rehearsal::Failed { facts: Facts::new(), evidence: vec![evidence(line)] }
}

fn knowing(scene: &Scene, known: KnownLines) -> OrchestratorBuilder {
    scene.host().policy(Arc::new(AllowAll)).runbooks(Arc::new(known))
}

fn written(report: &selfheal_core::orchestrator::Report) -> Vec<String> {
    let steps = |tried: &selfheal_core::engine::Tried| {
        let pairs = tried
            .proposal
            .plan
            .steps
            .iter()
            .map(|step| format!("{}={}", step.action.text("key").unwrap(), step.action.text("value").unwrap()));
        pairs.collect::<Vec<_>>().join(" ")
    };
    report.tried().iter().map(steps).collect()
}

#[tokio::test]
async fn the_second_failure_behind_the_first_is_mended_by_one_plan_with_both_steps() {
    let scene = Scene::rehearsing(vec![says("error: token is missing")]);
    let known = KnownLines(vec![
        ("error: mode is bad", hypothesis("bad_mode", &[&[("mode", "good")]])),
        ("error: token is missing", hypothesis("no_token", &[&[("token", "t")]])),
    ]);
    let report = scene.heal(knowing(&scene, known)).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(written(&report), ["mode=good", "mode=good token=t"]);
    assert_eq!(report.tried()[1].result, TriedResult::Applied);
    assert_eq!(
        report.diagnosis().unwrap().best().unwrap().cause.kind,
        "bad_mode",
        "the report is about what the user saw"
    );
}

#[tokio::test]
async fn a_plan_that_leaves_the_same_failure_is_not_built_upon() {
    let scene = Scene::rehearsing(vec![says("error: mode is bad")]);
    let remedies: &[&[(&str, &str)]] = &[&[("mode", "worse")], &[("mode", "good")]];
    let known = KnownLines(vec![("error: mode is bad", hypothesis("bad_mode", remedies))]);
    let report = scene.heal(knowing(&scene, known)).await;
    assert_eq!(written(&report), ["mode=worse", "mode=good"]);
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn where_the_second_failure_has_no_remedy_the_first_one_s_other_remedies_are_tried() {
    let scene = Scene::rehearsing(vec![says("error: token is missing")]);
    let remedies: &[&[(&str, &str)]] = &[&[("mode", "fancy")], &[("mode", "good")]];
    let known = KnownLines(vec![
        ("error: mode is bad", hypothesis("bad_mode", remedies)),
        ("error: token is missing", hypothesis("no_token", &[])),
    ]);
    let report = scene.heal(knowing(&scene, known)).await;
    assert_eq!(written(&report), ["mode=fancy", "mode=good"]);
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn two_failures_that_hide_each_other_do_not_go_round_for_ever() {
    let scene = Scene::rehearsing(vec![
        says("error: b"),
        says("error: mode is bad"),
        says("error: b"),
        says("error: mode is bad"),
    ]);
    let known = KnownLines(vec![
        ("error: mode is bad", hypothesis("bad_mode", &[&[("x", "1")]])),
        ("error: b", hypothesis("b", &[&[("y", "1")]])),
    ]);
    let report = scene.heal(knowing(&scene, known)).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::RemediesUsedUp));
    assert_eq!(written(&report), ["x=1", "x=1 y=1"]);
}

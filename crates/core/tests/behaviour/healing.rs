//! Healed is what a probe observed after the plan was applied, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::criterion::Observation;
use selfheal_core::engine::{Event, Outcome, Trouble};
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::OrchestratorBuilder;
use selfheal_core::testing::{AllowAll, ScriptedProbe, ScriptedRunbooks};

use crate::scene::{Pager, Scene, escalated, hypothesis};

fn watched_by(scene: &Scene, probe: ScriptedProbe) -> OrchestratorBuilder {
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
    selfheal_core::orchestrator::Orchestrator::builder()
        .policy(Arc::new(AllowAll))
        .executor(scene.executor.clone())
        .runbooks(Arc::new(runbooks))
        .probe(Arc::new(probe))
        .clock(scene.clock.clone())
        .journal(scene.journal.clone())
}

#[tokio::test]
async fn a_known_failure_is_planned_rehearsed_applied_and_verified() {
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.mode(), "good");
    assert_eq!(scene.executor.calls(), ["preview", "rehearse", "apply 0", "settle"]);
    assert_eq!(report.category().as_str(), "missing_configuration");
}

#[tokio::test]
async fn an_applied_plan_whose_probe_stays_unhealthy_is_taken_back() {
    let scene = Scene::broken();
    let report = scene.heal(watched_by(&scene, ScriptedProbe::healthy(&[false]))).await;
    assert_eq!(report.trouble(), Some(&Trouble::RemediesUsedUp));
    assert_eq!(scene.mode(), "bad");
    assert_eq!(scene.executor.count("undo 0"), 1);
}

#[tokio::test]
async fn no_data_is_never_healed() {
    let scene = Scene::broken();
    let silence = Observation::NoData { why: "the metrics server does not answer".to_owned() };
    let report = scene.heal(watched_by(&scene, ScriptedProbe::new(vec![silence]))).await;
    assert_eq!(report.trouble(), Some(&Trouble::RemediesUsedUp));
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn every_observation_of_the_stability_window_must_be_healthy() {
    let interval = Duration::from_secs(30);
    let limits = Limits { stability_observations: 3, stability_interval: interval, ..Limits::default() };
    let relapsing = Scene::broken();
    let host = watched_by(&relapsing, ScriptedProbe::healthy(&[true, true, false]));
    assert_eq!(relapsing.heal(host.limits(limits.clone())).await.trouble(), Some(&Trouble::RemediesUsedUp));
    assert_eq!(relapsing.mode(), "bad");

    let stable = Scene::broken();
    let host = watched_by(&stable, ScriptedProbe::healthy(&[true]));
    assert_eq!(stable.heal(host.limits(limits)).await.outcome(), Some(&Outcome::Healed));
    let last = stable.records().await.pop().unwrap();
    assert_eq!(last.at.as_millis(), 60_000, "three observations lie two intervals apart");
}

#[tokio::test]
async fn what_nothing_explains_escalates_untouched_and_a_person_is_told() {
    let scene = Scene::broken();
    let pager = Arc::new(Pager::default());
    let report = scene.heal(scene.host().policy(Arc::new(AllowAll)).notifier(pager.clone())).await;
    let told = Outcome::Escalated { because: Trouble::Unexplained, acknowledged: true };
    assert_eq!(report.outcome(), Some(&told));
    assert_eq!(scene.executor.calls(), ["settle"]);
    let pages = pager.0.lock().unwrap();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].incident, report.incident().id);
}

#[tokio::test]
async fn what_is_explained_without_a_remedy_says_so() {
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(&[])).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::NoRemedy));
    assert!(!scene.events().await.contains(&Event::Intended), "nothing was ever about to happen");
}

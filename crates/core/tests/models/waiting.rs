//! Models that are late, fail, or have defects: the heal ends in time, by people.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::engine::{ConsultationEnd, Outcome, Trouble};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::limits::{Limits, ModelLimits};
use selfheal_core::orchestrator::OrchestratorBuilder;
use selfheal_core::spending::{Amount, Ceilings};
use selfheal_core::testing::TokioClock;
use tokio::time::Instant;

use crate::scene::{LOG, Said, Scene, end_of, well};

/// Time passes as tokio's does.
fn in_time(scene: &Scene) -> OrchestratorBuilder {
    scene.host.builder().model(scene.model.clone()).clock(Arc::new(TokioClock::default()))
}

/// A model that takes as long as they do: the small 300 ms, the large 900.
fn slow() -> Scene {
    Scene::of(|agent, _| {
        let takes = if ["classifier", "auditor"].contains(&agent) { 300 } else { 900 };
        Said::Late(takes, Box::new(well(agent)))
    })
}

#[tokio::test(start_paused = true)]
async fn the_classifier_costs_no_time_of_its_own() {
    let scene = slow();
    let begun = Instant::now();
    let report = scene.heal(in_time(&scene), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(begun.elapsed().as_millis() / 10, (900 + 900 + 300) / 10);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_past_the_deadline() {
    let scene = Scene::of(|_, _| Said::Late(3_600_000, Box::new(Said::Text(String::new()))));
    let models = ModelLimits {
        small_deadline: Duration::from_secs(5),
        large_deadline: Duration::from_secs(20),
        ..ModelLimits::default()
    };
    let begun = Instant::now();
    let host = in_time(&scene).limits(Limits { models, ..Limits::default() });
    let report = scene.heal(host, LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { because: Trouble::Unexplained, .. })));
    assert!(begun.elapsed() <= Duration::from_secs(21), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_provider_that_fails_or_has_a_defect_leaves_it_to_people() {
    let down = || Said::Fails(Error::new(ErrorKind::Unavailable, "llm.complete", "the server is out of reach"));
    let scenes = [Scene::of(move |_, _| down()), Scene::of(|_, _| Said::Panics)];
    for scene in scenes {
        let report = scene.heal(scene.builder(), LOG).await;
        assert!(matches!(report.outcome(), Some(Outcome::Escalated { because: Trouble::Unexplained, .. })));
        let end = end_of("analyst", &scene.consultations().await);
        assert!(matches!(end, ConsultationEnd::Failed { .. }), "{end:?}");
        assert_eq!(scene.model.asked("analyst").len(), 1, "an error is not answered by asking again");
    }
}

#[tokio::test]
async fn a_classifier_that_fails_does_not_stop_the_analyst() {
    let scene = Scene::but(|agent, _| (agent == "classifier").then_some(Said::Panics));
    let report = scene.heal(scene.builder(), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn an_incident_stays_within_its_ceiling() {
    let scene = Scene::of(|_, _| Said::Text("no".to_owned()));
    let per_incident = Amount { calls: 3, ..Ceilings::default().per_incident };
    let models = ModelLimits { ceilings: Ceilings { per_incident, ..Ceilings::default() }, ..ModelLimits::default() };
    let report = scene.heal(scene.builder().limits(Limits { models, ..Limits::default() }), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
    assert_eq!(scene.model.agents().len(), 3);
    assert_eq!(report.state.counters.spent.calls, 3);
}

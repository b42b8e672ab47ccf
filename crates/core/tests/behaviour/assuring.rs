//! The healer acts by itself only where it is sure enough.

use std::sync::Arc;

use selfheal_core::confidence::Autonomy;
use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Outcome, Phase, TriedResult, Trouble};
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::{BuildError, Cancellation, Report};
use selfheal_core::ports::Rehearsal;
use selfheal_core::resource::Environment;

use crate::scene::{Answers, Remembering, Scene, signal};

async fn heal_in(scene: &Scene, environment: Environment, answers: Answers) -> Report {
    let host = scene.knowing(&[&[("mode", "good")]]).approver(Arc::new(answers));
    let signal = Signal { environment, ..signal() };
    host.build().unwrap().heal(signal, &Cancellation::new()).await.unwrap()
}

#[tokio::test]
async fn a_first_heal_that_was_verified_on_a_copy_asks_nobody_where_no_customer_is() {
    for environment in [Environment::Dev, Environment::Staging] {
        let scene = Scene::broken();
        let report = heal_in(&scene, environment, Answers::new(&[Answers::no])).await;
        assert_eq!(report.outcome(), Some(&Outcome::Healed));
    }
}

#[tokio::test]
async fn without_a_rehearsal_or_in_production_a_person_is_asked_first() {
    let unsupported = || vec![Rehearsal::Unsupported { why: "no copy".to_owned() }];
    for (scene, environment) in [
        (Scene::rehearsing(unsupported()), Environment::Dev),
        (Scene::broken(), Environment::Production),
        (Scene::broken(), Environment::Other("a place that nobody named".to_owned())),
    ] {
        let report = heal_in(&scene, environment, Answers::new(&[Answers::later])).await;
        assert!(matches!(report.state.phase, Phase::AwaitingApproval { .. }));
        let decision = report.state.proposal.as_ref().and_then(|proposal| proposal.decision.clone()).unwrap();
        assert_eq!(decision.verdict, Verdict::RequireApproval);
        assert!(decision.rules.iter().any(|voice| voice.rule == "autonomy/confidence"), "{:?}", decision.rules);
        assert!(!decision.to_be_allowed.is_empty() && decision.assurance.is_some());
        assert_eq!(scene.mode(), "bad");
    }
}

#[tokio::test]
async fn whoever_agrees_lets_it_go_on() {
    let scene = Scene::broken();
    let report = heal_in(&scene, Environment::Production, Answers::new(&[Answers::yes])).await;
    assert_eq!((report.outcome(), scene.mode().as_str()), (Some(&Outcome::Healed), "good"));
}

#[tokio::test]
async fn failures_of_a_kind_of_fix_cost_it_its_autonomy() {
    let memory = Arc::new(Remembering::default());
    for _ in 0..3 {
        let scene = Scene::broken();
        let report = scene.heal(scene.knowing(&[&[("mode", "worse")]]).memory(memory.clone())).await;
        assert_eq!(report.tried()[0].result, TriedResult::RolledBack);
    }
    let scene = Scene::broken();
    let host = scene.knowing(&[&[("mode", "good")]]).memory(memory).approver(Arc::new(Answers::new(&[Answers::no])));
    let signal = Signal { environment: Environment::Staging, ..signal() };
    let report = host.build().unwrap().heal(signal, &Cancellation::new()).await.unwrap();
    assert!(matches!(report.trouble(), Some(Trouble::Refused { .. })), "{:?}", report.outcome());
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn failed_rehearsals_harm_nobody_and_cost_nothing() {
    let memory = Arc::new(Remembering::default());
    for value in ["a", "b", "c"] {
        let failed = Rehearsal::Failed { facts: Default::default(), evidence: Vec::new() };
        let scene = Scene::rehearsing(vec![failed]);
        scene.heal(scene.knowing(&[&[("mode", value)]]).memory(memory.clone())).await;
    }
    let scene = Scene::broken();
    let host = scene.knowing(&[&[("mode", "good")]]).memory(memory);
    assert_eq!(scene.heal(host).await.outcome(), Some(&Outcome::Healed));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let scene = Scene::broken();
    let autonomy = Autonomy { threshold: 2.0, ..Autonomy::default() };
    let refused = scene.knowing(&[]).autonomy(autonomy).build().err();
    assert!(matches!(refused, Some(BuildError::Autonomy(_))), "{refused:?}");
}

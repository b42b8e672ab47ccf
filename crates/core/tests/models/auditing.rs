//! The second opinion: it can only make people look.

use std::sync::Arc;

use selfheal_core::action::Value;
use selfheal_core::diagnosis::ParameterSource;
use selfheal_core::engine::Outcome;
use selfheal_core::testing::SET_VALUE;
use serde_json::json;

use crate::scene::{Known, LOG, Said, Scene, offer};

#[tokio::test]
async fn an_objection_is_heard_before_anything_is_applied() {
    let scene = Scene::but(|agent, _| {
        (agent == "auditor").then(|| Said::Json(json!({ "objects": true, "because": "it hides\nthe failure" })))
    });
    let report = scene.heal(scene.builder(), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
    assert_eq!(scene.host.mode(), "bad");
    let opinion = scene.consultations().await.into_iter().find_map(|asked| asked.opinion).unwrap();
    assert_eq!((opinion.because.read().as_str(), opinion.model.as_str()), ("it hides the failure", "m-1"));
}

#[tokio::test]
async fn an_objection_without_a_reason_and_no_answer_are_no_agreement() {
    for said in [json!({ "objects": true, "because": " " }), json!({ "objects": false }), json!("approved")] {
        let scene = Scene::but(move |agent, _| (agent == "auditor").then(|| Said::Json(said.clone())));
        let report = scene.heal(scene.builder(), LOG).await;
        assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
        assert_eq!(scene.host.mode(), "bad");
    }
}

#[tokio::test]
async fn it_sees_the_steps_with_where_each_value_comes_from_and_what_they_change() {
    let scene = Scene::but(|_, _| None);
    scene.heal(scene.builder(), LOG).await;
    let prompt = scene.model.prompt("auditor", 0);
    for line in [
        "1. set_value",
        "   key = mode (configured)",
        "   value = good (extracted)",
        "mode becomes good",
        "  -bad",
        "  +good",
    ] {
        assert!(prompt.lines().any(|shown| shown == line), "{line}:\n{prompt}");
    }
    assert!(!prompt.contains("is not known; known modes"), "it reads no log");
}

#[tokio::test]
async fn no_objection_to_what_was_not_shown_whole_is_none() {
    let text = |text: &str| ParameterSource::Value(Value::Text(text.to_owned()));
    let long = format!("good{}", " x".repeat(400));
    let offered = offer("long/1", vec![], None, SET_VALUE, &[("key", text("mode")), ("value", text(&long))]);
    let chosen = json!({ "choice": "long/1", "inputs": [], "rationale": "it is wrong", "advice": "" });
    let scene = Scene::but(move |agent, _| (agent == "strategist").then(|| Said::Json(chosen.clone())));
    let report = scene.heal(scene.builder().repertoire(Arc::new(Known(vec![offered]))), LOG).await;
    let opinion = report.tried()[0].proposal.opinion.as_ref().unwrap();
    assert!(opinion.objects && opinion.because.read().contains("too long"), "{opinion:?}");
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })), "{:?}", report.outcome());
    assert_eq!(scene.host.mode(), "bad");
}

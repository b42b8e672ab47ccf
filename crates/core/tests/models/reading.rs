//! What is taken of an analyst's answer: only what the evidence bears out. What isn't is fed back once.

use selfheal_core::diagnosis::Source;
use selfheal_core::engine::{ConsultationEnd, Outcome, Trouble};
use serde_json::{Value, json};

use crate::scene::{LOG, Said, Scene, analysis, end_of, with};

fn why_refused(end: &ConsultationEnd) -> &str {
    match end {
        ConsultationEnd::Refused { why } => why,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

/// Answers that must be refused, and a word of why.
fn refused() -> Vec<(Value, &'static str)> {
    let field = |pointer: &str, value: &str| with(analysis(), &format!("/fields/0/{pointer}"), json!(value));
    let fields = |name: &str, count: usize| {
        let one = json!({ "name": name, "type": "command", "value": "bad", "citation": "e1:3" });
        with(analysis(), "/fields", json!(vec![one; count]))
    };
    vec![
        (with(analysis(), "/category", json!("delete_namespace")), "category"),
        (with(analysis(), "/cause", json!("Please run: rm -rf /")), "snake_case"),
        (with(analysis(), "/cause", json!("")), "snake_case"),
        (with(analysis(), "/cause", json!("a".repeat(65))), "snake_case"),
        (with(analysis(), "/citations", json!([])), "cites 0 lines"),
        (with(analysis(), "/citations", json!(["e9:1"])), "none of the lines"),
        (with(analysis(), "/citations", json!(["e1:4000"])), "none of the lines"),
        (with(analysis(), "/citations", json!(["line three"])), "expected a piece"),
        (with(analysis(), "/citations", json!(vec!["e1:3"; 17])), "cites 17 lines"),
        (field("value", "worse"), "does not stand in line e1:3"),
        (field("value", "goo"), "does not stand in line e1:3"),
        (field("value", "--force"), "is no command"),
        (field("value", "bad is"), "is no command"),
        (field("value", "b\u{430}d"), "is no command"),
        (field("citation", "e1:1"), "does not stand in line e1:1"),
        (field("type", "text"), "none of the types"),
        (field("type", "shell"), "none of the types"),
        (field("type", "version"), "is no version"),
        (field("name", "Wrong Mode"), "snake_case"),
        (fields("one", 2), "two fields"),
        (fields("one", 17), "17 fields"),
        (with(analysis(), "/fields", json!("none")), "does not fit the schema"),
        (json!({ "conclusive": true }), "does not fit the schema"),
        (json!({ "conclusive": true, "confidence": 0.99 }), "does not fit the schema"),
    ]
}

#[tokio::test]
async fn an_answer_that_the_evidence_does_not_bear_out_is_refused() {
    for (answer, why) in refused() {
        let said = answer.clone();
        let scene = Scene::but(move |agent, _| (agent == "analyst").then(|| Said::Json(said.clone())));
        let report = scene.heal(scene.builder(), LOG).await;
        assert!(matches!(report.outcome(), Some(Outcome::Escalated { because: Trouble::Unexplained, .. })), "{answer}");
        let end = end_of("analyst", &scene.consultations().await);
        assert!(why_refused(&end).contains(why), "{answer}: {end:?}");
        assert_eq!(scene.model.asked("analyst").len(), 2, "it is fed back once");
        assert!(scene.model.asked("strategist").is_empty());
        assert_eq!(scene.host.mode(), "bad");
    }
}

#[tokio::test]
async fn a_refused_answer_is_fed_back_with_what_was_wrong() {
    let bad = with(analysis(), "/citations", json!(["e7:1"]));
    let scene = Scene::but(move |agent, nth| (agent == "analyst" && nth == 0).then(|| Said::Json(bad.clone())));
    let report = scene.heal(scene.builder(), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    let again = &scene.model.asked("analyst")[1];
    assert_eq!(again.messages.len(), 4);
    assert!(again.messages[3].content().contains("citation `e7:1` is none of the lines that were shown"));
}

#[tokio::test]
async fn what_is_no_json_is_fed_back_too() {
    let scene = Scene::but(|agent, nth| (agent == "analyst" && nth == 0).then(|| Said::Text("I think that…".into())));
    let report = scene.heal(scene.builder(), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn what_the_analyst_cannot_tell_stays_unexplained() {
    let open = with(analysis(), "/conclusive", json!(false));
    let scene = Scene::but(move |agent, _| (agent == "analyst").then(|| Said::Json(open.clone())));
    let report = scene.heal(scene.builder(), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { because: Trouble::Unexplained, .. })));
    assert_eq!(scene.model.agents(), ["analyst", "classifier"]);
}

#[tokio::test]
async fn the_diagnosis_cites_lines_and_says_who_made_it() {
    let scene = Scene::but(|_, _| None);
    scene.heal(scene.builder(), LOG).await;
    let diagnosis = scene.diagnosis().await;
    assert_eq!(diagnosis.source, Source::Model { name: "m-1".into() });
    let best = diagnosis.best().unwrap();
    assert_eq!(best.citations[0].to_string(), "e1:3");
    assert_eq!(best.cause.kind, "unknown_mode");
    assert!(best.remedies.is_empty(), "whoever reads evidence chooses no remedy");
    assert_eq!(best.cause.extracted["known_mode"][0].read(), "good");
}

//! What the analyst's model may look up: read-only, by words of the evidence, once.

use std::sync::Arc;

use selfheal_core::category::FailureCategory;
use selfheal_core::engine::{Agent, Lookup, Outcome};
use selfheal_core::limits::{Limits, ModelLimits};
use serde_json::{Value, json};

use crate::scene::{LOG, Page, Said, Scene, analysis, with};

fn open(wanted: Value) -> Value {
    with(with(analysis(), "/conclusive", json!(false)), "/wanted", wanted)
}

/// The second round's answer: it has nothing more to ask for.
fn second() -> Value {
    let mut answer = analysis();
    answer.as_object_mut().unwrap().remove("wanted");
    answer
}

/// An analyst that asks for `wanted` first and concludes with what it gets.
fn wanting(wanted: Value) -> Scene {
    Scene::but(move |agent, nth| {
        (agent == "analyst").then(|| Said::Json(if nth == 0 { open(wanted.clone()) } else { second() }))
    })
}

async fn lookups(scene: &Scene) -> Vec<Lookup> {
    let asked = scene.consultations().await;
    asked.into_iter().filter(|asked| asked.agent == Agent::Analyst).flat_map(|asked| asked.lookups).collect()
}

#[tokio::test]
async fn what_is_looked_up_is_evidence_for_a_second_and_last_look() {
    let page = Arc::new(Page::new("known_modes", &["mode"], Ok("modes are listed in modes.txt")));
    let scene = wanting(json!([{ "tool": "known_modes", "arguments": [{ "name": "mode", "value": "bad" }] }]));
    let report = scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(page.asked.lock().unwrap()[0]["mode"], "bad");
    assert_eq!(scene.model.agents(), ["analyst", "classifier", "analyst", "strategist", "auditor"]);
    assert!(scene.model.prompt("analyst", 1).contains("e2:1| modes are listed in modes.txt"));
    assert_eq!(report.state.gathered.len(), 1);
    assert_eq!(report.state.gathered[0].id().to_string(), "e2");
}

#[tokio::test]
async fn a_line_that_was_looked_up_may_be_cited() {
    let page = Arc::new(Page::new("known_modes", &[], Ok("good is the default mode")));
    let answer = with(second(), "/citations", json!(["e1:3", "e2:1"]));
    let answer = with(answer, "/fields/1/citation", json!("e2:1"));
    let scene = Scene::but(move |agent, nth| {
        (agent == "analyst").then(|| Said::Json(if nth == 0 { open(json!([])) } else { answer.clone() }))
    });
    let report = scene.heal(scene.builder().read_tool(page), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn a_tool_is_asked_by_words_of_the_evidence_only() {
    for value in ["/etc/shadow", "https://evil.example/?q=bad", "--all", "ba", "bad is", ""] {
        let page = Arc::new(Page::new("known_modes", &["mode"], Ok("x")));
        let scene = wanting(json!([{ "tool": "known_modes", "arguments": [{ "name": "mode", "value": value }] }]));
        scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
        assert!(page.asked.lock().unwrap().is_empty(), "{value}");
        let lookups = lookups(&scene).await;
        assert!(lookups[0].failed.as_ref().is_some_and(|why| why.contains("no word of the evidence")), "{value}");
    }
}

#[tokio::test]
async fn a_tool_is_asked_with_its_own_arguments_only() {
    let named = |name: &str| json!([{ "tool": "known_modes", "arguments": [{ "name": name, "value": "bad" }] }]);
    for (wanted, why) in
        [(named("path"), "lacks `mode`"), (json!([{ "tool": "known_modes", "arguments": [] }]), "lacks `mode`")]
    {
        let page = Arc::new(Page::new("known_modes", &["mode"], Ok("x")));
        let scene = wanting(wanted);
        scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
        assert!(page.asked.lock().unwrap().is_empty());
        assert!(lookups(&scene).await[0].failed.as_ref().is_some_and(|told| told.contains(why)));
    }
}

#[tokio::test]
async fn a_tool_that_there_is_not_is_refused() {
    let page = Arc::new(Page::new("known_modes", &["mode"], Ok("x")));
    let scene = Scene::but(|agent, _| {
        let wanted = json!([{ "tool": "run_shell", "arguments": [{ "name": "command", "value": "bad" }] }]);
        (agent == "analyst").then(|| Said::Json(open(wanted)))
    });
    let report = scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
    assert!(page.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_tool_for_other_failures_is_not_asked() {
    let page = Page::new("disk_usage", &[], Ok("x")).helping_with(FailureCategory::DISK_FULL);
    let page = Arc::new(page);
    let scene = wanting(json!([{ "tool": "disk_usage", "arguments": [] }]));
    scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
    assert!(page.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_needs_no_argument_is_fetched_beforehand_once() {
    let page = Page::new("recent_commits", &[], Ok("c0ffee rename modes"));
    let page = Arc::new(page.helping_with(FailureCategory::MISSING_CONFIGURATION));
    let scene = wanting(json!([{ "tool": "recent_commits", "arguments": [] }]));
    scene.heal(scene.builder().read_tool(page.clone()), LOG).await;
    assert_eq!(page.asked.lock().unwrap().len(), 1);
    assert!(scene.model.prompt("analyst", 1).contains("c0ffee rename modes"));
}

#[tokio::test]
async fn a_conclusive_analyst_needs_no_second_look() {
    let page = Arc::new(Page::new("recent_commits", &[], Ok("c0ffee")));
    let scene = Scene::but(|_, _| None);
    let report = scene.heal(scene.builder().read_tool(page), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.model.asked("analyst").len(), 1);
    assert!(report.state.gathered.is_empty());
}

#[tokio::test]
async fn lookups_are_bounded_in_number_and_size() {
    let page = Arc::new(Page::new("known_modes", &["mode"], Ok(&"long ".repeat(10_000))));
    let asking = |value: &str| json!({ "tool": "known_modes", "arguments": [{ "name": "mode", "value": value }] });
    let wanted: Vec<Value> = ["bad", "good", "fine", "error", "known", "mode"].into_iter().map(asking).collect();
    let scene = wanting(json!(wanted));
    let models = ModelLimits { lookups: 2, lookup_bytes: 1000, ..ModelLimits::default() };
    let limits = Limits { models, ..Limits::default() };
    let report = scene.heal(scene.builder().read_tool(page.clone()).limits(limits), LOG).await;
    assert_eq!(page.asked.lock().unwrap().len(), 2);
    assert!(report.state.gathered.iter().all(|piece| piece.text().read().len() <= 1000));
}

#[tokio::test]
async fn a_tool_that_fails_is_told_of_and_recorded() {
    let down = selfheal_core::testing::unavailable("registry.versions");
    let page = Arc::new(Page::new("known_modes", &[], Err(down).map(|()| "")));
    let scene = wanting(json!([]));
    let report = scene.heal(scene.builder().read_tool(page), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(scene.model.prompt("analyst", 1).contains("it failed:"));
    assert!(lookups(&scene).await[0].failed.is_some());
}

#[tokio::test]
async fn an_analyst_that_is_still_not_sure_leaves_it_to_people() {
    let page = Arc::new(Page::new("known_modes", &[], Ok("x")));
    let still = with(second(), "/conclusive", json!(false));
    let scene = Scene::but(move |agent, nth| {
        (agent == "analyst").then(|| Said::Json(if nth == 0 { open(json!([])) } else { still.clone() }))
    });
    let report = scene.heal(scene.builder().read_tool(page), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
    assert_eq!(scene.model.asked("analyst").len(), 2);
}

//! What a model says about itself, and what memory makes of it: neither is leave to act.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::{Assurance, Autonomy};
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::diagnosis::Source;
use selfheal_core::engine::Outcome;
use selfheal_core::error::Result;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::ports::{
    Approval, ApprovalQuestion, Approver, Escalation, Ledger, Moment, Note, Notifier, PolicyEngine, PolicyQuestion,
    Reach, Stream,
};
use selfheal_core::testing::{AllowAll, SeededEntropy};
use serde_json::{Value, json};

use crate::scene::{LOG, Said, Scene, analysis, choice, signal, with};

#[path = "../behaviour/scene/memory.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod memory;

use memory::Remembering;

fn cautious() -> Autonomy {
    Autonomy { threshold: 0.001, floor: 0.0, ..Autonomy::default() }
}

fn citing(lines: Value) -> Scene {
    let answer = with(analysis(), "/citations", lines);
    Scene::but(move |agent, _| (agent == "analyst").then(|| Said::Json(answer.clone())))
}

#[tokio::test]
async fn that_a_model_names_more_lines_makes_nobody_surer() {
    let mut assured: Vec<Assurance> = Vec::new();
    for lines in [json!(["e1:3"]), json!(["e1:1", "e1:2", "e1:3", "e1:4"])] {
        let scene = citing(lines);
        let report = scene.heal(scene.builder(), LOG).await;
        assured.extend(report.tried()[0].proposal.decision.as_ref().unwrap().assurance);
    }
    assert_eq!((assured.len(), assured[0]), (2, assured[1]));
}

#[tokio::test]
async fn what_a_new_model_chooses_is_asked_about() {
    let scene = Scene::but(|_, _| None);
    let report = scene.heal(scene.builder().autonomy(cautious()), LOG).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })), "{:?}", report.outcome());
    let decision = report.tried()[0].proposal.decision.as_ref().unwrap();
    assert!(decision.rationale.contains("too few healed here: 0 of 3"), "{}", decision.rationale);
}

async fn heal(healer: &Orchestrator) -> Report {
    healer.heal(signal(LOG), &Cancellation::new()).await.unwrap()
}

/// Agrees to whatever it is asked, and counts that.
#[derive(Default)]
struct Agreeable(Mutex<Vec<String>>);

#[async_trait]
impl Approver for Agreeable {
    async fn ask(&self, question: &ApprovalQuestion<'_>) -> Result<Approval> {
        self.0.lock().unwrap().push(question.decision.rationale.clone());
        Ok(Approval::Given { by: "ada".to_owned(), plan_hash: question.plan_hash.clone(), at: None })
    }
}

#[tokio::test]
async fn what_healed_once_takes_no_call_and_an_objection_to_it_stays_one() {
    for objects in [false, true] {
        let opinion = json!({ "objects": objects, "because": "not today" });
        let scene = Scene::but(move |agent, _| (agent == "auditor").then(|| Said::Json(opinion.clone())));
        let people = Arc::new(Agreeable::default());
        let builder = scene.builder().memory(Arc::new(Remembering::default())).approver(people.clone());
        let healer = builder.build().unwrap();
        for _ in 0..2 {
            scene.host.world.set("mode", "bad");
            assert_eq!(heal(&healer).await.outcome(), Some(&Outcome::Healed));
        }
        assert_eq!(scene.model.agents().len(), 4, "it was remembered");
        let asked = people.0.lock().unwrap();
        assert_eq!(
            asked.iter().filter(|why| why.contains("not today")).count(),
            if objects { 2 } else { 0 },
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn memory_does_not_make_a_new_model_an_old_one() {
    let (scene, memory) = (Scene::but(|_, _| None), Arc::new(Remembering::default()));
    let healer = scene.builder().memory(memory.clone()).build().unwrap();
    assert_eq!(heal(&healer).await.outcome(), Some(&Outcome::Healed));
    scene.host.world.set("mode", "bad");
    let healer = scene.builder().memory(memory).autonomy(cautious());
    let healer = healer.entropy(Arc::new(SeededEntropy::new(8))).build().unwrap();
    let asked = heal(&healer).await;
    assert!(matches!(asked.outcome(), Some(Outcome::Escalated { .. })), "{:?}", asked.outcome());
    let decision = asked.tried()[0].proposal.decision.as_ref().unwrap();
    assert!(decision.rationale.contains("too few healed here: 1 of 3"), "{}", decision.rationale);
}

/// Allows everything, and keeps by which categories it was asked.
#[derive(Default)]
struct Asked(Mutex<Vec<Vec<FailureCategory>>>);

#[async_trait]
impl PolicyEngine for Asked {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        self.0.lock().unwrap().push(question.categories.to_vec());
        AllowAll.decide(question).await
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }
}

#[tokio::test]
async fn a_category_that_a_model_names_chooses_no_policy() {
    let (scene, policy) = (Scene::but(|_, _| None), Arc::new(Asked::default()));
    scene.heal(scene.builder().policy(policy.clone()), LOG).await;
    let asked = policy.0.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(Vec::is_empty), "{asked:?}");
}

#[tokio::test]
async fn guards_count_what_a_model_found_by_what_was_done_about_it() {
    let (scene, ledger) = (Scene::but(|_, _| None), Arc::new(InMemoryLedger::default()));
    scene.heal(scene.builder().ledger(ledger.clone()), LOG).await;
    let notes = ledger.read(&Stream::activity(), 0, 100).await.unwrap();
    let ended = notes.iter().find_map(|entry| match &entry.note {
        Note::Ended(ended) => Some(ended),
        _ => None,
    });
    let ended = ended.unwrap();
    assert_eq!((&ended.category, ended.cause.as_deref()), (&FailureCategory::UNKNOWN, Some("set_value")));
}

#[tokio::test]
async fn a_server_that_calls_its_model_anything_else_than_a_name_is_not_quoted() {
    let long = "x".repeat(129);
    for (called, known) in [
        ("vendor/m-1:8b", "vendor/m-1:8b"),
        (long.as_str(), "unnamed"),
        ("", "unnamed"),
        ("m 1\n", "unnamed"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "unnamed"),
    ] {
        let scene = Scene::called(called);
        let report = scene.heal(scene.builder(), LOG).await;
        let plan = &report.tried()[0].proposal.plan;
        assert_eq!(plan.source, Source::Model { name: known.to_owned() }, "{called}");
    }
}

/// Keeps what people are told.
#[derive(Default)]
struct Told(Mutex<Vec<Escalation>>);

#[async_trait]
impl Notifier for Told {
    async fn notify(&self, escalation: &Escalation) -> Result<()> {
        self.0.lock().unwrap().push(escalation.clone());
        Ok(())
    }
}

#[tokio::test]
async fn people_are_told_that_a_model_suggests_it() {
    let none = with(with(choice(), "/choice", json!("none")), "/inputs", json!([]));
    let scene = Scene::but(move |agent, _| (agent == "strategist").then(|| Said::Json(none.clone())));
    let told = Arc::new(Told::default());
    scene.heal(scene.builder().notifier(told.clone()), LOG).await;
    let advice = told.0.lock().unwrap()[0].advice.clone();
    assert_eq!(advice, "a language model suggests, unchecked: Look at the list of modes.");
}

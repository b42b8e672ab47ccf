//! What the agents ask and what they make of the answers, from cassettes: no server, and no model.
//!
//! The cassettes hold the requests as they are now, prompts and schemas included, and the answers of a script. Where a request is
//! another on purpose, `SELFHEAL_RECORD=1 cargo test -p selfheal-llm --all-features --test agents` records them anew.
#![cfg(feature = "cassettes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../../../core/tests/models/scene/mod.rs"]
#[allow(dead_code, unused_imports, reason = "these tests need a part of it")]
mod scene;

use std::path::PathBuf;
use std::sync::Arc;

use selfheal_core::engine::{Outcome, TriedResult};
use selfheal_core::orchestrator::Report;
use selfheal_core::ports::{AnswerForm, LlmProvider, LlmRequest};
use selfheal_detect::redact::Redactor;
use selfheal_llm::cassette::{Player, Recorder};
use selfheal_llm::testing::{Model, Reply};
use serde_json::{Value, json};

use scene::{LOG, Page, Scene, analysis, choice, with};

/// Asks for new cassettes.
const RECORD: &str = "SELFHEAL_RECORD";

/// What a script answers: the agent's name, and what it is asked.
type Answers = fn(&str, &LlmRequest) -> Value;

#[tokio::test]
async fn what_no_rule_knows_is_mended() {
    let report = healed("scripted-mends", well).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(report.state.counters.spent.calls, 4);
}

#[tokio::test]
async fn what_the_log_does_not_show_is_looked_up_once() {
    let report = healed("scripted-looks-up", |agent, request| match agent {
        "analyst" if !is_second_look(request) => {
            let wanted = json!([{ "tool": "manual", "arguments": [{ "name": "about", "value": "mode" }] }]);
            with(with(analysis(), "/conclusive", json!(false)), "/wanted", wanted)
        }
        _ => well(agent, request),
    })
    .await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(report.state.counters.spent.calls, 5);
}

#[tokio::test]
async fn an_answer_that_is_refused_is_asked_for_once_more() {
    let report = healed("scripted-corrects-itself", |agent, request| match agent {
        "analyst" if request.messages.len() == 2 => with(well(agent, request), "/citations/0", json!("e7:1")),
        _ => well(agent, request),
    })
    .await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(report.state.counters.spent.calls, 5);
}

#[tokio::test]
async fn where_no_fix_fits_a_person_reads_what_to_do() {
    let report = healed("scripted-declines", |agent, request| match agent {
        "strategist" => with(with(choice(), "/choice", json!("none")), "/inputs", json!([])),
        _ => well(agent, request),
    })
    .await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })), "{:?}", report.outcome());
    let best = report.diagnosis().unwrap().best().unwrap();
    assert_eq!(best.advice.as_ref().unwrap().read(), "Look at the list of modes.");
}

#[tokio::test]
async fn an_objection_keeps_the_fix_from_being_made_unseen() {
    let report = healed("scripted-objects", |agent, request| match agent {
        "auditor" => json!({ "objects": true, "because": "it may be meant so" }),
        _ => well(agent, request),
    })
    .await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })), "{:?}", report.outcome());
    let [tried] = report.tried() else { panic!("{:?}", report.tried()) };
    assert!(tried.proposal.opinion.as_ref().unwrap().objects);
    assert_eq!(tried.result, TriedResult::Refused);
}

fn well(agent: &str, request: &LlmRequest) -> Value {
    match agent {
        "classifier" => json!({ "category": "missing_configuration" }),
        "analyst" => fitting(request, analysis()),
        "strategist" => choice(),
        _ => json!({ "objects": false, "because": "it sets the one value that is wrong" }),
    }
}

/// Whether the analyst has what was looked up: then nothing more can be asked for.
fn is_second_look(request: &LlmRequest) -> bool {
    properties(request).get("wanted").is_none()
}

/// `answer` without what the schema has not.
fn fitting(request: &LlmRequest, mut answer: Value) -> Value {
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|name, _| properties(request).get(name).is_some());
    }
    answer
}

fn properties(request: &LlmRequest) -> &Value {
    match &request.form {
        AnswerForm::Json { schema, .. } => &schema["properties"],
        AnswerForm::Text => panic!("agents ask for JSON"),
    }
}

/// Heals the failure by what stands on the cassette, all of which has to be used.
async fn healed(name: &str, answers: Answers) -> Report {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/agents/cassettes/{name}.jsonl"));
    let redactor = Arc::new(Redactor::default());
    if std::env::var_os(RECORD).is_some() {
        let script = move |request: &LlmRequest, _: u64| match &request.form {
            AnswerForm::Json { name, .. } => Reply::Says(answers(name, request).to_string()),
            AnswerForm::Text => panic!("agents ask for JSON"),
        };
        let recorder = Arc::new(Recorder::new(Model::new("scripted", script), Arc::clone(&redactor)));
        heal(recorder.clone()).await;
        recorder.save(&file).unwrap();
    }
    let player = Arc::new(Player::load(&file, redactor).unwrap());
    let report = heal(player.clone()).await;
    assert_eq!(player.unplayed(), 0, "{name}: not all of it is asked any more");
    report
}

async fn heal(model: Arc<dyn LlmProvider>) -> Report {
    let scene = Scene::of(|_, _| panic!("nobody asks the script itself"));
    let manual = Page::new("manual", &["about"], Ok("mode: one of good, fine"));
    let host = scene.host.builder().journal(scene.journal.clone()).model(model).read_tool(Arc::new(manual));
    scene.heal(host, LOG).await
}

//! The prompts as models see them: the same for the same incident, and not larger than they need to be.

use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::AnswerForm;

use crate::scene::{LOG, Scene, signal};

#[tokio::test]
async fn what_the_analyst_is_shown() {
    let scene = Scene::but(|_, _| None);
    scene.heal(scene.builder(), LOG).await;
    assert_eq!(
        scene.model.prompt("analyst", 0),
        "\
Failed: fake/pipeline/one, in dev
exit_code = 1
BEGIN DATA 00e573ce: command output
e1:1| $ run checks
e1:2| checking the configuration
e1:3| error: mode bad is not known; known modes: good fine
e1:4| exited with code 1
END DATA 00e573ce
"
    );
}

#[tokio::test]
async fn what_the_strategist_is_shown() {
    let scene = Scene::but(|_, _| None);
    scene.heal(scene.builder(), LOG).await;
    assert_eq!(
        scene.model.prompt("strategist", 0),
        "\
Failed: fake/pipeline/one, in dev
exit_code = 1
BEGIN DATA f877a6ca: the root cause, as fields
category = missing_configuration
cause = unknown_mode
f1 (command) = bad
f2 (command) = good
END DATA f877a6ca
Fixes:
- set-mode/1: what set-mode/1 does [set_value; medium risk; inputs: mode (command)]
"
    );
}

#[tokio::test]
async fn the_same_incident_is_asked_about_in_the_same_words() {
    let (one, other) = (Scene::but(|_, _| None), Scene::but(|_, _| None));
    one.heal(one.builder(), LOG).await;
    other.heal(other.builder(), LOG).await;
    assert_eq!(one.model.all_text(), other.model.all_text());
}

#[tokio::test]
async fn the_same_failure_is_the_same_question_in_every_incident() {
    let scene = Scene::but(|_, _| None);
    let healer = scene.builder().build().unwrap();
    for _ in 0..2 {
        scene.host.world.set("mode", "bad");
        healer.heal(signal(LOG), &Cancellation::new()).await.unwrap();
    }
    assert_eq!(scene.journal.incidents().len(), 2);
    assert_eq!(scene.model.prompt("analyst", 0), scene.model.prompt("analyst", 1));
}

#[tokio::test]
async fn of_a_long_log_the_telling_lines_are_shown_and_little_else() {
    let talk = |from: usize| (from..from + 4_000).map(|n| format!("compiling module number {n} of the tree\n"));
    let log: String = talk(0).chain(LOG.lines().map(|line| format!("{line}\n"))).chain(talk(4_000)).collect();
    let scene = Scene::but(|agent, _| {
        let moved = |mut answer: serde_json::Value| {
            answer["citations"] = serde_json::json!(["e1:4003"]);
            answer["fields"] = serde_json::json!([]);
            answer
        };
        (agent == "analyst").then(|| crate::scene::Said::Json(moved(crate::scene::analysis())))
    });
    scene.heal(scene.builder(), &log).await;
    let request = &scene.model.asked("analyst")[0];
    let AnswerForm::Json { schema, .. } = &request.form else { panic!("no schema") };
    assert!(request.messages[1].content().contains("e1:4003| error: mode bad is not known"));
    let bytes = request.input_bytes() + schema.to_string().len();
    assert!(bytes * 100 <= log.len() * 15, "{bytes} of {}", log.len());
}

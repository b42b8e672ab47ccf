//! Edits that a model suggests: of exact lines that were looked up, and never by default.

use std::sync::Arc;

use selfheal_core::action::{ActionKind, Provenance, Value};
use selfheal_core::engine::{ConsultationEnd, Outcome};
use selfheal_core::orchestrator::OrchestratorBuilder;
use serde_json::{Value as Json, json};

use crate::scene::{Editor, Page, Said, Scene, analysis, with};

const SOURCE: &str = "src/modes.rs (3 lines)\n1| fn mode() -> &'static str {\n2|     \"bad\"\n3| }\n";
const FAILED: &str = "$ run checks\nerror: mode bad is not known, in src/modes.rs line 2; known modes: good fine\n";

fn edit() -> Json {
    json!({ "path": "src/modes.rs", "line": 2, "expected": "    \"bad\"", "replacement": "    \"good\"" })
}

/// An analyst that reads the source and suggests `edit`, and a strategist that takes it.
fn suggesting(edit: Json) -> Scene {
    suggesting_of("src/modes.rs", edit)
}

/// The same, with the source looked up as `path`.
fn suggesting_of(path: &str, edit: Json) -> Scene {
    let cited = with(analysis(), "/citations", json!(["e1:2"]));
    let cited = with(cited, "/fields", json!([]));
    let source = json!([{ "tool": "source", "arguments": [
        { "name": "path", "value": path }, { "name": "line", "value": "2" },
    ]}]);
    let open = with(with(cited.clone(), "/conclusive", json!(false)), "/wanted", source);
    let mut second = cited;
    second.as_object_mut().unwrap().remove("wanted");
    second["edit"] = edit;
    Scene::but(move |agent, nth| match agent {
        "analyst" => Some(Said::Json(if nth == 0 { open.clone() } else { second.clone() })),
        "strategist" => {
            Some(Said::Json(json!({ "choice": "edit", "inputs": [], "rationale": "the mode is wrong", "advice": "" })))
        }
        _ => None,
    })
}

fn host(scene: &Scene) -> OrchestratorBuilder {
    let source = Page::new("source", &["path", "line"], Ok(SOURCE));
    scene.builder().read_tool(Arc::new(source)).executor(Arc::new(Editor::of(scene.host.world.clone())))
}

#[tokio::test]
async fn an_edit_of_lines_that_were_read_is_a_step_that_says_whose_it_is() {
    let scene = suggesting(edit());
    let report = scene.heal(host(&scene), FAILED).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    let step = &report.tried()[0].proposal.plan.steps[0];
    assert_eq!(step.action.kind(), &ActionKind::EDIT_FILE);
    assert_eq!(step.action.integer("line"), Some(2));
    let by_model = |name: &str| {
        let parameter = step.action.parameters().get(name).unwrap();
        assert_eq!(parameter.provenance, Provenance::Model { by: "m-1".to_owned() }, "{name}");
        parameter.value.clone()
    };
    assert_eq!(by_model("replacement"), Value::Text("    \"good\"".to_owned()));
    for name in ["path", "line", "expected"] {
        by_model(name);
    }
    assert!(!step.criteria.is_empty(), "it is verified as the operator's own fixes are");
}

#[tokio::test]
async fn an_edit_is_of_the_file_that_was_found_whatever_the_log_calls_it() {
    for (asked, named) in [
        ("/build/project/src/modes.rs", "/build/project/src/modes.rs"),
        ("/build/project/src/modes.rs", "src/modes.rs"),
        ("./src/modes.rs", "./src/modes.rs"),
        ("modes.rs", "src/modes.rs"),
    ] {
        let scene = suggesting_of(asked, with(edit(), "/path", json!(named)));
        let failed = FAILED.replace("src/modes.rs", asked);
        let report = scene.heal(host(&scene), &failed).await;
        assert_eq!(report.outcome(), Some(&Outcome::Healed), "{asked} {named}");
        assert_eq!(
            report.tried()[0].proposal.plan.steps[0].action.text("path"),
            Some("src/modes.rs"),
            "{asked} {named}"
        );
    }
}

#[tokio::test]
async fn the_strategist_sees_where_it_edits_and_not_what() {
    let scene = suggesting(edit());
    scene.heal(host(&scene), FAILED).await;
    let prompt = scene.model.prompt("strategist", 0);
    let (data, fixes) = prompt.split_once("Fixes:\n").unwrap();
    assert!(data.contains("file of the edit = src/modes.rs\nEND DATA"), "its name is others' words: {prompt}");
    assert!(
        fixes.starts_with(
            "- edit: the analyst's edit of the file above, from line 2 on; lines out: 1, in: 1 [edit_file]"
        ),
        "{prompt}"
    );
    assert!(!prompt.contains("\"good\""));
}

#[tokio::test]
async fn an_edit_of_what_was_not_read_is_refused() {
    for (pointer, value) in [
        ("/path", json!("src/main.rs")),
        ("/path", json!("/etc/passwd")),
        ("/line", json!(3)),
        ("/line", json!(u64::MAX)),
        ("/expected", json!("    \"worse\"")),
        ("/expected", json!("\"bad\"")),
        ("/expected", json!("")),
        ("/expected", json!("    \"bad\"\n}\n// more")),
        ("/replacement", json!("    \"bad\"")),
        ("/replacement", json!("    \"go\u{202e}od\"")),
        ("/replacement", json!("let token = <secret:assigned>;")),
        ("/replacement", json!("x\n".repeat(61))),
        ("/replacement", json!("x".repeat(4097))),
    ] {
        let scene = suggesting(with(edit(), pointer, value.clone()));
        let report = scene.heal(host(&scene), FAILED).await;
        assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })), "{pointer} {value}");
        let last = scene.consultations().await.into_iter().rfind(|asked| asked.prompt == "analyst@1");
        assert!(matches!(last.unwrap().end, ConsultationEnd::Refused { .. }), "{pointer} {value}");
        assert_eq!(scene.host.mode(), "bad");
    }
}

#[tokio::test]
async fn where_edits_are_not_allowed_none_is_offered() {
    let scene = suggesting(edit());
    let source = Page::new("source", &["path", "line"], Ok(SOURCE));
    let report = scene.heal(scene.builder().read_tool(Arc::new(source)), FAILED).await;
    assert!(matches!(report.outcome(), Some(Outcome::Escalated { .. })));
    assert!(scene.model.asked("strategist").is_empty(), "there is nothing to choose from");
}

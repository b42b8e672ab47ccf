use std::time::Duration;

use selfheal_core::decision::Verdict;
use selfheal_core::ports::RehearsalEvidence::Verified;
use selfheal_policy::engines::rego::RegoEngine;

use crate::common;
use crate::scene::Scene;

const POLICIES: &str = r#"
package selfheal

decision := {"verdict": verdict, "rules": denials | permissions}

default verdict := "deny"
verdict := "allow" if { count(denials) == 0; count(permissions) > 0 }

permissions contains {"id": "rehearsed", "verdict": "allow", "because": "it was shown to help"} if {
    input.step.kind in {"patch_dependency_version", "retry_stage"}
    input.rehearsed
}

permissions contains rule if {
    input.step.kind == "add_dependency"
    rule := {"id": "added-by-people", "verdict": "require_approval", "because": "somebody looks at new code"}
}

denials contains {"id": "frozen", "verdict": "deny", "because": "nothing changes at the end of a year"} if {
    input.resource.facts.frozen == true
}
"#;

fn engine(text: &str) -> RegoEngine {
    RegoEngine::from_text("policies", text).unwrap()
}

async fn said(text: &str) -> (Verdict, String) {
    let decision = Scene::of(&["retry_stage"]).decided_by(&engine(text), Verified).await;
    (decision.verdict, decision.rationale)
}

#[tokio::test]
async fn policies_decide_as_meant() {
    let engine = engine(POLICIES);
    common::decides_as_meant(&engine).await;
    common::a_frozen_pipeline_is_left_alone(&engine).await;
    common::a_step_of_another_resource_and_an_empty_plan_are_denied(&engine).await;
}

#[tokio::test]
async fn an_answer_that_is_undefined_or_has_another_shape_denies() {
    let cases = [
        ("decision := {\"verdict\": \"allow\"} if input.step.kind == \"edit_file\"", "is undefined"),
        ("decision := \"allow\"", "another shape"),
        ("decision := true", "another shape"),
        ("decision := {\"verdict\": \"ok\"}", "another shape"),
        ("decision := {\"verdict\": \"allow\", \"note\": 1}", "another shape"),
        ("decision := {\"verdict\": \"allow\", \"rules\": [{\"id\": \"a\"}]}", "another shape"),
        ("decision := {\"verdict\": \"allow\", \"approval\": {\"stages\": []}}", "at least one person"),
    ];
    for (rule, expected) in cases {
        let (verdict, rationale) = said(&format!("package selfheal\n{rule}\n")).await;
        assert!(verdict == Verdict::Deny && rationale.contains(expected), "{rule}: {rationale}");
    }
}

#[tokio::test]
async fn an_error_denies_even_where_the_rule_that_has_it_would_deny() {
    let text = "
package selfheal
decision := {\"verdict\": verdict}
default verdict := \"allow\"
verdict := \"deny\" if to_number(input.step.kind) > 3
";
    let (verdict, rationale) = said(text).await;
    assert!(verdict == Verdict::Deny && rationale.contains("could not be evaluated"), "{rationale}");
    let conflict =
        "package selfheal\ndecision := {\"verdict\": x} if { input.version == 1; some x in [\"allow\", \"deny\"] }\n";
    assert_eq!(said(conflict).await.0, Verdict::Deny);
}

#[tokio::test]
async fn an_evaluation_without_end_denies() {
    let text = "
package selfheal
decision := {\"verdict\": \"allow\"} if {
    input.version == 1
    count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b]) > 0
}
";
    let engine = engine(text).with_time_limit(Duration::from_millis(20));
    let decision = Scene::of(&["retry_stage"]).decided_by(&engine, Verified).await;
    assert!(decision.verdict == Verdict::Deny && decision.rationale.contains("time limit"), "{}", decision.rationale);
}

#[tokio::test]
async fn a_rule_that_denies_is_not_overruled_by_the_verdict() {
    let voice = "{\"id\": \"a\", \"verdict\": \"deny\", \"because\": \"no\"}";
    let text = format!("package selfheal\ndecision := {{\"verdict\": \"allow\", \"rules\": [{voice}]}}\n");
    assert_eq!(said(&text).await, (Verdict::Deny, "step 1 (retry_stage) is denied by policies/a (no)".to_owned()));
}

#[tokio::test]
async fn an_answer_says_who_agrees_how_often_and_what_would_help() {
    let text = "
package selfheal
decision := {
    \"verdict\": \"require_approval\",
    \"approval\": {\"stages\": [{\"k\": 2, \"roles\": [\"sre\"]}], \"ttl_ms\": 60000},
    \"max_attempts\": 3,
    \"to_be_allowed\": [\"a quieter hour\"],
}
";
    let decision = Scene::of(&["retry_stage"]).decided_by(&engine(text), Verified).await;
    let terms = decision.approval.unwrap();
    assert_eq!((terms.stages[0].k, terms.ttl_ms), (2, Some(60_000)));
    assert_eq!((decision.max_attempts, decision.to_be_allowed), (Some(3), vec!["a quieter hour".to_owned()]));
}

#[tokio::test]
async fn evidence_never_makes_an_answer_stricter() {
    let text = "
package selfheal
decision := {\"verdict\": verdict}
default verdict := \"allow\"
verdict := \"deny\" if input.rehearsal == \"verified\"
";
    use selfheal_core::ports::RehearsalEvidence::{InPlace, Pending, Unsupported};
    for rehearsal in [Pending, InPlace, Unsupported, Verified] {
        let decision = Scene::of(&["retry_stage"]).decided_by(&engine(text), rehearsal).await;
        assert_eq!(decision.verdict, Verdict::Deny, "{rehearsal:?}");
    }
}

#[test]
fn what_cannot_be_compiled_is_refused_with_its_place() {
    let cases = [
        ("package selfheal\ndecision := {\"verdict\": \n", "p.rego:3:"),
        ("package selfheal\ndecision := {\"verdict\": unknown_name}\n", "p.rego:2:"),
        ("package selfheal\ndecision := http.send({})\n", "p.rego:2:"),
        ("package selfheal\nverdict := \"allow\"\n", "p.rego"),
        ("package other\ndecision := {\"verdict\": \"allow\"}\n", "p.rego"),
        ("", "p.rego"),
    ];
    for (text, expected) in cases {
        let problem = RegoEngine::from_text("p.rego", text).err().map(|problem| problem.to_string());
        assert!(problem.as_deref().is_some_and(|problem| problem.starts_with(expected)), "{text}: {problem:?}");
    }
}

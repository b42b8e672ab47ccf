//! `heal policy explain`.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::TEAM;
use crate::common::{Ended, World};

/// Explains `plan`, handed over on stdin.
fn explain(world: &World, plan: &str, options: &[&str]) -> Ended {
    let mut heal = world.command(env!("CARGO_BIN_EXE_heal"));
    heal.args(["policy", "explain", "-"]).args(options).current_dir(world.dir());
    let mut child = heal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(plan.as_bytes()).unwrap();
    Ended::wait(child)
}

fn voices(explained: &Value) -> Vec<(&str, &str)> {
    let rules = explained["rules"].as_array().unwrap().iter();
    rules.map(|rule| (rule["rule"].as_str().unwrap(), rule["verdict"].as_str().unwrap())).collect()
}

const SHORT: &str = r#"{"steps": [{"kind": "edit_file", "target": "src/a.py", "parameters": {"path": "src/a.py",
    "line": 3, "expected": "x", "replacement": {"value": "y", "provenance": "observed"}},
    "changes": [{"what": "src/a.py", "diff": "-x\n+y\n"}]}]}"#;

#[test]
fn the_rules_that_spoke_and_what_would_have_to_change_are_told() {
    let world = World::new();
    world.write("team.yaml", TEAM);
    let ended = explain(
        &world,
        &SHORT.replace("src/", "infra/"),
        &["--json", "--policy", "team.yaml", "--rehearsal", "verified"],
    );
    assert_eq!(ended.status, Some(0), "{ended}");
    let explained = ended.json();
    assert_eq!(explained["verdict"], "deny", "{ended}");
    assert!(voices(&explained).contains(&("team/infra", "deny")), "{ended}");
    assert!(!explained["to_be_allowed"].as_array().unwrap().is_empty(), "{ended}");
    assert!(explained["policy_version"].as_str().unwrap().contains("team@1#"), "{ended}");
}

#[test]
fn circumstances_can_be_given_beside_the_plan() {
    let world = World::new();
    world.write("team.yaml", TEAM);
    let asked =
        |options: &[&str]| explain(&world, SHORT, &[&["--json", "--policy", "team.yaml"], options].concat()).json();
    let dev = asked(&["--rehearsal", "verified"]);
    assert_eq!((dev["verdict"].as_str(), dev["environment"].as_str()), (Some("allow"), Some("dev")));
    let pending = asked(&[]);
    assert_eq!((pending["verdict"].as_str(), pending["needs_rehearsal"].as_bool()), (Some("allow"), Some(true)));
    assert_eq!(asked(&["--rehearsal", "unsupported"])["verdict"], "deny");
    let production = asked(&["--environment", "production", "--rehearsal", "verified"]);
    assert_eq!(production["verdict"], "require_approval");
    assert_eq!(production["approval"]["stages"][0], serde_json::json!({"k": 2, "roles": ["sre"]}));
    assert_eq!(production["clearance"], "clear");
    let sale = asked(&["--rehearsal", "verified", "--at", "2026-11-27T10:00:00Z"]);
    assert!(sale["clearance"]["hold"]["because"].as_str().unwrap().contains("team/sale"), "{sale}");
}

#[test]
fn people_read_the_same() {
    let world = World::new();
    world.write("team.yaml", TEAM);
    let ended =
        explain(&world, SHORT, &["--policy", "team.yaml", "--environment", "production", "--rehearsal", "verified"]);
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    for told in [
        "verdict require_approval: people must agree first",
        "team/production on step 1: require_approval, because customers notice",
        "approval 2 people of role sre",
        "clear: nothing holds it",
    ] {
        assert!(text.contains(told), "{told}: {ended}");
    }
}

#[test]
fn what_the_library_writes_is_read_too() {
    let world = World::new();
    let plan = r#"{"steps":[{"action":{"kind":"retry_stage","target":{"system":"local","kind":"pipeline","name":"shop"},
        "parameters":{"attempts":{"value":3,"provenance":{"configured":{"by":"runbook"}}},
        "initial_backoff_ms":{"value":1000,"provenance":{"configured":{"by":"runbook"}}}}},"criteria":[],
        "compensation":"nothing_to_undo","retry":{"attempts":3,"initial_backoff_ms":1000}}],
        "rationale":"again","source":"memory","confidence":0.7}"#;
    let explained = explain(&world, plan, &["--json", "--rehearsal", "in_place"]).json();
    assert_eq!(explained["resource"], "local/pipeline/shop");
    assert_eq!(explained["verdict"], "allow");
}

#[test]
fn a_plan_that_cannot_be_read_is_told_where() {
    let world = World::new();
    for (plan, told) in [
        ("{\"steps\": [{\"kind\": \"edit_file\", \"paht\": 1}]}", "<stdin>:1:"),
        ("{\"steps\": []}", "<stdin>:1:11: expected 1 to 64 steps"),
        ("{}", "<stdin>: expected a plan"),
        ("{\"steps\": [\n{\"kind\": \"edit_file\", \"parameters\": {\"file\": \"x\"}}]}", "<stdin>:2:"),
        (
            "{\"kind\": \"edit_file\", \"resource\": \"shop\"}",
            "expected a resource as 'system/kind/name', found 'shop'",
        ),
        ("not: [closed", "<stdin>:1:"),
    ] {
        let ended = explain(&world, plan, &[]);
        assert_eq!(ended.status, Some(2), "{ended}");
        ended.assert_says(told);
    }
}

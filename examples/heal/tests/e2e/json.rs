//! `--json`: exactly one object on stdout, of one shape, whatever happened.

use serde_json::Value;

use crate::common::{Service, World};

const TIMINGS: [&str; 9] = ["detect", "diagnose", "plan", "audit", "rehearse", "execute", "verify", "command", "total"];

fn assert_shape(object: &Value) {
    let is_text = |key: &str| assert!(object[key].is_string(), "{key}: {object}");
    let is_text_or_null = |key: &str| assert!(object[key].is_string() || object[key].is_null(), "{key}: {object}");
    let is_count = |key: &str| assert!(object[key].is_u64(), "{key}: {object}");
    ["outcome", "category", "root_cause", "diff"].iter().for_each(|key| is_text(key));
    ["incident", "escalation"].iter().for_each(|key| is_text_or_null(key));
    ["attempts", "model_calls"].iter().for_each(|key| is_count(key));
    assert!(object["command_exit"].is_i64(), "{object}");
    assert!(object["flaky"].is_boolean(), "{object}");
    assert!(object["confidence"].as_f64().is_some_and(|value| (0.0..=1.0).contains(&value)), "{object}");
    for timing in TIMINGS {
        assert!(object["timings_ms"][timing].as_f64().is_some_and(|ms| ms >= 0.0), "{timing}: {object}");
    }
    for action in object["actions"].as_array().unwrap() {
        for key in ["kind", "target", "summary", "result"] {
            assert!(action[key].is_string(), "{key}: {action}");
        }
    }
}

#[test]
fn a_passing_command() {
    let world = World::new();
    let ended = world.heal_json(&[], &["sh", "-c", "printf 'out\\n'; printf 'err\\n' >&2"]);
    assert_shape(&ended.json());
    ended.assert_gist(0, "passed", "", 1);
    assert_eq!(ended.stderr, b"out\nerr\n", "the command's streams both go to stderr");
    assert!(ended.json()["incident"].is_null());
}

#[test]
fn an_escalation() {
    let world = World::new();
    let ended = world.heal_json(&[], &["sh", "-c", "echo 'the frobnicator is upside down'; exit 3"]);
    let object = ended.json();
    assert_shape(&object);
    ended.assert_gist(20, "escalated", "unknown", 1);
    assert_eq!(object["command_exit"], 3);
    assert!(object["incident"].is_string() && object["escalation"].is_string(), "{object}");
    assert_eq!(object["confidence"], 0.0);
}

#[test]
fn a_heal() {
    let service = Service::new();
    let ended = service.heal_json(&[]);
    let object = ended.json();
    assert_shape(&object);
    ended.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!(object["command_exit"], 0);
    let action = &object["actions"][0];
    assert_eq!((action["kind"].as_str(), action["result"].as_str()), (Some("edit_file"), Some("applied")));
    let diff = object["diff"].as_str().unwrap();
    assert!(diff.contains("-workers = 0") && diff.contains("+workers = 4"), "{diff}");
    let share = |key: &str| object["timings_ms"][key].as_f64().unwrap();
    assert!(share("command") <= share("total"), "{object}");
}

#[test]
fn a_refusal_prints_no_object() {
    let world = World::new();
    let ended = world.heal_json(&[], &["no-such-program-anywhere"]);
    assert_eq!((ended.status, ended.stdout.len()), (Some(127), 0), "{ended}");
}

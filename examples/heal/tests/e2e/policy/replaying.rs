//! `heal policy replay`, and explaining what a store remembers.

use serde_json::Value;

use super::TEAM;
use crate::common::{Ended, Service};

/// A store with one healed incident, of which the plan edited `service.conf`.
fn healed() -> Service {
    let service = Service::new();
    let ended = service.heal_json(&[]);
    ended.assert_gist(0, "healed", "missing_configuration", 3);
    service
}

fn replay(service: &Service, options: &[&str]) -> Ended {
    let store = service.world.path("store").display().to_string();
    service.world.ask(&[&["policy", "replay", "--json", "--store", &store], options].concat())
}

fn counts(report: &Value) -> [u64; 4] {
    ["decisions", "same", "looser", "stricter"].map(|count| report[count].as_u64().unwrap())
}

#[test]
fn under_the_same_documents_nothing_would_change() {
    let service = healed();
    let report = replay(&service, &[]).json();
    assert_eq!(counts(&report), [1, 1, 0, 0], "{report}");
    assert_eq!(report["changes"], serde_json::json!([]));
    assert_eq!(counts(&replay(&service, &["--since", "30"]).json())[0], 1);
    assert_eq!(counts(&replay(&service, &["--since", "2099-01-01"]).json())[0], 0);
}

#[test]
fn a_plan_that_would_not_pass_any_more_is_told_with_the_rule() {
    let service = healed();
    let policy = service.world.aside("team.yaml", &TEAM.replace("infra/*", "*.conf").replace("infra/a.tf", "a.conf"));
    let before = service.world.snapshot();
    let report = replay(&service, &["--policy", &policy]).json();
    assert_eq!(counts(&report), [1, 0, 0, 1], "{report}");
    let change = &report["changes"][0];
    assert_eq!((change["old"].as_str(), change["new"].as_str()), (Some("allow"), Some("deny")));
    assert_eq!(change["rules"], serde_json::json!(["team/infra"]));
    assert_eq!(change["plan"], "edit_file");
    assert_eq!(service.world.snapshot(), before, "it only reads");
}

#[test]
fn a_plan_that_would_pass_now_is_told_with_the_rule_that_stopped_it() {
    let service = Service::new();
    let strict = TEAM.replace("infra/*", "*.conf").replace("infra/a.tf", "a.conf");
    let policy = service.world.aside("strict.yaml", &strict);
    let ended = service.heal_json(&["--policy", &policy]);
    assert_eq!(ended.status, Some(20), "{ended}");
    let report = replay(&service, &[]).json();
    assert_eq!(counts(&report), [1, 0, 1, 0], "{report}");
    assert_eq!(report["changes"][0]["rules"], serde_json::json!(["team/infra"]), "{report}");
}

#[test]
fn a_store_that_is_not_there_is_wrong_usage() {
    let service = Service::new();
    let ended = service.world.ask(&["policy", "replay", "--store", "gone"]);
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("there is no store at");
}

#[test]
fn the_plan_of_an_incident_is_explained_as_it_was_rehearsed() {
    let service = healed();
    let store = service.world.path("store").display().to_string();
    let list = service.world.ask(&["incidents", "--json", "--store", &store]).json();
    let incident = list[0]["incident"].as_str().unwrap().to_owned();
    let shown = service.world.ask(&["show", "--json", "--store", &store, &incident]);
    let file = service.world.aside("shown.json", &String::from_utf8(shown.stdout.clone()).unwrap());
    let explained = service.world.ask(&["policy", "explain", "--json", &file]).json();
    assert_eq!(
        (explained["verdict"].as_str(), explained["rehearsal"].as_str()),
        (Some("allow"), Some("verified")),
        "{explained}"
    );
    assert_eq!(explained["environment"], "dev");
}

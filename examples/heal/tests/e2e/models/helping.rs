//! Models explain what no runbook does, and choose among what the operator wrote.

use serde_json::json;

use super::project::{chosen, healed, puzzle, puzzling, reading, sensible};
use super::server::{Asked, ModelServer, Reply, with_models};
use crate::common::{BROKEN, Ended, MENDED, Office, Service};

#[test]
fn a_fix_that_a_model_chose_is_rehearsed_and_people_are_asked() {
    let (service, server) = (puzzling(), ModelServer::new(sensible));
    let ended = healed(&service, &server.url(), &["--json"]);
    ended.assert_gist(21, "awaiting_approval", "missing_configuration", 2);
    assert_eq!(server.agents(), ["analyst", "auditor", "classifier", "strategist"]);
    let json = ended.json();
    assert_eq!((&json["source"], &json["model_calls"]), (&json!("model"), &json!(4)), "{ended}");
    let answered = ["environment/huge", "environment/tiny"];
    let models =
        json!({ "answered": answered, "calls": 4, "cached": 0, "tokens": 4000, "cost_usd": 0.0, "in_vain": [] });
    assert_eq!(json["models"], models);
    assert_eq!((&json["actions"][0]["kind"], &json["actions"][0]["result"]), (&json!("edit_file"), &json!("proposed")));
    assert_eq!(service.conf(), BROKEN, "nobody agreed yet");
}

#[test]
fn people_read_who_was_asked_what_it_took_and_why_this_fix() {
    let (service, server) = (puzzling(), ModelServer::new(sensible));
    let ended = healed(&service, &server.url(), &["--propose"]);
    assert_eq!(ended.status, Some(22), "{ended}");
    for told in [
        "The service is configured without workers. (model environment/huge; confidence",
        "line 1: panic: service.conf line 2: a pool of size zero serves nobody",
        "asked environment/huge, environment/tiny: 4 calls, 4000 tokens",
        "+workers = 4",
        "passed on a copy",
    ] {
        ended.assert_says(told);
    }
    let shown = service.world.ask(&["incidents", "--store", &service.world.path("store").display().to_string()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let incident = shown.split_whitespace().find(|word| word.starts_with("inc-")).unwrap();
    let shown = service.world.ask(&["show", incident, "--store", &service.world.path("store").display().to_string()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("the strategist asked model environment/huge (one call, 1000 tokens)"), "{shown}");
    assert!(shown.contains("The service has no workers; this gives it four."), "{shown}");
}

#[test]
fn once_a_person_agrees_it_is_done_and_remembered_and_the_next_time_no_model_is_asked() {
    let (office, server) = (Office::of(&[("ada", ""), ("bob", "")]), ModelServer::new(sensible));
    puzzle(&office.service);
    let run = || {
        let mut heal = office.command("bob");
        heal.args(office.run_arguments(&["--json"]));
        Ended::of(with_models(heal, &server.url()))
    };
    assert_eq!(run().status, Some(21));
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let resumed = office.ask("bob", &["resume", &incident, "--json"]);
    assert_eq!((resumed.status, office.service.conf().as_str()), (Some(0), MENDED), "{resumed}");
    assert_eq!(resumed.json()["model_calls"], 4, "another process asked: {resumed}");
    office.service.world.write("service.conf", BROKEN);
    let again = run();
    assert_eq!((&again.json()["source"], &again.json()["model_calls"]), (&json!("memory"), &json!(0)), "{again}");
    assert_eq!(server.agents(), ["analyst", "auditor", "classifier", "strategist"]);
    office.assert_verifies();
}

#[test]
fn an_edit_of_lines_that_were_looked_up_is_tried_on_a_copy_and_proposed() {
    let server = ModelServer::new(|asked: &Asked| match asked.agent.as_str() {
        "analyst" => Reply::Says(reading(asked, "service.conf", "workers = 3")),
        "strategist" => Reply::Says(chosen("edit")),
        _ => sensible(asked),
    });
    let service = puzzling();
    let ended = healed(&service, &server.url(), &["--propose", "--json"]);
    ended.assert_gist(22, "proposed", "missing_configuration", 2);
    assert!(ended.json()["diff"].as_str().unwrap().contains("-workers = 0\n+workers = 3\n"), "{ended}");
    assert_eq!(server.agents(), ["analyst", "analyst", "auditor", "classifier", "strategist"]);
    assert_eq!(service.conf(), BROKEN);
}

#[test]
fn what_a_runbook_knows_is_healed_without_asking() {
    let (service, server) = (Service::new(), ModelServer::new(sensible));
    let ended = healed(&service, &server.url(), &["--json"]);
    ended.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!((&ended.json()["model_calls"], &ended.json()["models"]), (&json!(0), &json!(null)));
    let passed = Ended::of(with_models(service.world.run(&["--json"], &["true"]), &server.url()));
    passed.assert_gist(0, "passed", "", 1);
    assert!(server.asked().is_empty());
}

#[test]
fn nobody_is_asked_who_should_not_be() {
    let (service, server) = (puzzling(), ModelServer::new(sensible));
    let ended = healed(&service, &server.url(), &["--json", "--no-models"]);
    ended.assert_gist(20, "escalated", "unknown", 1);
    assert!(server.asked().is_empty());
}

#[test]
fn an_objection_of_the_auditor_is_told_to_whoever_decides() {
    let server = ModelServer::new(|asked: &Asked| match asked.agent.as_str() {
        "auditor" => Reply::Says(json!({ "objects": true, "because": "four workers may be too many" })),
        _ => sensible(asked),
    });
    let service = puzzling();
    let ended = healed(&service, &server.url(), &["--json"]);
    ended.assert_gist(21, "awaiting_approval", "missing_configuration", 2);
    let store = service.world.path("store").display().to_string();
    let incident = ended.json()["incident"].as_str().unwrap().to_owned();
    let asked = service.world.ask(&["approvals", &incident, "--store", &store]);
    assert!(String::from_utf8_lossy(&asked.stdout).contains("four workers may be too many"), "{asked}");
}

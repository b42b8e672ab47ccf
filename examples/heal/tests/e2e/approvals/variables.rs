//! A variable that is given: its value is part of what is agreed to, though nobody sees it.

use serde_json::Value;

use crate::common::{Ended, Office};

const NEEDS_ONE: &str = "#!/bin/sh\n: \"${DEPLOY_TARGET:?}\"\necho \"$DEPLOY_TARGET\" >>\"$OUTSIDE/deployed\"\n";

/// An office whose command waits for a variable that `ci.env`, in the project, has.
fn waiting(env_file: &str) -> Office {
    let office = Office::of(&[("ada", "sre"), ("bob", "")]);
    let world = &office.service.world;
    world.script("deploy.sh", NEEDS_ONE);
    world.write("ci.env", "DEPLOY_TARGET=blue\n");
    let asked = run(&office, env_file);
    assert_eq!(asked.status, Some(21), "{asked}");
    office
}

fn run(office: &Office, env_file: &str) -> Ended {
    let mut heal = office.command("bob");
    let policy = office.policy("require_approval");
    let store = office.service.world.path("store");
    heal.args(["run", "--env", "production", "--env-file", env_file, "--policy", &policy, "--store"]).arg(store);
    Ended::of({
        heal.args(["--", "./deploy.sh"]);
        heal
    })
}

/// What the command was run with, last.
fn deployed(office: &Office) -> String {
    let all = std::fs::read_to_string(office.service.world.path("outside/deployed")).unwrap_or_default();
    all.lines().last().unwrap_or_default().to_owned()
}

fn resumed(office: &Office, incident: &str) -> (Option<i32>, Value) {
    let ended = office.ask("bob", &["resume", incident, "--json"]);
    (ended.status, ended.json())
}

#[test]
fn the_value_that_was_agreed_to_is_given() {
    let office = waiting("ci.env");
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let (status, told) = resumed(&office, &incident);
    assert_eq!((status, deployed(&office)), (Some(0), "blue".to_owned()), "{told}");
}

#[test]
fn another_value_is_not_what_was_agreed_to() {
    let office = waiting("ci.env");
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    office.service.world.write("ci.env", "DEPLOY_TARGET=evil\n");
    let (status, told) = resumed(&office, &incident);
    assert_eq!(status, Some(20), "{told}");
    assert!(told.to_string().contains("the value of DEPLOY_TARGET changed since it was seen"), "{told}");
    assert_ne!(deployed(&office), "evil");

    assert_eq!(run(&office, "ci.env").status, Some(21), "it is asked anew");
    office.assert_verifies();
}

#[test]
fn what_is_recorded_does_not_give_the_value_away() {
    use sha2::{Digest, Sha256};
    let office = waiting("ci.env");
    let (incident, _) = office.waiting();
    let shown = office.ask("bob", &["show", &incident, "--json"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("the value of DEPLOY_TARGET in ci.env"), "{shown}");
    for guess in ["blue", "DEPLOY_TARGET=blue", "DEPLOY_TARGET\0blue"] {
        let hash: String = Sha256::digest(guess).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(office.service.world.files_that_tell(&hash), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn a_file_is_called_what_the_user_called_it_in_every_process() {
    let office = waiting("ci.env");
    let (incident, plan) = office.waiting();
    let refused = office.ask("ada", &["reject", &incident, "--plan", &plan, "--because", "not in the evening"]);
    assert_eq!(refused.status, Some(0), "{refused}");
    let (status, told) = resumed(&office, &incident);
    assert_eq!(status, Some(20), "what was refused is not proposed under another name: {told}");
    let opened = office.service.world.path("project/ci.env").display().to_string();
    assert!(!told.to_string().contains(&opened), "{told}");
}

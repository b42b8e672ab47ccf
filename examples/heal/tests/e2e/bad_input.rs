//! Bad input is refused before the command runs: the place, what was expected, and a status.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Ended, World, skip};

const MARK: [&str; 3] = ["sh", "-c", "echo start >>\"$OUTSIDE/starts\""];

fn refused(world: &World, options: &[&str], said: &[&str]) {
    let ended = world.heal(options, &MARK);
    assert_eq!(ended.status, Some(2), "{options:?}: {ended}");
    said.iter().for_each(|text| ended.assert_says(text));
    assert_eq!(world.starts(), 0, "{options:?}: the command ran");
}

#[test]
fn a_command_that_is_not_there_is_127() {
    let world = World::new();
    let ended = world.heal(&[], &["no-such-program-anywhere"]);
    assert_eq!(ended.status, Some(127), "{ended}");
    ended.assert_says("no-such-program-anywhere");
    assert_eq!(world.heal(&[], &["./missing.sh"]).status, Some(127));
}

#[test]
fn a_command_that_cannot_be_executed_is_126() {
    let world = World::new();
    world.write("notes.txt", "no program");
    let ended = world.heal(&[], &["./notes.txt"]);
    assert_eq!(ended.status, Some(126), "{ended}");
    ended.assert_says("./notes.txt");
}

#[test]
fn the_command_line_must_be_complete() {
    let world = World::new();
    let without_command = Ended::of({
        let mut heal = world.bare();
        heal.arg("--dir").arg(world.dir()).arg("--");
        heal
    });
    assert_eq!(without_command.status, Some(2), "{without_command}");
    without_command.assert_says("CMD");
    refused(&world, &["--memory", "64X"], &["--memory", "64X"]);
    refused(&world, &["--memory", "1k"], &["1M"]);
    refused(&world, &["--memory-max", "1G"], &["--memory"]);
    refused(&world, &["--max-attempts", "0"], &["--max-attempts"]);
    refused(&world, &["--env", "qa"], &["dev, staging or production"]);
    refused(&world, &["--no-such-option"], &["--no-such-option"]);
}

#[test]
fn a_directory_that_is_none() {
    let world = World::new();
    let file = world.aside("file", "");
    for (dir, expected) in [("/no/such/directory", "No such file"), (file.as_str(), "expected a directory")] {
        let mut heal = world.bare();
        heal.args(["--dir", dir, "--"]).args(MARK);
        let ended = Ended::of(heal);
        assert_eq!(ended.status, Some(2), "{ended}");
        ended.assert_says(dir);
        ended.assert_says(expected);
        assert_eq!(world.starts(), 0);
    }
}

#[test]
fn a_broken_env_file_says_the_line_and_not_what_it_holds() {
    let world = World::new();
    let file = world.aside("ci.env", "GOOD=1\n\nthis is s3cr3t-t3xt\n");
    refused(&world, &["--env-file", &file], &[&format!("{file}:3"), "expected NAME=value"]);
    assert!(!world.heal(&["--env-file", &file], &MARK).said().contains("s3cr3t"));
    refused(&world, &["--env-file", "/no/such.env"], &["/no/such.env"]);
}

#[test]
fn a_broken_runbook_says_the_line() {
    let world = World::new();
    let file = world.aside("broken/first.yaml", "schema: selfheal.dev/runbook/v1\nid: first\nsignatur: {}\n");
    let folder = world.path("broken").display().to_string();
    refused(&world, &["--runbooks", &folder], &[&format!("{file}:3"), "`signatur`", "expected", "signature"]);
    refused(&world, &["--runbooks", "/no/such/runbooks"], &["/no/such/runbooks"]);
}

#[test]
fn a_broken_policy_says_the_line() {
    let world = World::new();
    let policy =
        "schema: selfheal.dev/guardrails/v1\nname: mine\nversion: 1\nrules:\n  - id: one\n    effect: perhaps\n";
    let file = world.aside("policy.yaml", policy);
    refused(&world, &["--policy", &file], &[&format!("{file}:6"), "expected"]);
    refused(&world, &["--policy", "/no/such.yaml"], &["/no/such.yaml"]);
}

#[test]
fn a_store_that_is_a_file() {
    let world = World::new();
    let file = world.aside("store-file", "");
    let mut heal = world.bare();
    heal.arg("--dir").arg(world.dir()).args(["--store", &file, "--"]).args(MARK);
    let ended = Ended::of(heal);
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says(&file);
    assert_eq!(world.starts(), 0, "the command ran");
}

#[test]
fn without_a_home_the_state_has_no_place_and_that_is_said() {
    let world = World::new();
    let mut heal = world.run(&[], &MARK);
    heal.env_remove("HOME").env_remove("XDG_STATE_HOME");
    let ended = Ended::of(heal);
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("XDG_STATE_HOME");
    assert_eq!(world.starts(), 0);
}

#[test]
fn an_unreadable_directory() {
    let world = World::new();
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o000)).unwrap();
    let ended = world.heal_as_nobody(&[], &MARK);
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let Some(ended) = ended else { return };
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("Permission denied");
    assert_eq!(world.starts(), 0);
}

#[test]
fn a_read_only_directory_escalates_and_stays_as_it_was() {
    use crate::common::Service;
    let service = Service::new();
    let world = &service.world;
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o555)).unwrap();
    let before = world.snapshot();
    let ended = world.heal_as_nobody(&service.options(&["--json"]), &["./start.sh"]);
    let after = world.snapshot();
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let Some(ended) = ended else { return };
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    let told = ended.json();
    let reason = told["actions"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("service.conf") || reason.contains("Permission denied"), "{told}");
    assert_eq!(before, after);
}

#[test]
fn a_memory_limit_that_cannot_be_kept_is_refused() {
    let world = World::new();
    let Some(ended) = world.heal_as_nobody(&["--memory", "64M"], &MARK) else { return };
    if world.starts() > 0 {
        return skip("this user may write to a memory cgroup");
    }
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("memory limit");
}

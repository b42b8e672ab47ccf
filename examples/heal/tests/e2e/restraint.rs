//! What leaves the directory alone: `--dry-run`, `--propose`, production.

use std::fs;

use crate::common::{MENDED, Service, World, have, skip};

#[test]
fn a_dry_run_says_what_it_would_do() {
    let service = Service::new();
    let before = service.world.snapshot();
    let ended = service.heal_json(&["--dry-run"]);
    assert_eq!(ended.json()["outcome"], "dry_run", "{ended}");
    assert_ne!(ended.status, Some(0), "the command failed");
    assert_eq!((ended.json()["attempts"].as_u64(), service.world.starts()), (Some(1), 1));
    assert_eq!(ended.json()["actions"][0]["result"], "proposed");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_dry_run_of_a_command_that_passes_is_0() {
    let world = World::new();
    let ended = world.heal_json(&["--dry-run"], &["true"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("dry_run")), "{ended}");
}

#[test]
fn a_proposal_is_rehearsed_and_written_as_a_patch_that_applies() {
    for tool in [&["patch", "-p1", "-i"][..], &["git", "apply"][..]] {
        if !have(tool[0]) {
            skip(&format!("{} is not here", tool[0]));
            continue;
        }
        let service = Service::new();
        let before = service.world.snapshot();
        let patch = service.world.path("fix.patch").display().to_string();
        let ended = service.heal_json(&["--propose", "--patch", &patch]);
        ended.assert_gist(22, "proposed", "missing_configuration", 2);
        assert_eq!(ended.json()["actions"][0]["result"], "proposed");
        assert_eq!(ended.json()["patch"], patch);
        assert_eq!(ended.json()["diff"].as_str().unwrap(), fs::read_to_string(&patch).unwrap());
        assert_eq!(service.world.snapshot(), before);

        let mut apply = service.world.command(tool[0]);
        assert!(apply.args(&tool[1..]).arg(&patch).current_dir(service.world.dir()).status().unwrap().success());
        assert_eq!(service.conf(), MENDED);
        let mut by_hand = service.world.command("./start.sh");
        assert!(by_hand.current_dir(service.world.dir()).status().unwrap().success());
    }
}

#[test]
fn a_patch_of_a_file_without_a_last_newline_applies_too() {
    if !have("git") {
        return skip("git is not here");
    }
    let service = Service::new();
    service.world.write("service.conf", "# no newline at the end\nworkers = 0");
    let patch = service.world.path("fix.patch").display().to_string();
    let ended = service.heal_json(&["--propose", "--patch", &patch]);
    assert_eq!(ended.status, Some(22), "{ended}");
    let mut apply = service.world.command("git");
    assert!(apply.args(["apply", &patch]).current_dir(service.world.dir()).status().unwrap().success());
    assert_eq!(service.conf(), "# no newline at the end\nworkers = 4");
}

#[test]
fn a_fix_that_does_not_help_is_not_proposed() {
    let service = Service::new();
    let useless = crate::common::edit_line("error: workers must be at least 1", "workers = 0", "workers = 0 # none");
    service.world.aside("runbooks/workers.yaml", &useless);
    let patch = service.world.path("fix.patch");
    let ended = service.heal_json(&["--propose", "--patch", &patch.display().to_string()]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(!patch.exists());
}

#[test]
fn production_proposes() {
    let service = Service::new();
    let before = service.world.snapshot();
    let ended = service.heal_json(&["--env", "production"]);
    ended.assert_gist(22, "proposed", "missing_configuration", 2);
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_patch_that_cannot_be_written_is_said_and_changes_nothing_else() {
    let service = Service::new();
    let ended = service.heal_json(&["--patch", "/no/such/folder/fix.patch"]);
    ended.assert_says("/no/such/folder/fix.patch");
    assert_eq!(
        (ended.status, service.world.starts()),
        (Some(2), 0),
        "an unusable option is refused before the command runs: {ended}"
    );
}

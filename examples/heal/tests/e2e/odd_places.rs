//! Directories and commands that are not what one expects.

use std::os::unix::fs::symlink;

use crate::common::{BROKEN, Ended, MENDED, Service, World, have, skip};

#[test]
fn names_with_spaces_accents_quotes_and_newlines() {
    for name in ["two words", "größe ✓", "it's \"odd\"", "line\nbreak", "-dash", "100%{x}"] {
        let service = Service::in_world(World::with_project(name));
        let ended = service.heal_json(&[]);
        assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{name:?}: {ended}");
    }
}

#[test]
fn a_link_to_the_directory_is_the_directory() {
    let service = Service::new();
    let link = service.world.path("link");
    symlink(service.world.dir(), &link).unwrap();
    let mut heal = service.world.bare();
    heal.arg("--json").arg("--dir").arg(&link).args(service.options(&[])).args(["--", "./start.sh"]);
    let ended = Ended::of(heal);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{ended}");
}

#[test]
fn the_present_directory_is_the_default() {
    let service = Service::new();
    let mut heal = service.world.bare();
    heal.current_dir(service.world.dir()).args(service.options(&["--json", "--", "./start.sh"]));
    let ended = Ended::of(heal);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{ended}");
}

#[test]
fn a_worktree_keeps_its_state_in_the_git_directory_and_git_sees_only_the_fix() {
    if !have("git") {
        return skip("git is not here");
    }
    let service = Service::new();
    let world = &service.world;
    let git = |args: &[&str], dir: &std::path::Path| {
        let mut git = world.command("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).current_dir(dir);
        let ended = Ended::of(git);
        assert_eq!(ended.status, Some(0), "git {args:?}: {ended}");
        String::from_utf8(ended.stdout).unwrap()
    };
    git(&["init", "-q"], world.dir());
    git(&["add", "-A"], world.dir());
    git(&["commit", "-qm", "all"], world.dir());
    let tree = world.path("tree");
    git(&["worktree", "add", "-q", tree.to_str().unwrap()], world.dir());
    let mut heal = world.bare();
    heal.arg("--json").arg("--dir").arg(&tree).args(service.options(&[])).args(["--", "./start.sh"]);
    heal.env_remove("HOME").env_remove("XDG_STATE_HOME");
    let ended = Ended::of(heal);
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(git(&["status", "--porcelain"], &tree), " M service.conf\n");
    assert_eq!(git(&["status", "--porcelain"], world.dir()), "");
}

#[test]
fn a_command_that_names_its_directory_is_not_rehearsed_on_a_copy() {
    let service = Service::new();
    let before = service.world.snapshot();
    let script = service.world.dir().join("start.sh").display().to_string();
    let ended = service.world.heal_json(&service.options(&[]), &[&script]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    let told = ended.json();
    assert!(told["escalation"].as_str().unwrap().contains("absolute path"), "{told}");
    assert_eq!(service.world.starts(), 1);
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_rehearsal_that_writes_into_the_directory_itself_proves_nothing() {
    let service = Service::new();
    let world = &service.world;
    // Not in the script that the command names, but in one that it calls.
    world.script("log.sh", &format!("#!/bin/sh\necho ran >>'{}/run.log'\n", world.dir().display()));
    let script = world.read("start.sh").replace("echo started", "./log.sh; echo started");
    world.script("start.sh", &script);
    let ended = service.heal_json(&[]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(service.conf(), BROKEN);
    let told = ended.json();
    assert!(told["escalation"].as_str().unwrap().contains("proves nothing"), "{told}");
}

#[test]
fn a_command_that_writes_its_own_manifest_is_no_foreign_change() {
    let service = Service::new();
    let script = service.world.read("start.sh").replace("echo started", "echo '# seen' >>service.conf; echo started");
    service.world.script("start.sh", &script);
    let ended = service.heal_json(&[]);
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(service.conf(), format!("{MENDED}# seen\n"));
}

#[test]
fn a_command_that_removes_its_directory_is_survived() {
    let world = World::new();
    world.write("a.txt", "a");
    let ended = world.heal_json(&[], &["sh", "-c", "rm -rf \"$PWD\"; echo 'error: gone' >&2; exit 1"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
}

#[test]
fn files_that_cannot_be_copied_are_left_out_or_told() {
    let service = Service::new();
    let made = std::process::Command::new("mkfifo").arg(service.world.dir().join("pipe")).status().unwrap();
    assert!(made.success());
    symlink("nowhere", service.world.dir().join("dangling")).unwrap();
    symlink(".", service.world.dir().join("loop")).unwrap();
    let mut heal = service.world.bare();
    heal.arg("--json").arg("--dir").arg(service.world.dir()).args(service.options(&[])).args(["--", "./start.sh"]);
    let ended = Ended::of(heal);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{ended}");
}

#[test]
fn the_scratch_place_may_lie_in_the_project() {
    let service = Service::new();
    let inside = service.world.dir().join("tmp");
    std::fs::create_dir(&inside).unwrap();
    let mut heal = service.world.run(&service.options(&["--json"]), &["./start.sh"]);
    heal.env("TMPDIR", &inside);
    let ended = Ended::of(heal);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{ended}");
    assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0, "nothing is left there");
}

//! A fix to a file: rehearsed on a copy, applied, verified in the directory, or taken back to the byte.

use std::os::unix::fs::PermissionsExt;

use crate::common::{BROKEN, Gate, MENDED, Service, edit_line};

#[test]
fn a_fix_that_holds_stays() {
    let service = Service::new();
    let ended = service.heal_json(&[]);
    ended.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!(service.conf(), MENDED);
    assert_eq!(service.world.starts(), 3, "first, on the copy, in the directory");
    assert!(service.world.leftovers().is_empty());
    let by_hand = service.world.command("./start.sh").current_dir(service.world.dir()).status();
    assert!(by_hand.unwrap().success());
}

#[test]
fn the_timeline_tells_the_evidence_the_rule_and_the_change() {
    let service = Service::new();
    let ended = service.world.heal(&service.options(&[]), &["./start.sh"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    for told in [
        "line 1: error: workers must be at least 1",
        "edit service.conf at line 2",
        "-workers = 0",
        "+workers = 4",
        "passed on a copy",
        "passes now",
    ] {
        ended.assert_says(told);
    }
    assert_eq!(ended.stdout, b"started\n", "stdout is the command's alone");
    assert!(!ended.stderr.contains(&0x1b), "colour is for terminals: {ended}");
}

#[test]
fn a_fix_that_fails_verification_is_taken_back_to_the_byte() {
    let service = Service::new();
    let file = service.world.dir().join("service.conf");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    service.refuse_in_place();
    let before = service.world.snapshot();
    let ended = service.heal_json(&[]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(ended.json()["actions"][0]["result"], "rolled_back", "{ended}");
    assert_eq!(ended.json()["diff"], "", "nothing was changed in the end");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_fix_that_does_not_help_on_the_copy_never_reaches_the_directory() {
    let service = Service::new();
    let useless = edit_line("error: workers must be at least 1", "workers = 0", "workers = 0 # none");
    service.world.aside("runbooks/workers.yaml", &useless);
    let before = service.world.snapshot();
    let ended = service.heal_json(&[]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert_eq!(ended.json()["actions"][0]["result"], "rejected");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_line_that_is_not_what_was_expected_is_left_alone() {
    let service = Service::new();
    service.world.write("service.conf", "# comment\nworkers = 0 # on purpose\n");
    let before = service.world.snapshot();
    let ended = service.heal_json(&[]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert_eq!(service.world.starts(), 1, "nothing to rehearse");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
fn a_change_by_somebody_else_between_preview_and_apply_stops_it() {
    let service = Service::new();
    let gate = Gate::new(&service.world);
    let heal = service.start(&["--json"], 2);
    let rehearsing = gate.reached();
    service.world.write("service.conf", "# mine\nworkers = 0\n");
    rehearsing.let_go();
    let ended = crate::common::Ended::wait(heal);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert_eq!(service.conf(), "# mine\nworkers = 0\n");
}

#[test]
fn what_the_command_left_in_the_file_is_no_foreign_change() {
    let service = Service::new();
    service.refuse_in_place();
    let script =
        service.world.read("start.sh").replace("echo 'no seat", "echo '# tried' >>service.conf; echo 'no seat");
    service.world.script("start.sh", &script);
    let ended = service.heal_json(&[]);
    assert_eq!(ended.json()["actions"][0]["result"], "rolled_back", "{ended}");
    assert_eq!(service.conf(), BROKEN);
}

#[test]
fn a_link_is_not_followed_and_not_replaced() {
    let service = Service::new();
    let (file, real) = (service.world.dir().join("service.conf"), service.world.dir().join("real.conf"));
    std::fs::rename(&file, &real).unwrap();
    std::os::unix::fs::symlink("real.conf", &file).unwrap();
    let before = service.world.snapshot();
    let ended = service.heal_json(&[]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(ended.json()["actions"][0]["reason"].as_str().unwrap().contains("link"), "{ended}");
    assert_eq!(service.world.snapshot(), before);
}

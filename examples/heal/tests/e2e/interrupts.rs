//! A signal at any moment: 128 + its number, the files as they were, no copy and no process left.

use std::process::Child;

use crate::common::{Ended, Gate, Service, send};

/// The starts of the command: the first, on the copy, and in the directory after the fix was applied.
const FIRST: u32 = 1;
const REHEARSAL: u32 = 2;
const FINAL: u32 = 3;

fn stopped_by(signal: &str, at: u32) -> (Service, Ended) {
    let service = Service::new();
    let before = service.world.snapshot();
    let gate = Gate::new(&service.world);
    let heal: Child = service.start(&["--json"], at);
    let stopped = gate.reached();
    send(signal, heal.id());
    let ended = Ended::wait(heal);
    stopped.wait_until_gone();
    assert_eq!(service.world.snapshot(), before, "{signal} at start {at}: the files are as they were: {ended}");
    assert_eq!(service.world.leftovers(), Vec::<std::path::PathBuf>::new(), "{signal} at start {at}: {ended}");
    assert_eq!(service.world.starts(), at as usize);
    (service, ended)
}

#[test]
fn while_the_command_runs_first() {
    assert_eq!(stopped_by("INT", FIRST).1.status, Some(130));
    assert_eq!(stopped_by("TERM", FIRST).1.status, Some(143));
}

#[test]
fn while_the_fix_is_rehearsed() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let (_, ended) = stopped_by(signal, REHEARSAL);
        assert_eq!(ended.status, Some(status), "{ended}");
        assert_eq!(ended.json()["actions"][0]["result"], "rejected");
        assert_eq!(ended.json()["diff"], "");
    }
}

#[test]
fn while_the_fix_is_verified_in_the_directory() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let (_, ended) = stopped_by(signal, FINAL);
        assert_eq!(ended.status, Some(status), "{ended}");
        assert_eq!(ended.json()["actions"][0]["result"], "rolled_back");
        assert_eq!(ended.json()["diff"], "");
    }
}

#[test]
fn the_next_heal_is_not_hindered_by_it() {
    let (service, _) = stopped_by("TERM", FINAL);
    let ended = service.heal_json(&[]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("healed")), "{ended}");
}

#[test]
fn a_command_that_does_not_listen_is_killed_by_the_second_signal() {
    let service = Service::new();
    let script = service.world.read("start.sh").replace("exec 9>", "trap '' INT TERM; exec 9>");
    service.world.script("start.sh", &script);
    let before = service.world.snapshot();
    let gate = Gate::new(&service.world);
    let heal = service.start(&["--json"], FINAL);
    let stopped = gate.reached();
    send("INT", heal.id());
    send("TERM", heal.id());
    let ended = Ended::wait(heal);
    stopped.wait_until_gone();
    assert!([Some(130), Some(143)].contains(&ended.status), "{ended}");
    assert_eq!(service.world.snapshot(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_command_started_is_gone_before_the_files_are_taken_back() {
    for at in [FIRST, FINAL] {
        let service = Service::new();
        service.world.script("work.sh", &service.world.read("start.sh"));
        service.world.script("start.sh", "#!/bin/sh\n./work.sh\nexit $?\n");
        let before = service.world.snapshot();
        let gate = Gate::new(&service.world);
        let heal = service.start(&["--json"], at);
        let stopped = gate.reached();
        send("TERM", heal.id());
        let ended = Ended::wait(heal);
        assert_eq!(ended.status, Some(143), "{ended}");
        stopped.wait_until_gone();
        assert_eq!(service.world.snapshot(), before, "{ended}");
    }
}

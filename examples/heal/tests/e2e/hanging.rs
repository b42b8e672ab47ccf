//! A command that hangs when it is run again.

use crate::common::World;

#[test]
fn a_rerun_that_hangs_is_stopped_and_counts_as_failed() {
    let world = World::new();
    let made = world.command("mkfifo").arg(world.path("outside/never")).status().unwrap();
    assert!(made.success());
    world.script(
        "install.sh",
        "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\n[ \"$(wc -l <\"$OUTSIDE/starts\")\" -lt 2 ] || read -r go <\"$OUTSIDE/never\"\n\
         echo 'npm error code ECONNRESET' >&2\necho 'npm error network request to https://registry.example.org/left-pad failed' >&2\nexit 1\n",
    );
    let ended = world.heal_json(&["--rerun-timeout", "1", "--max-attempts", "2"], &["./install.sh"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(world.starts(), 2);
    assert!(ended.json().to_string().contains("timed_out") || ended.said().contains("stopped after"), "{ended}");
}

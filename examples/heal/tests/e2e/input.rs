//! A command that reads its standard input: every start reads the same, and what it doesn't read stays where it is.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::common::{Ended, Service, World};

/// Fails with a network error the first time, and keeps what it read beside the project.
const FAILS_ONCE: &str = "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\nn=$(wc -l <\"$OUTSIDE/starts\")\n\
     cat >\"$OUTSIDE/read.$((n))\"\n[ \"$n\" -lt 2 ] || exit 0\n\
     echo 'npm error code ECONNRESET' >&2\necho 'npm error network request to https://registry.example.org/left-pad failed' >&2\nexit 1\n";

fn fed(mut heal: Command, input: &[u8]) -> Ended {
    let mut heal = heal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = heal.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A command that ends without reading all of it closes the pipe.
        scope.spawn(move || drop(pipe.write_all(input)));
        Ended::wait(heal)
    })
}

fn read_by_start(world: &World, start: u32) -> Vec<u8> {
    fs::read(world.path(&format!("outside/read.{start}"))).unwrap()
}

#[test]
fn a_shell_that_reads_its_script_fails_again_rather_than_pass_with_no_input() {
    let world = World::new();
    let ended = fed(
        world.run(&["--json", "--max-attempts", "2"], &["sh"]),
        b"echo 'getaddrinfo EAI_AGAIN registry.example.org' >&2; exit 6\n",
    );
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(ended.json()["command_exit"], 6, "{ended}");
}

#[test]
fn a_rerun_reads_what_the_first_run_read_of_a_pipe() {
    let world = World::new();
    world.script("install.sh", FAILS_ONCE);
    // More than any pipe holds.
    let input: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let ended = fed(world.run(&["--json"], &["./install.sh"]), &input);
    ended.assert_gist(0, "healed", "network_timeout", 2);
    assert!(read_by_start(&world, 1) == input && read_by_start(&world, 2) == input, "{ended}");
}

#[test]
fn a_rerun_reads_a_file_from_where_it_stood() {
    let world = World::new();
    world.script("install.sh", FAILS_ONCE);
    let path = world.aside("input", "read before\nread by the command\n");
    let mut file = File::open(path).unwrap();
    file.read_exact(&mut [0; 12]).unwrap();
    let mut heal = world.run(&["--json"], &["./install.sh"]);
    heal.stdin(file);
    Ended::of(heal).assert_gist(0, "healed", "network_timeout", 2);
    assert_eq!(read_by_start(&world, 2), b"read by the command\n");
}

#[test]
fn a_rehearsal_reads_the_same_as_the_runs_in_place() {
    let service = Service::new();
    let script = service.world.read("start.sh").replace("echo start >>", "cat >>\"$OUTSIDE/read\"; echo start >>");
    service.world.script("start.sh", &script);
    let ended = fed(service.world.run(&service.options(&["--json"]), &["./start.sh"]), b"same\n");
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("healed")), "{ended}");
    assert_eq!(
        fs::read_to_string(service.world.path("outside/read")).unwrap(),
        "same\n".repeat(service.world.starts())
    );
}

#[test]
fn what_was_too_much_to_keep_forbids_a_rerun() {
    let world = World::new();
    world.script("install.sh", FAILS_ONCE);
    let input = vec![b'x'; (64 << 20) + 1];
    let ended = fed(world.run(&["--json"], &["./install.sh"]), &input);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(world.starts(), 1);
    assert!(ended.json().to_string().contains("can't be given again"), "{ended}");
}

#[test]
fn a_pipe_that_nobody_writes_to_holds_up_nobody() {
    let world = World::new();
    let mut heal = world.run(&[], &["true"]).stdin(Stdio::piped()).spawn().unwrap();
    let open = heal.stdin.take();
    assert!(heal.wait().unwrap().success());
    drop(open);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_command_does_not_read_of_a_pipe_is_left_to_others() {
    let world = World::new();
    let mut shell = world.command("sh");
    let heal = env!("CARGO_BIN_EXE_heal");
    let script =
        format!("'{heal}' run --dir '{}' -- sh -c 'read -r line; echo \"got $line\"'; cat", world.dir().display());
    shell.args(["-c", &script]);
    let ended = fed(shell, b"one\ntwo\nthree\n");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "got one\ntwo\nthree\n", "{ended}");
}

//! A command's own output, status and streams are its own, whatever heals around it.

use crate::common::{Ended, Gate, World};

#[test]
fn a_command_that_passes_is_not_commented_on() {
    let world = World::new();
    let ended = world.heal(&[], &["sh", "-c", "printf 'out\\n'; printf 'err\\n' >&2"]);
    assert_eq!((ended.status, &ended.stdout[..], &ended.stderr[..]), (Some(0), &b"out\n"[..], &b"err\n"[..]));
}

#[test]
fn bytes_pass_through_as_they_are() {
    let world = World::new();
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    std::fs::write(world.path("bytes"), &every_byte).unwrap();
    let source = world.path("bytes").display().to_string();
    let ended = world.heal(&[], &["sh", "-c", "cat \"$0\"; cat \"$0\" >&2", &source]);
    assert_eq!(ended.status, Some(0));
    assert!(ended.stdout == every_byte && ended.stderr == every_byte, "streams differ from what the command wrote");
}

#[test]
fn a_command_that_fails_keeps_its_streams_too() {
    let world = World::new();
    let ended = world.heal(&[], &["sh", "-c", "printf 'out\\377'; printf 'err\\377\\n' >&2; exit 1"]);
    assert_eq!(ended.stdout, b"out\xff");
    assert!(ended.stderr.starts_with(b"err\xff\n"), "{ended}");
}

#[test]
fn standard_input_reaches_the_command() {
    let world = World::new();
    let input = std::fs::File::open(world.aside("input", "from a pipe\n")).unwrap();
    let mut heal = world.run(&[], &["cat"]);
    heal.stdin(input);
    assert_eq!(Ended::of(heal).stdout, b"from a pipe\n");
}

#[test]
fn much_output_is_delivered_whole_and_diagnosed_by_its_end() {
    let world = World::new();
    let script = "echo 'deploying' >&2; i=0; line=$(printf '%0500d' 0); while [ $i -lt 20000 ]; do echo \"$line$i\"; i=$((i+1)); done; \
                  echo 'checking what is needed' >&2; echo 'sh: 1: DEPLOY_REGION: parameter not set' >&2; exit 2";
    let ended = world.heal(&[], &["sh", "-c", script]);
    assert_eq!(ended.stdout.iter().filter(|byte| **byte == b'\n').count(), 20_000);
    ended.assert_says("DEPLOY_REGION is not set");
    assert_eq!(ended.status, Some(20));
}

#[test]
fn a_background_child_that_holds_the_output_does_not_hang_it() {
    let world = World::new();
    let gate = Gate::new(&world);
    let script = "(exec 9>\"$OUTSIDE/alive\"; echo here >&9; read -r go <\"$OUTSIDE/hold\") & echo done";
    let ended = world.heal(&[], &["sh", "-c", script]);
    assert_eq!((ended.status, &ended.stdout[..]), (Some(0), &b"done\n"[..]));
    let child = gate.reached();
    child.let_go();
    child.wait_until_gone();
}

#[test]
fn empty_output_is_an_honest_unknown() {
    let world = World::new();
    let ended = world.heal(&[], &["sh", "-c", "exit 7"]);
    assert_eq!(ended.status, Some(20), "{ended}");
    ended.assert_says("exit status 7");
    ended.assert_says("printed nothing");
}

//! Starting the command again: when it proves something, how often, and when never.

use crate::common::World;

/// Fails with the output of a test runner until it was started `passes_at` times.
fn flaky(world: &World, passes_at: u32) {
    world.script(
        "test.sh",
        &format!(
            "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\nn=$(wc -l <\"$OUTSIDE/starts\")\n\
             if [ \"$n\" -ge {passes_at} ]; then echo '12 passed'; exit 0; fi\n\
             echo 'FAILED tests/test_cart.py::test_total - AssertionError: assert 1 == 2'\n\
             echo '=== 1 failed, 11 passed in 0.03s ==='\nexit 1\n"
        ),
    );
}

#[test]
fn a_test_that_fails_and_then_passes_is_flaky_and_not_healed() {
    let world = World::new();
    flaky(&world, 3);
    let before = world.snapshot();
    let ended = world.heal_json(&[], &["./test.sh"]);
    ended.assert_gist(0, "passed", "flaky_test", 3);
    assert_eq!(ended.json()["flaky"], true);
    assert_eq!(ended.json()["diff"], "");
    assert_eq!(world.snapshot(), before);
    let told = World::new();
    flaky(&told, 3);
    told.heal(&[], &["./test.sh"]).assert_says("failed 2 times and then passed");
}

#[test]
fn a_test_that_always_fails_is_a_test_failure() {
    let world = World::new();
    flaky(&world, 1000);
    let ended = world.heal_json(&["--max-attempts", "5"], &["./test.sh"]);
    ended.assert_gist(20, "escalated", "test_failure", 5);
    assert_eq!(ended.json()["flaky"], false);
    assert_eq!(ended.json()["command_exit"], 1);
    assert_eq!(world.starts(), 5);
}

#[test]
fn one_attempt_is_the_first() {
    let world = World::new();
    flaky(&world, 2);
    let ended = world.heal_json(&["--max-attempts", "1"], &["./test.sh"]);
    ended.assert_gist(20, "escalated", "test_failure", 1);
}

#[test]
fn what_must_not_be_rerun_is_not() {
    let world = World::new();
    flaky(&world, 2);
    let ended = world.heal_json(&["--no-rerun"], &["./test.sh"]);
    ended.assert_gist(20, "escalated", "test_failure", 1);
    assert!(ended.json()["escalation"].as_str().unwrap().contains("--no-rerun"), "{ended}");
    assert_eq!(world.starts(), 1);
}

#[test]
fn a_network_error_that_passes_is_healed_by_a_retry() {
    let world = World::new();
    world.script(
        "install.sh",
        "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\n[ \"$(wc -l <\"$OUTSIDE/starts\")\" -lt 2 ] || exit 0\n\
         echo 'npm error code ECONNRESET' >&2\necho 'npm error network request to https://registry.example.org/left-pad failed' >&2\nexit 1\n",
    );
    let ended = world.heal_json(&[], &["./install.sh"]);
    ended.assert_gist(0, "healed", "network_timeout", 2);
    assert_eq!(
        (ended.json()["flaky"].as_bool(), ended.json()["actions"][0]["kind"].as_str()),
        (Some(false), Some("retry_stage"))
    );
}

//! Each program runs and says what it should.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::io::Write;
use std::process::{Command, Stdio};

/// What the program prints, given `input`.
fn said(program: &str, input: &str) -> String {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_bot_diagnoses_its_sample_and_proposes() {
    let answer = said(env!("CARGO_BIN_EXE_bot"), "");
    assert!(
        answer.contains("diagnosis: network_timeout: requests to registry.npmjs.org failed with ETIMEDOUT"),
        "{answer}"
    );
    assert!(answer.contains("because: npm error code ETIMEDOUT"), "{answer}");
    assert!(answer.contains("proposal: retry_stage (attempts 3, initial_backoff_ms 2000)"), "{answer}");
}

#[test]
fn the_bot_advises_where_a_proposal_would_be_a_guess() {
    let answer = said(env!("CARGO_BIN_EXE_bot"), "Error: Missing required environment variable: DATABASE_URL\n");
    assert!(
        answer.contains("diagnosis: missing_configuration: the environment variable DATABASE_URL is not set"),
        "{answer}"
    );
    assert!(!answer.contains("proposal:"), "{answer}");
    assert!(answer.contains("or yourself: Give DATABASE_URL to the pipeline"), "{answer}");
}

#[test]
fn the_bot_says_when_it_does_not_know() {
    assert_eq!(said(env!("CARGO_BIN_EXE_bot"), "all is quiet\n"), "I don't know this failure.\n");
}

#[test]
fn the_flag_is_turned_off_and_checkout_works() {
    let told = said(env!("CARGO_BIN_EXE_custom_executor"), "");
    assert!(told.contains("new_checkout: on -> off"), "{told}");
    assert!(told.contains("outcome: Some(Healed); new_checkout is off"), "{told}");
}

#[test]
fn the_policy_allows_small_changes_in_working_hours_only() {
    let told = said(env!("CARGO_BIN_EXE_custom_policy"), "");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].ends_with("applied, mode is good"), "{told}");
    assert!(lines[1].contains("denied: step 1: nobody is at work"), "{told}");
    assert!(lines[2].contains("denied: step 1: it changes 2 lines; at most 1 are allowed (small-changes)"), "{told}");
}

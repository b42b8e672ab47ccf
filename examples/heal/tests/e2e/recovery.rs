//! Recovery policies and healing policies: when the healer steps in, with what, how often, and whether it asks.

use crate::common::{BROKEN, Ended, MENDED, Office};

fn policy(office: &Office, spec: &str) -> String {
    let text = format!(
        "apiVersion: rodytech.ai/v1alpha1\nkind: PipelineRecoveryPolicy\nmetadata:\n  name: shop\nspec:\n  targetPipeline: shop\n{spec}"
    );
    office.service.world.aside("recovery.yaml", &text)
}

fn run(office: &Office, policy: &str) -> Ended {
    office.run("bob", &["--json", "--pipeline", "shop", "--recovery-policy", policy])
}

#[test]
fn the_healer_steps_in_at_the_failure_that_the_policy_names_whatever_process_counts() {
    let office = Office::new();
    let policy = policy(&office, "  failureThreshold: 3\n  allowedStrategies: [edit_file]\n");
    for failure in 1..=2 {
        let left = run(&office, &policy);
        left.assert_gist(1, "below_threshold", "", 1);
        let counted = &left.json()["failures"];
        assert_eq!((&counted["in_a_row"], &counted["threshold"]), (&failure.into(), &3.into()), "{left}");
        left.assert_says(&format!("{failure} of 3 failures in a row"));
        assert_eq!(left.json()["incident"], serde_json::Value::Null);
    }
    // Another pipeline's failures are its own.
    let other = office.run("bob", &["--json", "--pipeline", "barn", "--recovery-policy", &policy, "--dry-run"]);
    assert_eq!(other.json()["failures"], serde_json::Value::Null, "{other}");
    let third = run(&office, &policy);
    third.assert_gist(0, "healed", "missing_configuration", 3);
    assert_eq!(office.service.conf(), MENDED);
    office.service.world.write("service.conf", BROKEN);
    assert_eq!(run(&office, &policy).json()["failures"]["in_a_row"], 1, "a heal ends the row");
    office.assert_verifies();
}

#[test]
fn a_policy_that_is_about_another_pipeline_is_said_to_be() {
    let office = Office::new();
    let policy = policy(&office, "  allowedStrategies: [edit_file]\n");
    let none = "no recovery policy speaks of the pipeline";
    let run = |options: &[&str]| {
        let ended = office.service.world.heal(options, &["true"]);
        assert_eq!(ended.status, Some(0), "{ended}");
        String::from_utf8(ended.stderr).unwrap()
    };
    let stray = run(&["--pipeline", "barn", "--recovery-policy", &policy]);
    assert_eq!(stray.matches(none).count(), 1, "{stray}");
    assert!(stray.contains("barn"), "{stray}");
    for silent in [&["--pipeline", "shop", "--recovery-policy", &policy][..], &["--pipeline", "barn"]] {
        assert!(!run(silent).contains(none), "{silent:?}");
    }
}

#[test]
fn a_pass_ends_the_row_and_the_exit_status_is_the_commands_own() {
    let office = Office::new();
    let policy = policy(&office, "  failureThreshold: 2\n  allowedStrategies: [edit_file]\n");
    let status = |command: &str| {
        let options = ["--pipeline", "shop", "--recovery-policy", &policy];
        office.service.world.heal(&options, &["sh", "-c", command]).status
    };
    assert_eq!(
        [status("exit 7"), status("true"), status("exit 7"), status("exit 9")],
        [Some(7), Some(0), Some(7), Some(20)]
    );
}

#[test]
fn only_the_strategies_that_are_named_are_used() {
    let office = Office::new();
    let ended = run(&office, &policy(&office, "  allowedStrategies: [retry, dependency-fix]\n"));
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(office.service.conf(), BROKEN);
}

#[test]
fn without_auto_heal_a_fix_is_planned_and_waits_for_a_person() {
    let office = Office::of(&[("ada", "sre")]);
    let line =
        r#"{"resource_kind": "pipeline", "issue_type": "missing_configuration", "auto_heal": false, "max_retries": 1}"#;
    let healing = office.service.world.aside("healing.json", line);
    let asked = office.run("bob", &["--json", "--healing-policy", &healing]);
    assert_eq!((asked.status, asked.json()["outcome"].as_str()), (Some(21), Some("awaiting_approval")), "{asked}");
    assert_eq!(office.approve("ada").status, Some(0));
    let (incident, _) = office.waiting();
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
    assert_eq!(office.service.conf(), MENDED);
}

#[test]
fn retries_are_bounded_by_the_stricter_bound() {
    let office = Office::new();
    let script = "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\necho 'error: the line is busy' >&2\nexit 1\n";
    office.service.world.script("start.sh", script);
    let runbook = "schema: selfheal.dev/runbook/v1\nid: test-retry\nversion: 1\ntitle: The line is busy\ncategory: \
                   network_timeout\npriority: 1000\nsignature:\n  all: ['^error: the line is busy$']\ncause:\n  kind: busy\n  \
                   summary: 'the line is busy'\nplans:\n  - actions: [{kind: retry_stage, parameters: {attempts: {value: 6}, \
                   initial_backoff_ms: {value: 1}}}]\n    criteria: [command_succeeds]\n    compensation: nothing_to_undo\nescalation: 'Wait.'\n";
    office.service.world.aside("runbooks/retry.yaml", runbook);
    let ended = run(&office, &policy(&office, "  allowedStrategies: [retry]\n  safetyChecks: {maxRetries: 2}\n"));
    assert_eq!(ended.status, Some(20), "{ended}");
    assert_eq!(office.service.world.starts(), 1 + 3, "the first run, a start, and two retries of it: {ended}");
}

#[test]
fn a_broken_policy_is_refused_before_the_command_runs() {
    let office = Office::new();
    for (spec, said) in [
        ("  failureThreshold: 0\n  allowedStrategies: [retry]\n", "recovery.yaml:7"),
        ("  failureTreshold: 3\n", "failureTreshold"),
        ("  allowedStrategies: [reboot-the-moon]\n", "reboot-the-moon"),
    ] {
        let refused = run(&office, &policy(&office, spec));
        assert_eq!((refused.status, office.service.world.starts()), (Some(2), 0), "{refused}");
        refused.assert_says(said);
    }
}

//! Commands of runbooks: off unless three keys turn, and a person agrees to each.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Ended, Office};

const WAITS: &str = "kubectl rollout status deploy/db -n shop";

/// A service that fails at its first start only, and a runbook by which `command` is run then. Beside it a `kubectl` that notes how it
/// is called.
fn office(command: &str) -> Office {
    let office = Office::of(&[("ada", "sre"), ("bob", "")]);
    let world = &office.service.world;
    world.script(
        "start.sh",
        "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\n\
         [ \"$(wc -l <\"$OUTSIDE/starts\")\" -gt 1 ] || { echo 'error: the database is still rolling out' >&2; exit 1; }\n",
    );
    let called = world.path("outside/called").display().to_string();
    let kubectl = world.aside("bin/kubectl", &format!("#!/bin/sh\necho \"$PWD $*\" >>'{called}'\n"));
    fs::set_permissions(kubectl, fs::Permissions::from_mode(0o755)).unwrap();
    world.aside("runbooks/workers.yaml", &runbook(command));
    office
}

fn runbook(command: &str) -> String {
    format!(
        "schema: selfheal.dev/runbook/v1\nid: test-wait\nversion: 1\ntitle: A database is still rolling out\n\
         category: service_down\npriority: 1000\nsignature:\n  all: ['^error: the database is still rolling out$']\n\
         cause:\n  kind: still_rolling_out\n  summary: 'the database is still rolling out'\nplans:\n  - actions:\n      - kind: \
         run_command\n        parameters:\n          command: {{value: '{command}'}}\n    criteria: [command_succeeds]\n    \
         compensation: nothing_to_undo\nescalation: 'Wait for the database.'\n"
    )
}

fn policy(office: &Office, kinds: &str) -> String {
    let text = format!(
        "schema: selfheal.dev/guardrails/v1\nname: team\nversion: 1\nrules:\n  - {{id: checks, effect: allow, kinds: [{kinds}], because: \
         'a check may run'}}\nexamples:\n  - {{name: checks, given: {{kind: run_command, environment: dev}}, expect: allow}}\n"
    );
    office.service.world.aside("policy.yaml", &text)
}

/// `heal`, with the world's own `kubectl` first.
fn heal(office: &Office, who: &str, arguments: &[String]) -> Ended {
    let mut heal = office.command(who);
    let bin = office.service.world.path("bin");
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path))).unwrap();
    heal.env("PATH", path).env("API_TOKEN", "correct-horse-battery").args(arguments);
    Ended::of(heal)
}

fn run(office: &Office, options: &[&str]) -> Ended {
    heal(office, "bob", &office.run_arguments(options))
}

fn resume(office: &Office, incident: &str) -> Ended {
    let store = office.service.world.path("store").display().to_string();
    heal(office, "bob", &["resume", incident, "--json", "--store", &store].map(str::to_owned))
}

/// How `kubectl` was called: where, and with which arguments.
fn called(office: &Office) -> Vec<String> {
    let all = fs::read_to_string(office.service.world.path("outside/called")).unwrap_or_default();
    all.lines().map(str::to_owned).collect()
}

fn here(office: &Office, arguments: &str) -> String {
    format!("{} {arguments}", office.service.world.dir().display())
}

#[test]
fn it_is_off_and_said_to_be() {
    let office = office(WAITS);
    let policy = policy(&office, "run_command");
    let ended = run(&office, &["--policy", &policy, "--json"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    ended.assert_says("run_command");
    ended.assert_says("--allow-run-command");
    assert_eq!(called(&office), [""; 0]);
}

#[test]
fn the_option_alone_or_a_rule_about_everything_is_not_enough() {
    for kinds in [None, Some("'*'")] {
        let office = office(WAITS);
        let given = kinds.map(|kinds| policy(&office, kinds));
        let mut options = vec!["--allow-run-command", "--json"];
        options.extend(given.iter().flat_map(|given| ["--policy", given]));
        let ended = run(&office, &options);
        assert_eq!(ended.status, Some(20), "{kinds:?}: {ended}");
        assert_eq!(called(&office), [""; 0], "{kinds:?}");
    }
}

#[test]
fn a_command_that_only_reads_runs_once_and_after_a_person_agreed() {
    let office = office(WAITS);
    let policy = policy(&office, "run_command");
    let asked = run(&office, &["--allow-run-command", "--policy", &policy]);
    assert_eq!(asked.status, Some(21), "{asked}");
    assert_eq!(called(&office), [""; 0], "nobody agreed yet");
    let (incident, _) = office.waiting();
    let shown = office.ask("ada", &["approvals", &incident]);
    assert!(shown.to_string().contains(WAITS), "{shown}");

    let agreed = office.approve("ada");
    assert_eq!(agreed.status, Some(0), "{agreed}");
    let healed = resume(&office, &incident);
    assert_eq!((healed.status, healed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{healed}");
    assert_eq!(called(&office), [here(&office, "rollout status deploy/db -n shop")]);
    assert_eq!(office.service.world.starts(), 2);
    office.assert_verifies();
}

#[test]
fn a_proposal_runs_no_command() {
    let office = office(WAITS);
    let policy = policy(&office, "run_command");
    let proposed = run(&office, &["--allow-run-command", "--propose", "--policy", &policy]);
    proposed.assert_says(WAITS);
    assert_eq!(called(&office), [""; 0], "{proposed}");
}

#[test]
fn a_shell_is_no_command_that_reads() {
    let office = office("sh -c ls");
    let policy = policy(&office, "run_command");
    let ended = run(&office, &["--allow-run-command", "--policy", &policy, "--json"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert!(ended.to_string().contains("is not among the programs"), "{ended}");
}

#[test]
fn a_command_that_healed_is_not_run_again_without_its_runbook() {
    let office = office(WAITS);
    let policy = policy(&office, "run_command");
    let options = ["--allow-run-command", "--policy", policy.as_str()];
    assert_eq!(run(&office, &options).status, Some(21));
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    assert_eq!(resume(&office, &incident).status, Some(0));
    let (world, healed) = (&office.service.world, called(&office));
    let fails_again = || fs::remove_file(world.path("outside/starts")).unwrap();

    fails_again();
    fs::remove_file(world.path("runbooks/workers.yaml")).unwrap();
    let without = run(&office, &[&options[..], &["--json"]].concat());
    assert_eq!(without.status, Some(20), "{without}");
    world.aside("runbooks/workers.yaml", &runbook(WAITS));
    fails_again();
    let again = run(&office, &[&options[..], &["--json"]].concat());
    assert_eq!((again.status, again.json()["source"].as_str()), (Some(21), Some("runbook")), "{again}");
    assert_eq!(called(&office), healed);
}

#[test]
fn what_destroys_is_denied_though_guardrails_allow_it() {
    let office = office("kubectl delete namespace shop");
    let policy = policy(&office, "run_command");
    let ended = run(&office, &["--allow-run-command", "--policy", &policy, "--json"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert!(ended.to_string().contains("namespace shop and every object in it"), "{ended}");
    assert_eq!(called(&office), [""; 0]);
}

#[test]
fn another_program_of_the_same_name_is_not_run() {
    let office = office(WAITS);
    let policy = policy(&office, "run_command");
    assert_eq!(run(&office, &["--allow-run-command", "--policy", &policy]).status, Some(21));
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let world = &office.service.world;
    world.aside("bin/kubectl", &format!("#!/bin/sh\necho other >>'{}'\n", world.path("outside/called").display()));
    let resumed = resume(&office, &incident);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    assert!(!called(&office).contains(&"other".to_owned()));
}

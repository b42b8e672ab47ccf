//! The scenarios: a project whose command fails, and how that ends when nobody is killed.

use std::fmt::Write;

use selfheal_core::action::ActionKind;
use selfheal_core::engine::Outcome;

use crate::common::World;
use crate::projects::{REFUSED_IN_PLACE, cargo_workspace, command, manifest, refuse_in_place, settings};

/// A failure, and how it is dealt with.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The kinds of action that are taken.
    pub(crate) kinds: &'static [ActionKind],
    pub(crate) ends: Ends,
    /// Makes the project; what `heal run` is given besides.
    pub(crate) set_up: fn(&World) -> Vec<String>,
}

/// How an undisturbed run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    Healed,
    Escalated,
}

impl Ends {
    pub(crate) fn is(self, outcome: &Outcome) -> bool {
        match self {
            Self::Healed => *outcome == Outcome::Healed,
            Self::Escalated => matches!(outcome, Outcome::Escalated { .. }),
        }
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    use Ends::{Escalated, Healed};
    let scenario = |name, kinds, ends, set_up| Scenario { name, kinds, ends, set_up };
    vec![
        scenario("retry_stage", &[ActionKind::RETRY_STAGE], Healed, retry_stage),
        scenario("set_environment", &[ActionKind::SET_ENVIRONMENT], Healed, set_environment),
        scenario("patch_dependency_version", &[ActionKind::PATCH_DEPENDENCY_VERSION], Healed, patch_dependency_version),
        scenario("add_dependency", &[ActionKind::ADD_DEPENDENCY], Healed, add_dependency),
        scenario("regenerate_lockfile", &[ActionKind::REGENERATE_LOCKFILE], Healed, regenerate_lockfile),
        scenario("increase_memory", &[ActionKind::INCREASE_MEMORY], Healed, increase_memory),
        scenario("edit_file", &[ActionKind::EDIT_FILE], Healed, edit_file),
        scenario("two_steps", &[ActionKind::EDIT_FILE, ActionKind::SET_ENVIRONMENT], Healed, two_steps),
        scenario("rolled_back", &[ActionKind::EDIT_FILE], Escalated, rolled_back),
        scenario("useless_on_the_copy", &[ActionKind::EDIT_FILE], Escalated, useless_on_the_copy),
        scenario("unexplained", &[], Escalated, unexplained),
    ]
}

const ERROR: &str = "error: the service does not start";
const FAIL: &str = "{ echo 'error: the service does not start' >&2; exit 1; }";

const WORKERS: &str = "kind: edit_file, parameters: {path: {value: service.conf}, line: {value: 2}, \
                       expected: {value: 'workers = 0'}, replacement: {value: 'workers = 4'}}";
const SIZE: &str = "kind: edit_file, parameters: {path: {value: limits.conf}, line: {value: 2}, \
                    expected: {value: 'size = 0'}, replacement: {value: 'size = 512'}}";

fn retry_stage(world: &World) -> Vec<String> {
    command(world, &format!("[ \"$(wc -l <\"$OUTSIDE/starts\")\" -ge 3 ] || {FAIL}\n"));
    runbook(world, &["kind: retry_stage, parameters: {attempts: {value: 3}, initial_backoff_ms: {value: 1}}"])
}

fn set_environment(world: &World) -> Vec<String> {
    command(world, &format!("[ -n \"$DEPLOY_REGION\" ] || {FAIL}\n"));
    let variables = variables(world);
    let mut options = runbook(world, &[&region(&variables)]);
    options.extend(["--env-file".to_owned(), variables]);
    options
}

/// One step that changes two files.
fn patch_dependency_version(world: &World) -> Vec<String> {
    world.write("requirements.txt", "requests==2.30.0  # why\n");
    world.write("requirements-dev.txt", "requests==2.30.0\npytest\n");
    command(world, &format!("! grep -q 'requests==2.30.0' requirements.txt requirements-dev.txt || {FAIL}\n"));
    let also = r#"[{"package":"requests","requirement":"==2.31.0","manifest":"requirements-dev.txt"}]"#;
    let pins = "ecosystem: {value: pip}, package: {value: requests}, requirement: {value: '==2.31.0'}, \
                manifest: {value: requirements.txt}";
    runbook(world, &[&format!("kind: patch_dependency_version, parameters: {{{pins}, also: {{value: '{also}'}}}}")])
}

fn add_dependency(world: &World) -> Vec<String> {
    cargo_workspace(world);
    command(world, &format!("grep -q '^goodbye.*true' Cargo.toml || {FAIL}\n"));
    let pin = "ecosystem: {value: cargo}, package: {value: goodbye}, requirement: {value: '*'}, manifest: {value: Cargo.toml}";
    runbook(world, &[&format!("kind: add_dependency, parameters: {{{pin}}}")])
}

fn regenerate_lockfile(world: &World) -> Vec<String> {
    cargo_workspace(world);
    world.write("Cargo.toml", manifest("hello = { path = \"hello\" }\ngoodbye = { path = \"goodbye\" }\n"));
    command(world, &format!("grep -q '^ \"goodbye\"' Cargo.lock || {FAIL}\n"));
    runbook(
        world,
        &["kind: regenerate_lockfile, parameters: {ecosystem: {value: cargo}, manifest: {value: Cargo.toml}}"],
    )
}

fn increase_memory(world: &World) -> Vec<String> {
    // Without a newline `tail` must keep all of it.
    command(world, "head -c 32000000 /dev/zero | tail -c 32000000 >/dev/null\n");
    ["--memory", "24M", "--memory-max", "256M"].map(str::to_owned).to_vec()
}

fn edit_file(world: &World) -> Vec<String> {
    settings(world);
    command(world, &format!("! grep -q 'workers = 0' service.conf || {FAIL}\n"));
    runbook(world, &[WORKERS])
}

fn two_steps(world: &World) -> Vec<String> {
    settings(world);
    command(world, &format!("! grep -q 'workers = 0' service.conf || {FAIL}\n[ -n \"$DEPLOY_REGION\" ] || {FAIL}\n"));
    let variables = variables(world);
    let mut options = runbook(world, &[WORKERS, &region(&variables)]);
    options.extend(["--env-file".to_owned(), variables]);
    options
}

fn rolled_back(world: &World) -> Vec<String> {
    settings(world);
    refuse_in_place(world);
    command(world, &format!("! grep -q '= 0' service.conf limits.conf || {FAIL}\n{REFUSED_IN_PLACE}"));
    let mut options = runbook(world, &[WORKERS, SIZE]);
    options.extend(["--policy".to_owned(), unforgetting(world)]);
    options
}

/// Guardrails by which fixes that failed before cost nothing: with the default ones a person would be asked after the second kill.
fn unforgetting(world: &World) -> String {
    let text = "schema: selfheal.dev/guardrails/v1\nname: kill-matrix\nversion: 1\n\
        autonomy: {threshold: 0.5, floor: 0.1, history: {per_failure: 0}}\nrules:\n  - id: edits\n    effect: allow\n    \
        kinds: [edit_file]\n    environments: [dev]\n    when: {rehearsed: true, reversibility: [undoable]}\n    \
        because: 'they are undone'\nexamples:\n  - {name: an edit, given: {kind: edit_file, environment: dev, \
        target: service.conf, rehearsed: true, reversibility: undoable}, expect: allow}\n";
    world.aside("policy/kill-matrix.yaml", text)
}

fn useless_on_the_copy(world: &World) -> Vec<String> {
    settings(world);
    command(world, &format!("! grep -q '= 0' service.conf limits.conf || {FAIL}\n"));
    runbook(world, &[WORKERS])
}

fn unexplained(world: &World) -> Vec<String> {
    command(world, "echo 'the moon is full' >&2; exit 1\n");
    Vec::new()
}

fn region(source: &str) -> String {
    format!("kind: set_environment, parameters: {{name: {{value: DEPLOY_REGION}}, source: {{value: '{source}'}}}}")
}

fn variables(world: &World) -> String {
    world.aside("ci.env", "DEPLOY_REGION=eu-west-1\n")
}

/// A runbook that knows [`ERROR`] and answers it with a plan of `actions`.
fn runbook(world: &World, actions: &[&str]) -> Vec<String> {
    let mut text = format!(
        "schema: selfheal.dev/runbook/v1\nid: kill-matrix\nversion: 1\ntitle: The service does not start\n\
         category: missing_configuration\npriority: 1000\nsignature:\n  all: ['^{ERROR}$']\n\
         cause:\n  kind: wrong_setting\n  summary: 'a setting is wrong'\nplans:\n  - actions:\n"
    );
    for action in actions {
        writeln!(text, "      - {{{action}}}").unwrap();
    }
    text += "    criteria: [command_succeeds]\n    compensation: undo\nescalation: 'Correct the settings.'\n";
    let file = world.aside("runbooks/kill-matrix.yaml", &text);
    vec!["--runbooks".to_owned(), file.trim_end_matches("/kill-matrix.yaml").to_owned()]
}

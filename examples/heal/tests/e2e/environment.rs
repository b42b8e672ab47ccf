//! Missing variables: given from an env file, or named to a person; their values are never told.

use crate::common::World;

const SECRET: &str = "postgres://ci:Xk93hfQz0w8LmVbT@db.internal/app";
const NEEDS_ONE: &str = "#!/bin/sh\necho start >>\"$OUTSIDE/starts\"\n: \"${DATABASE_URL:?}\"\necho connected\n";

#[test]
fn a_variable_of_the_env_file_is_given() {
    let world = World::new();
    world.script("run.sh", NEEDS_ONE);
    let before = world.snapshot();
    let file = world.aside("ci.env", &format!("DATABASE_URL={SECRET}\n"));
    let ended = world.heal_json(&["--env-file", &file], &["./run.sh"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("healed")), "{ended}");
    assert_eq!(ended.json()["category"], "missing_configuration");
    assert_eq!(ended.json()["actions"][0]["kind"], "set_environment");
    assert_eq!(world.snapshot(), before, "no value is written into the project");
}

#[test]
fn without_it_a_person_is_told_the_name() {
    let world = World::new();
    world.script("run.sh", NEEDS_ONE);
    let other = world.aside("ci.env", "SOMETHING_ELSE=1\n");
    let ended = world.heal_json(&["--env-file", &other], &["./run.sh"]);
    ended.assert_gist(20, "escalated", "missing_configuration", 1);
    assert!(ended.json()["escalation"].as_str().unwrap().contains("DATABASE_URL"), "{ended}");
    assert!(ended.json()["root_cause"].as_str().unwrap().contains("DATABASE_URL"), "{ended}");
}

#[test]
fn no_value_is_told_anywhere() {
    let world = World::new();
    // The value comes out in an error of the command's, plain and in base64, and in the fix's own verification.
    world.script(
        "run.sh",
        "#!/bin/sh\n: \"${DATABASE_URL:?}\"\necho \"cannot connect to $DATABASE_URL\" >&2\nprintf %s \"$DATABASE_URL\" | base64 >&2\nexit 1\n",
    );
    let file = world.aside("ci.env", &format!("DATABASE_URL={SECRET}\n"));
    let ended = world.heal_json(&["--env-file", &file], &["./run.sh"]);
    assert_eq!(ended.status, Some(20), "{ended}");
    let object = ended.json().to_string();
    for form in crate::common::forms(SECRET) {
        assert!(!object.contains(&form), "{object}");
    }
    assert_eq!(world.files_that_tell(SECRET), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_value_in_a_first_failure_is_not_kept_either() {
    let world = World::new();
    let file = world.aside("ci.env", &format!("DATABASE_URL={SECRET}\n"));
    let mut heal = world.run(&["--env-file", &file], &["sh", "-c", "echo \"bad url $DATABASE_URL\"; exit 1"]);
    heal.env("DATABASE_URL", SECRET);
    let ended = crate::common::Ended::of(heal);
    assert_eq!(ended.stdout, format!("bad url {SECRET}\n").as_bytes(), "the command's own output is its own");
    assert!(!ended.said().contains(SECRET), "{ended}");
    assert_eq!(world.files_that_tell(SECRET), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_value_on_the_command_line_is_not_repeated() {
    let world = World::new();
    let file = world.aside("ci.env", "TOKEN=Xk93hfQz0w8LmVbT\n");
    let script =
        "test Xk93hfQz0w8LmVbT = valid || { echo 'FAILED tests/test_login.py::test_it - AssertionError' >&2; exit 1; }";
    let ended = world.heal(&["--env-file", &file, "--max-attempts", "2"], &["sh", "-c", script]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(!ended.said().contains("Xk93hfQz0w8LmVbT"), "{ended}");
    assert_eq!(world.files_that_tell("Xk93hfQz0w8LmVbT"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn two_missing_variables_are_found_one_after_the_other() {
    let world = World::new();
    world.script("run.sh", "#!/bin/sh\n: \"${DATABASE_URL:?}\"\n: \"${API_BASE:?}\"\necho connected\n");
    let file = world.aside("ci.env", &format!("DATABASE_URL={SECRET}\nAPI_BASE=https://api.internal\n"));
    let ended = world.heal_json(&["--env-file", &file], &["./run.sh"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("healed")), "{ended}");
    let applied: Vec<_> = ended.json()["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|action| action["result"] == "applied")
        .cloned()
        .collect();
    assert_eq!(applied.len(), 2, "{ended}");
}

#[test]
fn of_two_missing_variables_the_one_that_nobody_has_is_named() {
    let world = World::new();
    world.script("run.sh", "#!/bin/sh\n: \"${DATABASE_URL:?}\"\n: \"${API_BASE:?}\"\necho connected\n");
    let file = world.aside("ci.env", &format!("DATABASE_URL={SECRET}\n"));
    let ended = world.heal_json(&["--env-file", &file], &["./run.sh"]);
    assert_eq!(ended.status, Some(20), "{ended}");
    let told = ended.json();
    assert!(
        told["escalation"].as_str().unwrap().contains("API_BASE"),
        "the last obstacle is what a person must remove: {told}"
    );
}

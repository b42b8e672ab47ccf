//! Cargo's own lockfile, by cargo itself, offline.

use crate::common::{World, cargo};

const BUILD: [&str; 4] = ["cargo", "build", "--locked", "--offline"];

fn manifest(dependencies: &str) -> String {
    format!(
        "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n{dependencies}\n[workspace]\n"
    )
}

fn library(world: &World, name: &str) {
    world.write(
        &format!("{name}/Cargo.toml"),
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    );
    world.write(&format!("{name}/src/lib.rs"), "pub const NAME: &str = \"x\";\n");
}

/// A dependency was added, and nobody committed the lockfile.
fn stale_lockfile(world: &World, main: &str) {
    library(world, "hello");
    library(world, "goodbye");
    world.write("src/main.rs", main);
    world.write("Cargo.toml", manifest("hello = { path = \"hello\" }\n"));
    cargo(world, world.dir(), &["generate-lockfile", "--offline"]);
    world.write("Cargo.toml", manifest("hello = { path = \"hello\" }\ngoodbye = { path = \"goodbye\" }\n"));
}

const MAIN: &str = "fn main() {\n    println!(\"{}{}\", hello::NAME, goodbye::NAME);\n}\n";

#[test]
fn a_stale_lockfile_is_brought_up_to_date_and_remembered() {
    let world = World::new();
    stale_lockfile(&world, MAIN);
    let (stale, sources) = (world.read("Cargo.lock"), world.snapshot().len());
    let first = world.heal_json(&[], &BUILD);
    first.assert_gist(0, "healed", "dependency_failure", 3);
    assert_eq!(first.json()["source"], "runbook");
    assert_eq!(first.json()["actions"][0]["kind"], "regenerate_lockfile");
    assert!(world.read("Cargo.lock").contains("goodbye"));
    assert!(world.snapshot().len() > sources, "what the command builds is there for the next step");
    cargo(&world, world.dir(), &BUILD[1..]);

    // The same failure again, in a fresh checkout at the same place.
    std::fs::remove_dir_all(world.dir().join("target")).unwrap();
    world.write("Cargo.lock", &stale);
    let second = world.heal_json(&[], &BUILD);
    second.assert_gist(0, "healed", "dependency_failure", 3);
    assert_eq!(second.json()["source"], "memory");
    let diagnose = |ended: &crate::common::Ended| ended.json()["timings_ms"]["diagnose"].as_f64().unwrap();
    assert!(diagnose(&second) < 50.0, "asking memory is all there is to it: {second}");
    cargo(&world, world.dir(), &BUILD[1..]);
}

#[test]
fn a_stale_lockfile_and_a_missing_variable_are_both_mended() {
    let world = World::new();
    stale_lockfile(&world, MAIN);
    world.write(
        "build.sh",
        "set -e\ncargo build --locked --offline\n: \"${DEPLOY_REGION:?}\"\n./target/debug/greeter\n",
    );
    let file = world.aside("ci.env", "DEPLOY_REGION=eu-west-1\n");
    let ended = world.heal_json(&["--env-file", &file], &["sh", "build.sh"]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(0), Some("healed")), "{ended}");
    let kinds: Vec<String> = ended.json()["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|action| action["result"] == "applied")
        .map(|action| action["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["regenerate_lockfile", "set_environment"]);
}

#[test]
fn a_lockfile_that_was_not_the_cause_stays_as_it_was() {
    let world = World::new();
    stale_lockfile(&world, "fn main() {\n    let x: u32 = \"not a number\";\n}\n");
    let before = world.snapshot();
    let ended = world.heal_json(&[], &BUILD);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_compile_error_is_told_and_not_touched() {
    let world = World::new();
    world.write("Cargo.toml", manifest(""));
    world.write("src/main.rs", "fn main() {\n    let x: u32 = \"not a number\";\n}\n");
    let ended = world.heal_json(&[], &["cargo", "build", "--offline"]);
    ended.assert_gist(20, "escalated", "compile_error", 1);
}

#[test]
fn a_path_dependency_that_is_not_there_is_told() {
    let world = World::new();
    world.write("Cargo.toml", manifest("missing = { path = \"missing\" }\n"));
    world.write("src/main.rs", "fn main() {}\n");
    let before = world.snapshot();
    let ended = world.heal_json(&[], &["cargo", "build", "--offline"]);
    assert_eq!((ended.status, ended.json()["attempts"].as_u64()), (Some(20), Some(1)), "{ended}");
    ended.assert_says("missing/Cargo.toml");
    assert_eq!(world.snapshot(), before);
}

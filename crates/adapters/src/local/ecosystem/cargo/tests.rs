use std::fs;
use std::path::Path;

use serde_json::json;

use super::Cargo;
use crate::local::ecosystem::scripted::{Scripted, failed, given, ok, project};
use crate::local::ecosystem::{Change, Ecosystem, Given, Invocation, Pin, ToolOutput};

const MANIFEST: &str = "[package]\nname = \"app\"\n\n[dependencies]\npinned = \"=1.0.9\" # why\n";

fn metadata(dir: &Path) -> ToolOutput {
    let manifest = dir.join("Cargo.toml").display().to_string();
    let packages = json!([{"name": "app", "manifest_path": manifest, "source": null}]);
    ok(json!({"workspace_root": dir.display().to_string(), "packages": packages}).to_string())
}

/// A registry that has `pinned` 1.0.5 and 2.0.0.
fn cargo(invocation: &Invocation, line: &str) -> ToolOutput {
    if line.contains("metadata") {
        return metadata(&invocation.dir);
    }
    let manifest = fs::read_to_string(invocation.dir.join("Cargo.toml")).unwrap();
    let version = match () {
        () if manifest.contains("\"1\"") || manifest.contains("\"=1.0.5\"") => "1.0.5",
        () if manifest.contains("\"*\"") => "2.0.0",
        () => {
            return failed(
                "",
                "error: failed to select a version for the requirement `pinned = \"=1.0.9\"`\ncandidate versions found which didn't match: 2.0.0, 1.0.5",
            );
        }
    };
    let lock = format!("version = 4\n\n[[package]]\nname = \"pinned\"\nversion = \"{version}\"\n");
    fs::write(invocation.dir.join("Cargo.lock"), lock).unwrap();
    ok("")
}

#[test]
fn a_requirement_moves_to_the_nearest_version_that_cargo_chooses() {
    let (dir, tools) = (project(&[("Cargo.toml", MANIFEST)]), Scripted::new(cargo));
    let rows = Cargo.rows("cargo.available_versions", &given("package", &["pinned"]), dir.path(), &tools).unwrap();
    assert_eq!((rows.len(), rows[0]["requirement"].as_str()), (1, "=1.0.5"));
    assert!(!dir.path().join("Cargo.lock").exists(), "put back");
    let mut pins = Pin::of_row(&rows[0]).unwrap();
    let change = Change::PatchVersion { pin: pins.remove(0), also: pins };
    let changed = Cargo.change(&change, dir.path(), &tools).unwrap();
    assert_eq!(changed, [Path::new("Cargo.toml")], "no lockfile where there was none");
    assert_eq!(fs::read_to_string(dir.path().join("Cargo.toml")).unwrap(), MANIFEST.replace("1.0.9", "1.0.5"));
}

#[test]
fn a_crate_that_the_log_names_and_cargo_does_not_complain_of_is_left_alone() {
    let (dir, tools) = (project(&[("Cargo.toml", MANIFEST)]), Scripted::new(cargo));
    let rows = Cargo.rows("cargo.available_versions", &given("package", &["serde"]), dir.path(), &tools).unwrap();
    assert!(rows.is_empty());
}

#[test]
fn what_is_not_a_version_requirement_is_not_written() {
    let (dir, tools) = (project(&[("Cargo.toml", MANIFEST)]), Scripted::new(cargo));
    for requirement in ["git", "1\"\n[patch]", "--offline"] {
        let pin = Pin { package: "pinned".into(), requirement: requirement.into(), manifest: "Cargo.toml".into() };
        let change = Change::PatchVersion { pin, also: Vec::new() };
        assert!(Cargo.change(&change, dir.path(), &tools).is_err(), "{requirement}");
    }
    assert_eq!(fs::read_to_string(dir.path().join("Cargo.toml")).unwrap(), MANIFEST);
}

#[test]
fn a_lockfile_is_stale_only_when_cargo_says_so() {
    let stale = Scripted::new(|invocation: &Invocation, line: &str| match line {
        line if line.contains("metadata") => metadata(&invocation.dir),
        line if line.contains("--locked") => {
            failed("", "error: cannot update the lock file /x because --locked was passed to prevent this")
        }
        _ => ok(""),
    });
    let fits = Scripted::new(
        |invocation: &Invocation, line: &str| {
            if line.contains("metadata") { metadata(&invocation.dir) } else { ok("") }
        },
    );
    let dir = project(&[("Cargo.toml", MANIFEST), ("Cargo.lock", "version = 4\n")]);
    assert_eq!(Cargo.rows("cargo.lockfiles", &Given::new(), dir.path(), &stale).unwrap()[0]["lockfile"], "Cargo.lock");
    assert!(Cargo.rows("cargo.lockfiles", &Given::new(), dir.path(), &fits).unwrap().is_empty());
}

#[test]
fn names_of_the_project_and_of_the_language_are_no_missing_crates() {
    let dir = project(&[
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "mod helper;\nuse std::fs;\nuse helper::x;\nuse pinned::y;\nuse app::z;\n// use ghost::w;\n"),
        ("src/helper.rs", ""),
    ]);
    let tools = Scripted::new(|invocation: &Invocation, line: &str| match line {
        line if line.contains("metadata") => metadata(&invocation.dir),
        line => panic!("{line}"),
    });
    let names = given("crate", &["std", "helper", "pinned", "app", "ghost", "--git", "never_used"]);
    assert!(Cargo.rows("cargo.providers", &names, dir.path(), &tools).unwrap().is_empty());
}

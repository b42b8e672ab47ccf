//! The ecosystems against the real tools. A test whose tool or registry can't be reached says so and ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests; a skipped test must say so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use selfheal_adapters::local::ecosystem::{self, Change, Given, Pin, Row, SystemTools};

static NPM: LazyLock<bool> =
    LazyLock::new(|| runs("npm", &["view", "left-pad", "version", "--fetch-retries=0", "--fetch-timeout=10000"]));
static PIP: LazyLock<bool> = LazyLock::new(|| {
    runs(
        "python3",
        &["-m", "pip", "download", "--no-deps", "--retries=0", "--timeout=10", "-d", "/dev/null/none", "six"],
    ) || runs("python3", &["-m", "pip", "index", "versions", "six", "--retries=0", "--timeout=10"])
});
static CRATES: LazyLock<bool> = LazyLock::new(|| runs("cargo", &["info", "itoa", "--config", "net.retry=0"]));

fn runs(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir(std::env::temp_dir()).status().is_ok_and(|status| status.success())
}

fn reachable(name: &str, reachable: bool) -> bool {
    if !reachable {
        eprintln!("SKIPPED: {name} or its registry can't be reached; this test has shown nothing");
    }
    reachable
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn rows(set: &str, given: &[(&str, &str)], dir: &Path) -> Vec<Row> {
    let given: Given =
        given.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect::<BTreeMap<_, _>>();
    of(set).rows(set, &given, dir, &SystemTools::default()).unwrap()
}

fn of(set: &str) -> Box<dyn ecosystem::Ecosystem> {
    ecosystem::all().into_iter().find(|ecosystem| ecosystem.sets().contains(&set)).unwrap()
}

/// Makes the change that a row of `set` stands for.
fn make(set: &str, row: &Row, dir: &Path) {
    let change = match set.split_once('.').unwrap().1 {
        "lockfiles" => Change::RegenerateLockfile { manifest: row["manifest"].clone().into() },
        "providers" => Change::AddDependency {
            pin: Pin::of_row(row).unwrap().remove(0),
            section: row.get("section").cloned(),
            features: row.get("features").map(|list| list.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        },
        _ => {
            let mut pins = Pin::of_row(row).unwrap();
            Change::PatchVersion { pin: pins.remove(0), also: pins }
        }
    };
    of(set).change(&change, dir, &SystemTools::default()).unwrap();
}

fn passes(dir: &Path, program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn npm_resolves_after_its_dependents_were_aligned() {
    if !reachable("npm", *NPM) {
        return;
    }
    let install = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"];
    for manifest in [
        r#"{"dependencies":{"react":"^18.2.0","react-dom":"^17.0.2"}}"#,
        r#"{"devDependencies":{"eslint":"^8.57.0","@typescript-eslint/parser":"^4.33.0","@typescript-eslint/eslint-plugin":"^4.33.0"}}"#,
    ] {
        let dir = project(&[("package.json", manifest)]);
        assert!(!passes(dir.path(), "npm", &install));
        let rows = rows("npm.peer_alignments", &[], dir.path());
        make("npm.peer_alignments", &rows[0], dir.path());
        assert!(passes(dir.path(), "npm", &install), "{rows:?}");
    }
}

#[test]
fn npm_ci_takes_the_lockfile_that_was_brought_in_line() {
    if !reachable("npm", *NPM) {
        return;
    }
    let dir = project(&[("package.json", r#"{"name":"x","version":"1.0.0","dependencies":{"left-pad":"1.3.0"}}"#)]);
    let ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    assert!(!passes(dir.path(), "npm", &ci), "there is no lockfile");
    let rows = rows("npm.lockfiles", &[], dir.path());
    make("npm.lockfiles", &rows[0], dir.path());
    assert!(passes(dir.path(), "npm", &ci));
}

#[test]
fn pip_resolves_after_a_pin_was_relaxed() {
    if !reachable("pip", *PIP) {
        return;
    }
    let dir = project(&[("requirements.txt", "requests==2.31.0\nurllib3==1.20  # old\n")]);
    let resolve =
        ["-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "-r", "requirements.txt"];
    assert!(!passes(dir.path(), "python3", &resolve));
    let rows = rows("pip.conflict_resolutions", &[("package", "urllib3")], dir.path());
    make("pip.conflict_resolutions", &rows[0], dir.path());
    assert!(passes(dir.path(), "python3", &resolve), "{rows:?}");
}

#[test]
fn pip_finds_the_distribution_behind_a_module() {
    if !reachable("pip", *PIP) {
        return;
    }
    let dir = project(&[("app.py", "import yaml\nimport six\n"), ("requirements.txt", "click>=8\n")]);
    for (module, line) in [("yaml", "PyYAML>="), ("six", "six>=")] {
        let rows = rows("pip.providers", &[("module", module)], dir.path());
        make("pip.providers", &rows[0], dir.path());
        assert!(fs::read_to_string(dir.path().join("requirements.txt")).unwrap().contains(line));
    }
}

/// Needs no registry: the new dependency lies beside.
#[test]
fn cargo_takes_the_lockfile_that_was_brought_in_line() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let dir = project(&[
        ("Cargo.toml", manifest),
        ("src/lib.rs", ""),
        ("near/Cargo.toml", "[package]\nname = \"near\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n"),
        ("near/src/lib.rs", ""),
    ]);
    assert!(passes(dir.path(), "cargo", &["generate-lockfile", "--offline"]));
    fs::write(dir.path().join("Cargo.toml"), format!("{manifest}[dependencies]\nnear = {{ path = \"near\" }}\n"))
        .unwrap();
    let locked = ["metadata", "--locked", "--offline", "--format-version", "1"];
    assert!(!passes(dir.path(), "cargo", &locked));
    let rows = rows("cargo.lockfiles", &[], dir.path());
    make("cargo.lockfiles", &rows[0], dir.path());
    assert!(passes(dir.path(), "cargo", &locked));
}

#[test]
fn cargo_resolves_after_a_requirement_moved() {
    if !reachable("cargo", *CRATES) {
        return;
    }
    let manifest =
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nitoa = \"=1.0.9999\"\n";
    let dir = project(&[("Cargo.toml", manifest), ("src/lib.rs", "")]);
    assert!(!passes(dir.path(), "cargo", &["generate-lockfile"]));
    let rows = rows("cargo.available_versions", &[("package", "itoa")], dir.path());
    make("cargo.available_versions", &rows[0], dir.path());
    assert!(passes(dir.path(), "cargo", &["generate-lockfile"]), "{rows:?}");
}

#[test]
fn cargo_finds_the_crate_behind_a_name() {
    if !reachable("cargo", *CRATES) {
        return;
    }
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let dir = project(&[
        ("Cargo.toml", manifest),
        ("src/lib.rs", "pub fn f() -> u8 { unicode_ident::is_xid_start('a') as u8 }\n"),
    ]);
    let rows = rows("cargo.providers", &[("crate", "unicode_ident")], dir.path());
    make("cargo.providers", &rows[0], dir.path());
    assert!(fs::read_to_string(dir.path().join("Cargo.toml")).unwrap().contains("unicode-ident"), "{rows:?}");
}

#[test]
fn registries_say_which_versions_there_are_and_that_there_are_none() {
    // Packages that get no new versions, or of which every tool names the newest.
    let known = [("npm", *NPM, "left-pad", "1.3.0"), ("pip", *PIP, "six", "1."), ("cargo", *CRATES, "itoa", "1.")];
    for (name, there, package, newest) in known {
        if !reachable(name, there) {
            continue;
        }
        let ecosystem = ecosystem::all().into_iter().find(|one| one.name() == name).unwrap();
        let versions = |package: &str| {
            let room = tempfile::tempdir().unwrap();
            ecosystem.versions(package, room.path(), &SystemTools::default()).unwrap()
        };
        let found = versions(package);
        assert!(found.len() > 1 && found[0].starts_with(newest), "{name}: {found:?}");
        assert_eq!(versions("selfheal-no-such-package-here"), [""; 0], "{name}");
    }
}

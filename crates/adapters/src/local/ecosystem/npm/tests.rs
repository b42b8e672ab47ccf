use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Npm;
use crate::local::ecosystem::scripted::{Scripted, failed, given, ok, project};
use crate::local::ecosystem::{Change, Ecosystem, Given, Invocation, Pin, Row, ToolOutput};

const MANIFEST: &str = r#"{
  "name": "app",
  "devDependencies": { "core": "^2.0.0", "plugin-a": "^1.0.0", "plugin-b": "~1.0.0" }
}
"#;

fn requirement(dir: &Path, package: &str) -> String {
    let manifest: Value = serde_json::from_str(&fs::read_to_string(dir.join("package.json")).unwrap()).unwrap();
    ["dependencies", "devDependencies"]
        .iter()
        .find_map(|section| manifest[section][package].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// A registry of `core` 1 and 2 and two plugins, whose 1.0.0 works with `core` 1 and 3.0.0 with `core` 2; 2.0.0 was
/// never any good. npm complains of one plugin at a time.
fn npm(invocation: &Invocation, line: &str) -> ToolOutput {
    if line.starts_with("node") {
        return ok("v20.20.2\n");
    }
    if line.starts_with("npm view ") && !line.contains("@>=0.0.0 ") {
        return failed(r#"{"error":{"code":"E404","summary":"No match found"}}"#, "");
    }
    if let Some(package) = line.strip_prefix("npm view ").and_then(|rest| rest.split('@').next()) {
        return ok(releases(package).to_string());
    }
    for plugin in ["plugin-a", "plugin-b"] {
        let old = requirement(&invocation.dir, plugin).contains("1.0.0");
        if old && requirement(&invocation.dir, "core") == "^2.0.0" {
            return failed(eresolve(plugin), "");
        }
    }
    ok("{}")
}

fn releases(package: &str) -> Value {
    match package {
        "core" => json!([
            {"version": "1.0.0", "dist-tags.latest": "2.1.0"}, {"version": "2.0.0"}, {"version": "2.1.0"},
        ]),
        _ => json!([
            {"version": "1.0.0", "peerDependencies": {"core": "^1.0.0"}, "dist-tags.latest": "3.0.0"},
            {"version": "2.0.0", "peerDependencies": {"core": "^2.0.0"}, "deprecated": "broken"},
            {"version": "3.0.0", "peerDependencies": {"core": "^2.0.0"}},
            {"version": "4.0.0", "peerDependencies": {"core": "^2.0.0"}, "engines.node": ">=99"},
        ]),
    }
}

fn eresolve(plugin: &str) -> String {
    let detail = format!(
        "While resolving: app@undefined\nFound: core@2.1.0\nnode_modules/core\n  dev core@\"^2.0.0\" from the root project\n\n\
         Could not resolve dependency:\npeer core@\"^1.0.0\" from {plugin}@1.0.0\nnode_modules/{plugin}\n  dev {plugin}@\"^1.0.0\" from the root project"
    );
    json!({"error": {"code": "ERESOLVE", "summary": "unable to resolve dependency tree", "detail": detail}}).to_string()
}

fn rows(set: &str, given: &Given, dir: &Path, tools: &dyn crate::local::ecosystem::Tools) -> Vec<Row> {
    Npm.rows(set, given, dir, tools).unwrap()
}

#[test]
fn every_dependent_follows_its_peer_in_one_row() {
    let (dir, tools) = (project(&[("package.json", MANIFEST)]), Scripted::new(npm));
    let rows = rows("npm.peer_alignments", &given("dependent", &["plugin-a"]), dir.path(), &tools);
    let pins: Vec<_> = Pin::of_row(&rows[0]).unwrap().into_iter().map(|pin| (pin.package, pin.requirement)).collect();
    assert_eq!(pins, [("plugin-a".into(), "^3.0.0".into()), ("plugin-b".into(), "~3.0.0".into())]);
    let last = Pin::of_row(rows.last().unwrap()).unwrap();
    assert_eq!((last[0].package.as_str(), last[0].requirement.as_str()), ("core", "^1.0.0"), "the peer moves last");
}

#[test]
fn asking_changes_nothing_and_forces_nothing() {
    let (dir, tools) = (project(&[("package.json", MANIFEST)]), Scripted::new(npm));
    rows("npm.peer_alignments", &Given::new(), dir.path(), &tools);
    assert_eq!(fs::read_to_string(dir.path().join("package.json")).unwrap(), MANIFEST);
    for line in tools.ran() {
        assert!(!line.contains("--force") && !line.contains("--legacy-peer-deps"), "{line}");
        assert!(!line.contains("install") || line.contains("--ignore-scripts --no-audit"), "{line}");
    }
}

#[test]
fn a_conflict_of_other_packages_than_the_log_names_is_not_answered() {
    let (dir, tools) = (project(&[("package.json", MANIFEST)]), Scripted::new(npm));
    assert!(rows("npm.peer_alignments", &given("peer", &["react"]), dir.path(), &tools).is_empty());
}

#[test]
fn a_registry_out_of_reach_is_an_error_that_may_pass() {
    let dir = project(&[("package.json", MANIFEST)]);
    let tools = Scripted::new(|_: &Invocation, _: &str| {
        failed(json!({"error": {"code": "ECONNRESET", "summary": "network https://u:p4ss@r.example"}}).to_string(), "")
    });
    let error = Npm.rows("npm.lockfiles", &Given::new(), dir.path(), &tools).unwrap_err();
    assert!(error.is_transient());
    assert!(!error.to_string().contains("p4ss"));
}

/// `npm ci` takes a lockfile that says `fresh`, which `npm install` writes unless the manifest is `broken`.
fn locking(invocation: &Invocation, line: &str) -> ToolOutput {
    let lockfile = invocation.dir.join("package-lock.json");
    if line.starts_with("npm install") {
        let broken = requirement(&invocation.dir, "a") == "broken";
        if !broken {
            fs::write(lockfile, "fresh").unwrap();
        }
        return if broken { failed(r#"{"error":{"code":"ETARGET"}}"#, "") } else { ok("{}") };
    }
    match fs::read_to_string(lockfile) {
        Ok(text) if text == "fresh" => ok("{}"),
        _ => failed(r#"{"error":{"code":"EUSAGE","summary":"out of sync"}}"#, ""),
    }
}

#[test]
fn a_lockfile_is_offered_only_when_npm_can_mend_it() {
    let stale = project(&[("package.json", r#"{"dependencies":{"a":"1"}}"#), ("package-lock.json", "stale")]);
    let tools = Scripted::new(locking);
    let rows = rows("npm.lockfiles", &Given::new(), stale.path(), &tools);
    assert_eq!(rows[0]["lockfile"], "package-lock.json");
    assert_eq!(fs::read_to_string(stale.path().join("package-lock.json")).unwrap(), "stale", "put back");
    let change = Change::RegenerateLockfile { manifest: "package.json".into() };
    Npm.change(&change, stale.path(), &tools).unwrap();
    assert_eq!(fs::read_to_string(stale.path().join("package-lock.json")).unwrap(), "fresh");

    let broken = project(&[("package.json", r#"{"dependencies":{"a":"broken"}}"#), ("package-lock.json", "stale")]);
    assert!(
        super::lockfiles::rows(&super::Project::all(broken.path()).unwrap()[0], &Given::new(), &tools)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn modules_that_the_source_does_not_import_are_not_looked_up() {
    let dir = project(&[
        ("package.json", r#"{"name":"app","dependencies":{"declared":"1"}}"#),
        (
            "src/index.ts",
            "import a from 'declared';\nimport fs from 'node:fs';\nimport b from 'utils/b';\nimport c from '@app/c';",
        ),
        ("src/utils/b.ts", ""),
        ("tsconfig.json", r#"{"compilerOptions":{"paths":{"@app/*":["src/*"]}}}"#),
    ]);
    let tools = Scripted::new(
        |_: &Invocation, line: &str| if line.starts_with("node") { ok("v20.0.0") } else { panic!("{line}") },
    );
    let modules = ["declared", "fs", "node:fs", "utils/b", "@app/c", "never-imported", "./x", "--force", "/etc/passwd"];
    assert!(rows("npm.providers", &given("module", &modules), dir.path(), &tools).is_empty());
}

#[test]
fn a_module_of_tests_becomes_a_development_dependency() {
    let dir =
        project(&[("package.json", r#"{"name":"app"}"#), ("test/a.test.js", "const t = require('plugin-a/sub')")]);
    let rows = rows("npm.providers", &given("module", &["plugin-a/sub"]), dir.path(), &Scripted::new(npm));
    assert_eq!((rows[0]["package"].as_str(), rows[0]["section"].as_str()), ("plugin-a", "devDependencies"));
    assert_eq!(rows[0]["requirement"], "^3.0.0", "not deprecated, running on this Node.js");
}

#[test]
fn a_requirement_without_a_version_gets_the_nearest() {
    let dir = project(&[("package.json", r#"{"dependencies":{"core":"~2.7.0"}}"#)]);
    let rows = rows("npm.available_versions", &given("package", &["core", "absent"]), dir.path(), &Scripted::new(npm));
    assert_eq!(rows[0]["requirement"], "~2.1.0");
}

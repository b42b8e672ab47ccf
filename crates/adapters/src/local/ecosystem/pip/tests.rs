use std::fs;
use std::path::Path;

use serde_json::json;

use super::Pip;
use crate::local::ecosystem::scripted::{Scripted, failed, given, ok, project};
use crate::local::ecosystem::{Ecosystem, EcosystemError, Given, Invocation, Pin, Row, ToolOutput};

/// The requirements that pip was given, without spaces.
fn asked(line: &str) -> Vec<String> {
    let file = argument(line, "-r");
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.replace(' ', "")).collect()
}

fn argument<'l>(line: &'l str, option: &str) -> &'l str {
    line.split_once(&format!(" {option} ")).unwrap().1.split(' ').next().unwrap()
}

fn report(line: &str, installed: &[(&str, &str)]) -> ToolOutput {
    let install: Vec<_> =
        installed.iter().map(|(name, version)| json!({"metadata": {"name": name, "version": version}})).collect();
    fs::write(argument(line, "--report"), json!({"install": install}).to_string()).unwrap();
    ok("")
}

/// `client` 1.0 needs `wire` 1; client 2 needs wire 2. A wheel of `tool` brings the module `tool`, one of `named` doesn't.
fn pip(_: &Invocation, line: &str) -> ToolOutput {
    if line.ends_with("--version") {
        return ok("pip 23.2.1");
    }
    if line.contains(" -c import sys") {
        return ok("os\nsys\njson\n");
    }
    if line.contains("zipfile -l") {
        return ok("File Name\ntool/__init__.py 2024-01-01 00:00:00 1\n");
    }
    if line.contains("pip download") {
        fs::write(Path::new(argument(line, "-d")).join("x-1-py3-none-any.whl"), "").unwrap();
        return ok("");
    }
    let asked = asked(line);
    let has = |text: &str| asked.iter().any(|one| one.starts_with(text));
    if has("client==1.0") && (has("wire==2.0") || has("wire>=2,<3")) {
        let said = "The conflict is caused by:\n    The user requested wire==2.0\n    client 1.0 depends on wire<2\n";
        return failed(said, "ERROR: ResolutionImpossible: for help visit ...");
    }
    let wire = if has("wire==2.0") { "2.0" } else { "1.9" };
    let client = if has("client==1.0") { "1.0" } else { "2.3" };
    report(line, &[("wire", wire), ("client", client), ("Tool", "0.4.0"), ("named", "1.0"), ("PyYAML", "6.0.3")])
}

fn rows(set: &str, given: &Given, files: &[(&str, &str)]) -> Result<Vec<Row>, EcosystemError> {
    let dir = project(files);
    let rows = Pip.rows(set, given, dir.path(), &Scripted::new(pip));
    for (path, text) in files {
        assert_eq!(fs::read_to_string(dir.path().join(path)).unwrap(), *text, "{path} is as it was");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), files.len(), "nothing stays behind");
    rows
}

fn pins(rows: &[Row]) -> Vec<(String, String)> {
    rows.iter().flat_map(|row| Pin::of_row(row).unwrap()).map(|pin| (pin.package, pin.requirement)).collect()
}

#[test]
fn what_is_depended_upon_is_relaxed_before_what_depends() {
    let rows = rows(
        "pip.conflict_resolutions",
        &given("package", &["Wire"]),
        &[("requirements.txt", "client==1.0\nwire==2.0\n")],
    );
    let expected =
        [("wire", "==1.9"), ("client", "==2.3")].map(|(name, specifier)| (name.to_owned(), specifier.to_owned()));
    assert_eq!(pins(&rows.unwrap()), expected);
}

#[test]
fn a_conflict_of_other_packages_than_the_log_names_is_not_answered() {
    let rows = rows(
        "pip.conflict_resolutions",
        &given("package", &["numpy"]),
        &[("requirements.txt", "client==1.0\nwire==2.0\n")],
    );
    assert!(rows.unwrap().is_empty());
}

#[test]
fn a_file_locked_by_hashes_is_refused() {
    let text = "client==1.0 --hash=sha256:00\nwire==2.0 --hash=sha256:00\n";
    let error = rows("pip.conflict_resolutions", &Given::new(), &[("requirements.txt", text)]).unwrap_err();
    assert!(matches!(error, EcosystemError::Refused { .. }));
}

#[test]
fn nothing_is_built_and_no_project_module_is_run() {
    let dir = project(&[("requirements.txt", "client==1.0\nwire==2.0\n-e ./local\n./other\n--no-binary :all:\n")]);
    let tools = Scripted::new(|invocation: &Invocation, line: &str| {
        if line.contains(" -r ") {
            let asked = asked(line);
            assert!(asked.iter().all(|one| one.starts_with("client") || one.starts_with("wire")), "{asked:?}");
        }
        pip(invocation, line)
    });
    Pip.rows("pip.conflict_resolutions", &Given::new(), dir.path(), &tools).unwrap();
    for line in tools.ran() {
        assert!(line.contains(" -I "), "{line}");
        assert!(
            !line.contains("pip install") || line.contains("--dry-run") && line.contains("--only-binary=:all:"),
            "{line}"
        );
    }
}

#[test]
fn a_module_gets_the_distribution_that_brings_it() {
    let files = |import: &'static str| [("app.py", import), ("requirements.txt", "client==1.0\n")];
    let found = rows("pip.providers", &given("module", &["tool.sub"]), &files("from tool.sub import x\n")).unwrap();
    assert!(found.is_empty(), "`tool.sub` is not what was missing when only `tool` is brought: {found:?}");
    let found = rows("pip.providers", &given("module", &["tool"]), &files("from tool.sub import x\n")).unwrap();
    assert_eq!(pins(&found), [("tool".to_owned(), "==0.4.0".to_owned())]);
    let found = rows("pip.providers", &given("module", &["yaml"]), &files("import yaml\n")).unwrap();
    assert_eq!(pins(&found), [("PyYAML".to_owned(), "==6.0.3".to_owned())]);
    let found = rows("pip.providers", &given("module", &["named"]), &files("import named\n")).unwrap();
    assert!(found.is_empty(), "a distribution of that name that brings another module");
}

#[test]
fn modules_of_others_are_no_missing_dependency() {
    let files = [
        ("app.py", "import json, helper, tkinter, client\n"),
        ("lib/helper.py", ""),
        ("requirements.txt", "client==1.0\n"),
    ];
    let dir = project(&files);
    let modules = given("module", &["json", "helper", "tkinter", "client", "never_imported", "--pre", "a;b"]);
    let found = Pip.rows("pip.providers", &modules, dir.path(), &Scripted::new(pip)).unwrap();
    assert!(found.is_empty(), "{found:?}");
}

//! The commands that read records, on what real runs left: one heal, one escalation.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A directory with a store of its own.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        ["project", "home", "state", "tmp"]
            .iter()
            .for_each(|name| std::fs::create_dir(root.path().join(name)).unwrap());
        std::fs::write(root.path().join("given.env"), "SERVICE_PORT=8080\n").unwrap();
        Self { root }
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn heal(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_heal"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TMPDIR", self.path("tmp"))
            .current_dir(self.root.path().join("project"))
            .output()
            .unwrap()
    }

    /// What is printed by a command that succeeds.
    fn read(&self, arguments: &[&str]) -> String {
        let output = self.heal(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.read(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// A failure that is mended, and one that nothing explains.
    fn with_two_incidents() -> Self {
        let place = Self::new();
        let env_file = place.path("given.env");
        let mended = ["run", "--env-file", &env_file, "--", "sh", "-c", ": ${SERVICE_PORT:?must be set}; echo ok"];
        assert_eq!(place.heal(&mended).status.code(), Some(0));
        let unknown = "printf 'flux \\033]0;owned\\007capacitor exploded\\n' >&2; exit 3";
        assert_eq!(place.heal(&["run", "--", "sh", "-c", unknown]).status.code(), Some(20));
        place
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path.display().to_string()] }).collect()
}

#[test]
fn where_no_store_is_there_is_nothing_to_read_and_reading_makes_none() {
    let place = Place::new();
    assert_eq!(place.json(&["incidents"]), Value::Array(Vec::new()));
    assert_eq!(place.json(&["report"])["incidents"], 0);
    let unknown = place.heal(&["show", "inc-1"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(unknown.stdout.is_empty() && !unknown.stderr.is_empty());
    let left = files(place.root.path());
    assert_eq!(left, [place.path("given.env")]);
}

#[test]
fn incidents_show_and_report_tell_the_same() {
    let place = Place::with_two_incidents();
    let incidents = place.json(&["incidents"]);
    let states: Vec<&str> = incidents.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["escalated", "healed"]);
    let healed = incidents[1]["incident"].as_str().unwrap();
    let shown = place.json(&["show", &healed[..12]]);
    assert_eq!(shown["incident"], healed);
    assert_eq!(shown["records"], incidents[1]["records"]);
    assert_eq!(shown["timeline"].as_array().unwrap().len() as u64, shown["records"].as_u64().unwrap());
    let report = place.json(&["report"]);
    assert_eq!(report["rates"]["healed"], serde_json::json!({"count": 1, "of": 2, "share": 0.5}));
    assert_eq!(report["repair"]["mean_ms"], shown["total_ms"]);
    assert_eq!(report["audit_coverage"]["share"], 1.0, "{report}");
    assert_eq!(place.json(&["incidents", "--open"]), Value::Array(Vec::new()));
}

#[test]
fn what_people_read_names_the_fix_and_never_a_value() {
    let place = Place::with_two_incidents();
    let healed = place.json(&["incidents"])[1]["incident"].as_str().unwrap().to_owned();
    for format in ["text", "json", "adr"] {
        let shown = place.read(&["show", &healed, "--format", format]);
        assert!(shown.replace('\\', "").contains("SERVICE_PORT"), "{shown}");
        assert!(!shown.contains("8080"), "{shown}");
    }
    let page = place.path("report.html");
    assert_eq!(place.read(&["report", "--format", "html", "--output", &page]), "");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
}

#[test]
fn a_log_can_not_act_on_the_terminal_of_whoever_reads_about_it() {
    let place = Place::with_two_incidents();
    let unknown = place.json(&["incidents"])[0]["incident"].as_str().unwrap().to_owned();
    for arguments in [&["show", &unknown][..], &["show", &unknown, "--json"], &["incidents"], &["report"]] {
        let text = place.read(arguments);
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
    assert!(place.read(&["show", &unknown]).contains("capacitor exploded"));
}

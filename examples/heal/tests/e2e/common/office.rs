//! People with keys around a service, and the document in which they are enrolled.

use std::process::Command;

use serde_json::Value;

use super::{Ended, Service, World};

/// Nobody is enrolled at first.
pub(crate) struct Office {
    pub(crate) service: Service,
}

impl Office {
    pub(crate) fn new() -> Self {
        let office = Self { service: Service::new() };
        office.enrol(&[], "");
        office
    }

    /// An office with these people: names and their roles.
    pub(crate) fn of(people: &[(&str, &str)]) -> Self {
        let office = Self::new();
        let lines: Vec<String> = people.iter().map(|(name, roles)| office.key(name, roles)).collect();
        office.enrol(&lines.iter().map(String::as_str).collect::<Vec<_>>(), "");
        office
    }

    fn world(&self) -> &World {
        &self.service.world
    }

    /// Makes the key of `name`; the line by which it is enrolled with these roles.
    pub(crate) fn key(&self, name: &str, roles: &str) -> String {
        let made = self.bare(name, &["approver", "init", "--name", name]);
        assert_eq!(made.status, Some(0), "{made}");
        let line = String::from_utf8(made.stdout).unwrap();
        assert!(line.starts_with(&format!("  - {{name: {name}, key: \"ed25519:")), "{line}");
        line.trim_end().replace("roles: []", &format!("roles: [{roles}]"))
    }

    /// Enrols exactly these.
    pub(crate) fn enrol(&self, lines: &[&str], more: &str) {
        let people = if lines.is_empty() { "people: []".to_owned() } else { format!("people:\n{}", lines.join("\n")) };
        self.world().aside("approvers.yaml", &format!("schema: selfheal.dev/approvers/v1\n{people}\n{more}\n"));
    }

    /// `heal` as somebody who holds the key of `who`; the key need not be there.
    pub(crate) fn command(&self, who: &str) -> Command {
        let mut heal = self.world().command(env!("CARGO_BIN_EXE_heal"));
        std::fs::create_dir_all(self.world().path("keys")).unwrap();
        heal.env("SELFHEAL_APPROVER_KEY", self.world().path("keys").join(who));
        heal.env("SELFHEAL_APPROVERS", self.world().path("approvers.yaml")).env("USER", who);
        heal.current_dir(self.world().dir());
        heal
    }

    fn bare(&self, who: &str, arguments: &[&str]) -> Ended {
        let mut heal = self.command(who);
        heal.args(arguments);
        Ended::of(heal)
    }

    /// `heal` with these arguments on the office's store, as somebody.
    pub(crate) fn command_on_store(&self, who: &str, arguments: &[&str]) -> Command {
        let mut heal = self.command(who);
        heal.args(arguments).arg("--store").arg(self.world().path("store"));
        heal
    }

    /// The same, once it ended.
    pub(crate) fn ask(&self, who: &str, arguments: &[&str]) -> Ended {
        Ended::of(self.command_on_store(who, arguments))
    }

    /// The same, by clocks that are so many seconds ahead.
    #[cfg(feature = "failpoints")]
    pub(crate) fn ask_later(&self, who: &str, seconds: u64, arguments: &[&str]) -> Ended {
        let mut heal = self.command_on_store(who, arguments);
        heal.env("SELFHEAL_CLOCKS_AHEAD", seconds.to_string());
        Ended::of(heal)
    }

    /// `heal run` of the service.
    pub(crate) fn run(&self, who: &str, options: &[&str]) -> Ended {
        let mut heal = self.command(who);
        heal.args(self.run_arguments(options));
        Ended::of(heal)
    }

    pub(crate) fn run_arguments(&self, options: &[&str]) -> Vec<String> {
        let store = self.world().path("store").display().to_string();
        let options = self.service.options(options);
        let all = [&["run", "--store", &store][..], &options, &["--", "./start.sh"]].concat();
        all.into_iter().map(str::to_owned).collect()
    }

    /// A guardrails document with this rule beside the shipped ones' place.
    pub(crate) fn policy(&self, effect: &str) -> String {
        self.world().aside("policy.yaml", &ask_by(effect))
    }

    /// The only plan that waits: incident and hash.
    pub(crate) fn waiting(&self) -> (String, String) {
        let all = self.approvals();
        let [one] = &all[..] else { panic!("{all:?}") };
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        (text("incident"), text("plan"))
    }

    pub(crate) fn approvals(&self) -> Vec<Value> {
        let listed = self.ask("nobody", &["approvals", "--json"]);
        serde_json::from_slice(&listed.stdout).unwrap_or_else(|error| panic!("{error}: {listed}"))
    }

    pub(crate) fn approve(&self, who: &str) -> Ended {
        let (incident, plan) = self.waiting();
        self.ask(who, &["approve", &incident, "--plan", &plan])
    }

    /// Asserts that the audit log and the records are as they were written.
    pub(crate) fn assert_verifies(&self) {
        let verified = self.ask("nobody", &["audit", "verify"]);
        assert_eq!(verified.status, Some(0), "{verified}");
    }
}

/// A policy by which people are asked about whatever is to be done; `effect` says whom.
fn ask_by(effect: &str) -> String {
    format!(
        "schema: selfheal.dev/guardrails/v1\nname: ask-first\nversion: 1\nrules:\n  - id: ask\n    effect: {effect}\n    \
         kinds: ['*']\n    because: 'somebody looks first'\nexamples:\n  - name: an edit\n    given: {{kind: edit_file, \
         environment: dev, target: a.txt, rehearsed: true, reversibility: undoable}}\n    expect: require_approval\n"
    )
}

/// `text` without what differs from run to run, ids, hashes, places, times; and without the words of policy.
pub(crate) fn settled(office: &Office, text: &str) -> String {
    let (incident, plan) = office.waiting();
    let mut text = text.replace(&incident, "inc-0123456789abcdef");
    text = text.replace(&plan, &"e".repeat(64)).replace(&plan[..12], &"e".repeat(12));
    text = text.replace(&office.world().path("").display().to_string(), "/");
    let shown = text.lines().map(|line| line.split_once(" by version ").map_or(line, |(verdict, _)| verdict));
    let lines = shown.map(|line| without_times(line.trim_end()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Points in time, and how long it is until then.
fn without_times(line: &str) -> String {
    let shape = |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect() };
    let mut line = line.to_owned();
    while let Some(at) = shape(&line).find("0000-00-00 00:00:00Z").filter(|at| !line[*at..].starts_with("2026-01-01")) {
        line.replace_range(at..at + 20, "2026-01-01 12:00:00Z");
    }
    for form in ["00 min 00 s", "00 min 0 s"] {
        if let Some(at) = shape(&line).find(form) {
            line.replace_range(at..at + form.len(), "15 min 0 s");
        }
    }
    line
}

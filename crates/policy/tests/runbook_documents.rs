//! A host's runbooks: what is refused, and that the refusal says where and why.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use selfheal_core::facts::Facts;
use selfheal_policy::error::LoadError;
use selfheal_policy::runbook::Catalogue;
use tempfile::TempDir;

const GOOD: &str = "\
schema: selfheal.dev/runbook/v1
id: acme-licence
version: 3
title: the licence server is full
category: licence_unavailable
priority: 700
signature:
  all: ['licence checkout failed']
  extract:
    - {name: feature, type: command, required: true, pattern: 'feature (?P<feature>\\w+)'}
cause: {kind: licence_pool_empty, summary: 'no licence is free for {feature}'}
plans:
  - actions:
      - kind: retry_stage
        parameters: {attempts: {value: 2}, initial_backoff_ms: {value: 60000}}
    criteria: [command_succeeds]
    compensation: nothing_to_undo
escalation: 'Ask for more licences of {feature}.'
";

fn load(folder: &Path) -> Result<Catalogue, LoadError> {
    Catalogue::builder().with_directory(folder)?.build()
}

fn folder_of(document: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), document).unwrap();
    folder
}

/// The complaint about the document, without the folder's name.
fn complaint(document: &str) -> String {
    let folder = folder_of(document);
    let error = load(folder.path()).err().map(|error| error.to_string()).unwrap_or_default();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_host_s_runbook_is_recognised_beside_the_shipped_ones() {
    let folder = folder_of(GOOD);
    let builder = Catalogue::builder().with_shipped().unwrap().with_directory(folder.path()).unwrap();
    let catalogue = builder.build().unwrap();
    let found = catalogue.recognise(&Facts::new(), &["licence checkout failed", "feature simulator", "Error 1"]);
    assert_eq!(found[0].runbook().id(), "acme-licence");
    assert_eq!(found[0].summary(), "no licence is free for simulator");
    assert_eq!(found[0].lines(), [0, 1]);
    assert_eq!(found[0].remedies().count(), 1);
}

#[test]
fn a_broken_document_is_refused_with_file_line_and_what_was_expected() {
    let cases = [
        ("priority: 700", "prio: 700", "a.yaml:6:1", "prio"),
        ("version: 3", "version: three", "a.yaml:3:10", ""),
        ("'licence checkout failed'", "'licence (checkout'", "a.yaml:8:9", "unclosed group"),
        ("(?P<feature>", "(?P<option>", "a.yaml:10:", "group (?P<feature>"),
        ("for {feature}'", "for {fature}'", "a.yaml:11:", "'{fature}' names no required extractor"),
        ("kind: retry_stage", "kind: run_shell", "a.yaml:14:15", "one of add_dependency"),
        ("attempts: {value: 2}, ", "", "a.yaml:14:15", "expected parameter 'attempts'"),
        ("attempts: {value: 2}", "attempts: {row: attempts}", "a.yaml:15:", "'from'"),
        ("runbook/v1", "runbook/v9", "a.yaml:1:9", "expected schema"),
        ("acme-licence", "Acme Licence", "a.yaml:2:5", "lower-case words"),
        ("category: licence_unavailable", "category: Licence", "a.yaml:5:11", "snake_case category"),
        ("  all: ['licence checkout failed']\n", "  all: ['x*']\n", "a.yaml:8:9", "empty line"),
    ];
    for (good, bad, place, reason) in cases {
        assert!(GOOD.contains(good), "{good}");
        let said = complaint(&GOOD.replace(good, bad));
        assert!(said.starts_with(place) && said.contains(reason), "{bad}: {said}");
    }
}

#[test]
fn a_signature_that_asks_nothing_is_refused() {
    let asks_nothing =
        GOOD.replace("  all: ['licence checkout failed']\n", "").replace("required: true, ", "absent: one, ");
    assert!(complaint(&asks_nothing).contains("a signature with facts"), "{}", complaint(&asks_nothing));
}

#[test]
fn text_may_be_shown_but_never_selects() {
    let selects = GOOD
        .replace("type: command", "type: text")
        .replace("  - actions:", "  - from: acme.pools\n    given: {pool: feature}\n    actions:");
    assert!(complaint(&selects).contains("whose type may select"), "{}", complaint(&selects));
}

#[test]
fn a_document_that_grows_or_nests_without_end_is_refused() {
    assert!(complaint(&format!("{GOOD}title2: &a [1, 2]\nx: *a\n")).starts_with("a.yaml:"));
    assert!(complaint(&"[".repeat(100)).starts_with("a.yaml:"));
    assert!(complaint(&" ".repeat(300 * 1024)).contains("at most"));
}

#[test]
fn an_id_of_two_documents_is_refused_but_a_shipped_one_may_be_replaced() {
    let folder = folder_of(GOOD);
    fs::write(folder.path().join("b.yaml"), GOOD).unwrap();
    let said = load(folder.path()).unwrap_err().to_string();
    assert!(said.contains("b.yaml:2:5") && said.contains("unique id"), "{said}");

    let own = folder_of(&GOOD.replace("id: acme-licence", "id: disk-full"));
    let catalogue = Catalogue::builder().with_shipped().unwrap().with_directory(own.path()).unwrap().build().unwrap();
    let disk_full: Vec<_> = catalogue.runbooks().iter().filter(|runbook| runbook.id() == "disk-full").collect();
    assert_eq!(disk_full.len(), 1);
    assert_eq!(disk_full[0].version(), 3);
}

#[test]
fn a_sample_that_comes_out_otherwise_is_refused_with_its_name() {
    let wrong = [
        ("match-1.log", "all is well\n", "to recognise this sample"),
        (
            "nomatch-1.log",
            "licence checkout failed\nfeature x\n",
            "not to recognise this sample, but it does on lines [1, 2]",
        ),
        ("match-2.log", "#= feature=y\nlicence checkout failed\nfeature x\n", "expected feature=y, extracted [\"x\"]"),
        ("match-3.log", "#! exit_code\nlicence checkout failed\n", "match-3.log:1:1: expected '#! fact=value'"),
        ("sample.log", "", "match- or nomatch-"),
    ];
    for (name, log, reason) in wrong {
        let folder = folder_of(GOOD);
        let samples = folder.path().join("samples/acme-licence");
        fs::create_dir_all(&samples).unwrap();
        fs::write(samples.join(name), log).unwrap();
        let said = load(folder.path()).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains(reason), "{said}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = Catalogue::builder().with_directory(Path::new("/no/such/folder")).unwrap_err();
    assert!(error.to_string().starts_with("/no/such/folder: "), "{error}");
}

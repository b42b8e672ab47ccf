//! Several documents, other notations, and documents that change while they are in force.

use std::path::PathBuf;

use selfheal_core::decision::Verdict;
use selfheal_core::resource::Environment;
use selfheal_policy::guardrails::{Guardrails, Reloading};

use crate::scene::{PATCH, allowing_but, case, document};

const FROZEN: &str = "rules:\n  - {id: frozen, effect: deny, kinds: ['*'], environments: [dev], because: 'freeze'}\n";

#[test]
fn documents_combine_and_a_deny_in_one_is_a_deny() {
    let (all, none) = (document("all", &allowing_but("")), document("none", FROZEN));
    let case = case(Environment::Dev, "patch_dependency_version", PATCH);
    for (texts, verdict) in [
        (vec![("all.yaml", all.as_str())], Verdict::Allow),
        (vec![("all.yaml", &all), ("none.yaml", &none)], Verdict::Deny),
        (vec![("none.yaml", &none), ("all.yaml", &all)], Verdict::Deny),
    ] {
        let guardrails = Guardrails::from_texts(&texts).unwrap();
        assert_eq!(case.decision(&guardrails).verdict, verdict);
    }
}

#[test]
fn a_document_may_be_json_indented_by_whatever_its_writer_likes() {
    let json = "{\n\t\"schema\": \"selfheal.dev/guardrails/v1\", \"name\": \"j\", \"version\": 1,\n\t\"rules\": [{\"id\": \"a\", \"effect\": \"allow\", \"kinds\": [\"*\"], \"because\": \"caf\\u00e9 \\/ x\"}],\n\t\"examples\": [{\"name\": \"e\", \"given\": {\"kind\": \"retry_stage\", \"environment\": \"dev\"}, \"expect\": \"allow\"}]\n}\n";
    let guardrails = Guardrails::from_text("p.json", json).unwrap();
    let decision = case(Environment::Dev, "retry_stage", &[]).decision(&guardrails);
    assert_eq!(decision.verdict, Verdict::Allow);
    assert!(decision.rationale.contains("café / x"), "{}", decision.rationale);
    let broken = json.replace("\"effect\"", "\"efect\"");
    let said = Guardrails::from_text("p.json", &broken).unwrap_err().to_string();
    assert!(said.starts_with("p.json:3:"), "{said}");
}

#[test]
fn documents_of_one_name_are_refused() {
    let text = document("same", &allowing_but(""));
    let said = Guardrails::from_texts(&[("a.yaml", &text), ("b.yaml", &text)]).unwrap_err().to_string();
    assert!(said.starts_with("b.yaml:2:") && said.contains("expected another name"), "{said}");
    let posing = document("hard-blocks", &allowing_but(""));
    assert!(Guardrails::from_text("c.yaml", &posing).is_err());
}

#[test]
fn a_reload_that_fails_leaves_in_force_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("g.yaml");
    std::fs::write(&file, document("g", FROZEN)).unwrap();
    let reloading = Reloading::new(vec![file.clone()]).unwrap();
    let case = case(Environment::Dev, "patch_dependency_version", PATCH);
    let before = reloading.current().version().to_owned();

    std::fs::write(&file, document("g", &allowing_but("  - {id: x, effect: perhaps}"))).unwrap();
    let said = reloading.reload().unwrap_err().to_string();
    assert!(said.contains("g.yaml:6:"), "{said}");
    assert_eq!(reloading.current().version(), before);
    assert_eq!(case.decision(&reloading.current()).verdict, Verdict::Deny);

    std::fs::write(&file, document("g", &allowing_but(""))).unwrap();
    assert_ne!(reloading.reload().unwrap(), before);
    assert_eq!(case.decision(&reloading.current()).verdict, Verdict::Allow);
    std::fs::remove_file(&file).unwrap();
    assert!(reloading.reload().is_err());
    assert_eq!(case.decision(&reloading.current()).verdict, Verdict::Allow);
}

#[test]
fn the_document_for_teams_loads() {
    let text = include_str!("../../guardrails/team.example.yaml");
    let guardrails = Guardrails::from_text("team.example.yaml", text).unwrap();
    assert!(guardrails.autonomy().is_some());
}

#[test]
fn the_strictest_settings_of_several_documents_count() {
    let settings = |threshold: f64| format!("{}autonomy: {{threshold: {threshold}}}", allowing_but(""));
    let (one, other) = (document("one", &settings(0.9)), document("other", &settings(0.8)));
    let guardrails = Guardrails::from_texts(&[("a.yaml", &one), ("b.yaml", &other)]).unwrap();
    assert_eq!(guardrails.autonomy().map(|autonomy| autonomy.threshold), Some(0.9));
    assert!(Guardrails::shipped().unwrap().autonomy().is_none());
}

#[test]
fn a_protected_path_holds_however_it_is_written() {
    let files = &[("db/migrations/1.sql", "+x")][..];
    let case = case(Environment::Dev, "edit_file", files);
    for path in ["/db/migrations/*", "./db/*", "db/", "db", "/db", "db/migrations", "/*"] {
        let protected = format!("{}protected: [{{id: p, paths: ['{path}'], because: b}}]", allowing_but(""));
        let guardrails = Guardrails::from_text("p.yaml", &document("p", &protected)).unwrap();
        assert_eq!(case.decision(&guardrails).verdict, Verdict::Deny, "{path}");
    }
    let beside = format!("{}protected: [{{id: p, paths: [db/migrations/2.sql, b], because: b}}]", allowing_but(""));
    let guardrails = Guardrails::from_text("p.yaml", &document("p", &beside)).unwrap();
    assert_eq!(case.decision(&guardrails).verdict, Verdict::Allow);
}

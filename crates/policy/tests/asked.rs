//! Plans written down for policy, in each of their forms, and how documents are told apart.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use selfheal_core::action::{Provenance, Reversibility, RiskTier};
use selfheal_core::ports::{EffectClass, RehearsalEvidence};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;
use selfheal_policy::asked::{Asked, Said};
use selfheal_policy::documents::DocumentKind;

const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);

fn asked(text: &str) -> Asked {
    Asked::from_text("plan", text, &Said { now: NOW, ..Said::default() }).unwrap()
}

fn refused(text: &str) -> String {
    Asked::from_text("plan", text, &Said::default()).unwrap_err().to_string()
}

#[test]
fn the_short_form_says_as_little_as_can_be_where_it_is_silent() {
    let asked = asked("{kind: edit_file, target: src/a.py}");
    let question = asked.question();
    assert_eq!(question.rehearsal, RehearsalEvidence::Pending);
    assert_eq!(question.incident.environment, Environment::Dev);
    assert_eq!(question.assurance.lower.value(), 0.0);
    assert_eq!((question.at, asked.moment().effect), (NOW, EffectClass::Apply));
    assert_eq!(question.specs[0].risk, RiskTier::Medium);
    assert_eq!(question.previews[0].changes[0].what, "src/a.py");
}

#[test]
fn yaml_and_json_and_one_step_and_several_mean_the_same() {
    let one =
        asked("{kind: edit_file, environment: staging, parameters: {line: 3}, changes: [{what: a}], rehearsed: true}");
    let json = r#"{"environment": "staging", "rehearsal": "verified", "steps": [{"kind": "edit_file",
        "parameters": {"line": {"value": 3, "provenance": "configured"}}, "changes": [{"what": "a", "diff": ""}]}]}"#;
    let other = asked(json);
    assert_eq!(one.question().plan.steps, other.question().plan.steps);
    assert_eq!(one.question().previews, other.question().previews);
    assert_eq!(one.question().rehearsal, other.question().rehearsal);
}

#[test]
fn provenance_is_a_word_or_as_the_library_writes_it() {
    let asked = asked(
        "{kind: patch_dependency_version, parameters: {package: {value: a, provenance: model}, \
         requirement: {value: '1', provenance: {extracted: {by: regex, set: versions}}}}}",
    );
    let parameters = asked.question().plan.steps[0].action.parameters().clone();
    assert_eq!(parameters.get("package").unwrap().provenance.class(), "model");
    let extracted = Provenance::Extracted { by: "regex".to_owned(), set: "versions".to_owned() };
    assert_eq!(parameters.get("requirement").unwrap().provenance, extracted);
}

#[test]
fn of_a_recorded_plan_what_was_decided_by_counts_and_not_what_it_says_of_itself() {
    let recorded = r#"{"rationale": "again", "hash": null, "steps": [{"kind": "retry_stage",
        "target": {"system": "local", "kind": "pipeline", "name": "shop"}, "parameters": {}}], "previews": [],
        "decision": {"assurance": {"mean": 0.9, "lower": 0.4}}, "rehearsal": "in words", "confidence": 0.99}"#;
    let asked = asked(recorded);
    assert_eq!(asked.question().assurance.lower.value(), 0.4);
    assert_eq!(asked.question().rehearsal, RehearsalEvidence::Pending, "words are no evidence");
}

#[test]
fn what_is_said_beside_the_document_goes_before_it() {
    let said = Said {
        environment: Some(Environment::Production),
        rehearsal: Some(RehearsalEvidence::Unsupported),
        at: Some(NOW),
        now: Timestamp::default(),
    };
    let text =
        "{kind: edit_file, environment: dev, rehearsed: true, at: '2020-01-01T00:00:00Z', reversibility: irreversible}";
    let asked = Asked::from_text("plan", text, &said).unwrap();
    let question = asked.question();
    assert_eq!(question.incident.environment, Environment::Production);
    assert_eq!((question.rehearsal, question.at), (RehearsalEvidence::Unsupported, NOW));
    assert_eq!(question.previews[0].reversibility, Reversibility::Irreversible);
}

#[test]
fn what_can_not_be_read_is_told_with_its_place() {
    for (text, told) in [
        (
            "kind: edit_file\nparameters:\n  path: a\n  paht: b\n",
            "plan:4:9: expected a parameter of edit_file, one of path",
        ),
        ("kind: edit_file\nparameters:\n  path: {value: a, provenance: guessed}\n", "plan:3:"),
        ("kind: edit_file\nat: tomorrow\n", "plan:2:5: expected a time"),
        ("kind: edit_file\nrehearsal: passed\n", "plan:2:12: expected pending, verified, in_place or unsupported"),
        ("kind: edit_file\nactivity: [{ago: soon}]\n", "plan:2:18: expected a length of time"),
        ("steps: [{kind: edit_file}]\nkind: edit_file\n", "plan:2:7: expected either `steps` or the keys of one step"),
        (
            "steps: [{kind: edit_file}]\npreviews: [{summary: '', changes: [], fences: [], blast_radius: {resources: 0, changes: 0, \
          lines_added: 0, lines_removed: 0}, undo_hash: null, reversibility: undoable}, {summary: '', changes: [], fences: [], \
          blast_radius: {resources: 0, changes: 0, lines_added: 0, lines_removed: 0}, undo_hash: null, reversibility: undoable}]",
            "plan:2:11: expected 1 previews, one per step, found 2",
        ),
        ("{\"plans\": []}", "expected a plan, but the incident has none"),
    ] {
        let refusal = refused(text);
        assert!(refusal.contains(told), "{told}: {refusal}");
    }
}

#[test]
fn documents_tell_by_themselves_what_they_are() {
    let kind = |text: &str| DocumentKind::of("x", text).map_err(|error| error.to_string());
    let two = "{\"resource_kind\": \"*\", \"issue_type\": \"*\", \"auto_heal\": true, \"max_retries\": 1}\n".repeat(2);
    for (text, expected) in [
        ("schema: selfheal.dev/guardrails/v1\n", DocumentKind::Guardrails),
        ("schema: selfheal.dev/approvers/v1\n", DocumentKind::Approvers),
        ("schema: selfheal.dev/policy-test/v1\n", DocumentKind::Cases),
        ("apiVersion: x\nkind: y\n---\napiVersion: z\n", DocumentKind::Recovery),
        ("[{\"resource_kind\": \"pod\"}]", DocumentKind::Recovery),
        (two.as_str(), DocumentKind::Recovery),
        ("cool_down: {after_heal_seconds: 60, after_failed_heal_seconds: 600}\n", DocumentKind::Fleet),
    ] {
        assert_eq!(kind(text), Ok(expected), "{text}");
    }
    let runbook = kind("name: x\nschema: selfheal.dev/runbook/v1\n").unwrap_err();
    assert!(runbook.starts_with("x:2:9: ") && runbook.contains("found 'selfheal.dev/runbook/v1'"), "{runbook}");
    assert!(kind("a: b\n").unwrap_err().starts_with("x: expected a policy document"));
    assert!(kind("a: [\n").unwrap_err().starts_with("x:"));
}

//! What a document is refused for: each with file, line and what was expected.

use selfheal_policy::guardrails::Guardrails;

use crate::scene::document;

fn said(sections: &str) -> String {
    Guardrails::from_text("p.yaml", &document("p", sections))
        .map_or_else(|error| error.to_string(), |_| "loads".to_owned())
}

fn rule(rest: &str) -> String {
    said(&format!("rules:\n  - {{id: r, because: b, {rest}}}"))
}

#[test]
fn a_rule_that_is_none() {
    for (rest, problem) in [
        ("efect: allow, kinds: ['*']", "efect"),
        ("effect: permit, kinds: ['*']", "permit"),
        ("effect: allow, kinds: ['a[']", "expected a glob"),
        ("effect: allow, kinds: []", "at least one"),
        ("effect: allow, kinds: ['*'], targets: []", "at least one entry in 'targets'"),
        ("effect: deny, kinds: ['*'], when: {text_matches: ['(']}", "regular expression"),
        ("effect: deny, kinds: ['*'], when: {colour: red}", "colour"),
        ("effect: deny, kinds: ['*'], when: {parameters: {a: {matches: '['}}}", "regular expression"),
        ("effect: deny, kinds: ['*'], when: {parameters: {a: {}}}", "parameter 'a': expected one of"),
        ("effect: deny, kinds: ['*'], when: {parameters: {a: {at_least: 2, at_most: 1}}}", "not over"),
        ("effect: deny, kinds: ['*'], when: {parameters: {a: {absent: true, equals: 1}}}", "nothing beside"),
        ("effect: allow, kinds: ['*'], when: {confidence: {at_least: 1.5}}", "from 0 to 1"),
        ("effect: allow, kinds: ['*'], when: {confidence: {}}", "'at_least' or 'below'"),
        ("effect: allow, kinds: ['*'], when: {confidence: {at_least: .nan}}", "from 0 to 1"),
        ("effect: allow, kinds: ['*'], when: {blast_radius: {}}", "expected 'blast_radius'"),
        ("effect: allow, kinds: ['*'], when: {provenance: {package: guessed}}", "guessed"),
        ("effect: allow, kinds: ['*'], when: {provenance: {a.b.c: observed}}", "expected a parameter"),
        ("effect: allow, kinds: ['*'], when: {time: {within: {zone: Mars, from: 2026-01-01}}}", "IANA time zone"),
        ("effect: allow, kinds: ['*'], when: {risk: [huge]}", "huge"),
    ] {
        let said = rule(rest);
        assert!(said.starts_with("p.yaml:5:") && said.contains(problem), "{rest}: {said}");
    }
}

#[test]
fn an_approval_that_nobody_could_give() {
    for (terms, problem) in [
        ("{k: 0}", "'k' of 1 to"),
        ("{k: 1000}", "'k' of 1 to"),
        ("{stages: []}", "1 to 8 stages"),
        ("{stages: [{k: 0}]}", "'k' of 1 to"),
        ("{k: 1, stages: [{k: 1}]}", "either 'stages' or"),
        ("{k: 1, ttl: 0s}", "above zero"),
        ("{k: 1, ttl: soon}", "a length of time"),
        ("{roles: ['']}", "name of a role"),
        ("{people: 2}", "people"),
    ] {
        let said = rule(&format!("kinds: ['*'], effect: {{require_approval: {terms}}}"));
        assert!(said.starts_with("p.yaml:5:") && said.contains(problem), "{terms}: {said}");
    }
}

#[test]
fn a_rule_by_which_less_evidence_would_allow_more() {
    for rest in [
        "effect: allow, kinds: ['*'], when: {rehearsed: false}",
        "effect: allow, kinds: ['*'], when: {confidence: {below: 0.5}}",
        "effect: allow, kinds: ['*'], when: {provenance_below: {a: observed}}",
        "effect: deny, kinds: ['*'], when: {rehearsed: true}",
        "effect: deny, kinds: ['*'], when: {confidence: {at_least: 0.5}}",
        "effect: deny, kinds: ['*'], when: {provenance: {a: observed}}",
    ] {
        let said = rule(rest);
        assert!(
            said.starts_with("p.yaml:5:") && said.contains("less evidence must never allow more"),
            "{rest}: {said}"
        );
    }
}

#[test]
fn a_section_that_contradicts_itself() {
    let always = "{from: 'mon 00:00', until: 'sat 00:00'}, {days: [sat, sun], from: '00:00', until: '24:00'}";
    let window = "id: w, zone: UTC, because: b";
    for (sections, line, problem) in [
        ("protected:\n  - {id: a, because: b}".to_owned(), 5, "'resources' or 'paths'"),
        ("forbidden_fields:\n  - {id: a, fields: ['/'], because: b}".to_owned(), 5, "name of a field"),
        ("diff_limits: {}".to_owned(), 4, "expected 'diff_limits'"),
        ("diff_limits: {pages: 3}".to_owned(), 4, "pages"),
        (format!("freeze:\n  - {{{window}, from: 2026-02-01, until: 2026-01-01}}"), 5, "end after the start"),
        (format!("freeze:\n  - {{{window}, from: 2026-02-01}}"), 5, "expected a freeze that ends"),
        (format!("freeze:\n  - {{{window}, weekly: [{always}]}}"), 5, "expected a freeze that ends"),
        (format!("freeze:\n  - {{{window}, weekly: [{{days: [mon], from: '9:00', until: '10:00'}}]}}"), 5, "a time such as"),
        (format!("maintenance:\n  - {{{window}, effect: deny, from: 2026-02-01}}"), 5, "no 'effect'"),
        (
            format!(
                "freeze:\n  - {{id: f, zone: Europe/Berlin, because: b, weekly: [{{from: 'fri 18:00', until: 'mon 06:00'}}]}}\nmaintenance:\n  - {{{window}, weekly: [{{days: [sat], from: '08:00', until: '12:00'}}]}}"
            ),
            7,
            "not frozen all the time",
        ),
        ("budgets:\n  - {id: b, scope: fleet, per: 0h, at_most: {effects: 1}, because: b}".to_owned(), 5, "above zero"),
        ("budgets:\n  - {id: b, scope: fleet, per: 90d, at_most: {effects: 1}, because: b}".to_owned(), 5, "31 days"),
        ("budgets:\n  - {id: b, scope: fleet, per: 1h, at_most: {}, because: b}".to_owned(), 5, "expected 'at_most'"),
        ("budgets:\n  - {id: b, scope: galaxy, per: 1h, at_most: {effects: 1}, because: b}".to_owned(), 5, "galaxy"),
        ("capacity_floor:\n  - {id: c, kinds: ['*'], ready_fact: r, because: b}".to_owned(), 5, "'at_least'"),
        ("autonomy: {threshold: 7}".to_owned(), 4, "autonomy.threshold is 7"),
        ("provenance: {package: perhaps}".to_owned(), 4, "perhaps"),
        (
            format!("environments:\n  production:\n    freeze: [{{{window}, environments: [dev], from: 2026-01-01, until: 2026-01-02}}]"),
            6,
            "no 'environments' here",
        ),
        ("rules:\n  - {id: a, effect: deny, kinds: ['*'], because: b}\nprotected:\n  - {id: a, paths: [x], because: b}".to_owned(), 7, "unique rule id"),
    ] {
        let said = said(&sections);
        assert!(said.starts_with(&format!("p.yaml:{line}:")) && said.contains(problem), "{sections}: {said}");
    }
}

#[test]
fn a_document_without_examples_or_with_one_that_fails() {
    let head = "schema: selfheal.dev/guardrails/v1\nname: p\nversion: 1\nrules:\n  - {id: all, effect: allow, kinds: ['*'], because: b}\n";
    let load = |text: &str| Guardrails::from_text("p.yaml", text).unwrap_err().to_string();
    let none = load(head);
    assert!(none.starts_with("p.yaml") && none.contains("at least one entry in 'examples'"), "{none}");
    let other =
        load(&format!("{head}examples:\n  - {{name: e, given: {{kind: k, environment: dev}}, expect: deny}}\n"));
    assert!(other.starts_with("p.yaml:7:") && other.contains("example 'e' expects deny but gets allow"), "{other}");
    let nothing = load("schema: selfheal.dev/guardrails/v1\nname: p\nversion: 1\nrules: []\n");
    assert!(nothing.starts_with("p.yaml:2:") && nothing.contains("1 to 1000 rules"), "{nothing}");
    let schema = load(&head.replace("guardrails/v1", "guardrails/v2"));
    assert!(schema.starts_with("p.yaml:1:9") && schema.contains("expected schema"), "{schema}");
}

#[test]
fn what_could_never_speak() {
    for (rest, problem) in [
        ("effect: deny, kinds: [edit-file]", "expected 'edit_file'"),
        ("effect: deny, kinds: ['*'], environments: [productoin]", "expected 'production'"),
        ("effect: deny, kinds: ['*'], environments: ['!dev']", "without '!'"),
        ("effect: deny, kinds: ['*'], targets: ['!src/*']", "without '!'"),
        ("effect: deny, kinds: ['*'], resources: [payments]", "'*/*/payments'"),
        ("effect: deny, kinds: ['*'], resources: ['payments-*']", "system/kind/name"),
    ] {
        let said = rule(rest);
        assert!(said.starts_with("p.yaml:5:") && said.contains(problem), "{rest}: {said}");
    }
    let freeze = "freeze:\n  - {id: f, zone: UTC, because: b, from: 2026-12-19";
    assert!(said(&format!("{freeze}, resources: [payments]}}")).contains("system/kind/name"));
    assert!(said(&format!("{freeze}, environments: [producton]}}")).contains("expected 'production'"));
    assert!(said(&format!("{freeze}T18:00+05:00}}")).contains("without an offset"));
    for (rest, expected) in [
        ("kinds: [increase_memory], when: {parameters: {limit_byte: {at_most: 1}}}", "expected 'limit_bytes'"),
        ("kinds: [patch_dependency_version], when: {provenance_below: {packge: observed}}", "expected 'package'"),
        ("kinds: ['*'], when: {provenance_below: {edit_fil.path: observed}}", "expected 'edit_file'"),
        ("kinds: ['*'], when: {provenance_below: {'patch_*.package': observed}}", "by whole names"),
    ] {
        let said = rule(&format!("effect: deny, {rest}"));
        assert!(said.starts_with("p.yaml:5:") && said.contains(expected), "{rest}: {said}");
    }
    let said = said("provenance: {edit_file.replacment: observed}");
    assert!(said.starts_with("p.yaml:4:36: expected 'replacement', found 'replacment'"), "{said}");
}

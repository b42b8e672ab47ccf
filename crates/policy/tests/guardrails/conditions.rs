//! What rules can ask for, and what sections say in short.

use std::collections::BTreeMap;

use selfheal_core::action::{Parameter, Provenance, Value};
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Severity;
use selfheal_core::plan::BlastRadius;
use selfheal_core::ports::{RehearsalEvidence, Site};
use selfheal_core::resource::{Environment, ResourceRef};

use crate::scene::{Case, PATCH, allowing_but, case, guardrails, with_parameters};

fn deny_when(when: &str) -> String {
    allowing_but(&format!("  - {{id: no, effect: deny, kinds: ['*'], when: {when}, because: b}}"))
}

fn allow_when(when: &str) -> String {
    format!("rules:\n  - {{id: yes, effect: allow, kinds: ['*'], when: {when}, because: b}}")
}

fn edit(replacement: Value) -> Case {
    let given = |value| Parameter::configured("test", value);
    let text = |text: &str| given(Value::Text(text.to_owned()));
    let all = [("path", text("a.txt")), ("line", given(Value::Integer(7))), ("expected", text("old"))];
    let mut all: BTreeMap<String, Parameter> = all.map(|(name, value)| (name.to_owned(), value)).into();
    all.insert("replacement".into(), given(replacement));
    with_parameters(Environment::Dev, "edit_file", &[("a.txt", "+new")], all)
}

fn allows(sections: &str, case: &Case) -> bool {
    case.decision(&guardrails(sections)).verdict == Verdict::Allow
}

#[test]
fn parameters_are_asked_for_their_values() {
    let case = edit(Value::Text("debug = true".into()));
    for (test, holds) in [
        ("{replacement: {equals: 'debug = true'}}", true),
        ("{replacement: {equals: 'debug'}}", false),
        ("{replacement: {any_of: [a, 'debug = true']}}", true),
        ("{replacement: {matches: '^debug'}}", true),
        ("{replacement: {matches: '^x'}}", false),
        ("{replacement: {matches: '^debug', any_of: [a]}}", false),
        ("{replacement: {at_least: 1}}", false),
        ("{line: {at_least: 7, at_most: 7}}", true),
        ("{line: {equals: 7}}", true),
        ("{line: {at_most: 6}}", false),
        ("{line: {at_most: 7}, replacement: {equals: x}}", false),
        ("{nothing: {absent: true}}", true),
        ("{nothing: {absent: false}}", false),
        ("{nothing: {at_most: 5}}", false),
        ("{line: {absent: true}}", false),
        ("{line: {absent: false}}", true),
    ] {
        let when = format!("{{parameters: {test}}}");
        assert_eq!(allows(&allow_when(&when), &case), holds, "{test}");
        assert_eq!(!allows(&deny_when(&when), &case), holds, "{test}");
    }
}

fn from(provenance: Provenance) -> Case {
    let mut parameter = Parameter::configured("test", Value::Text("x".into()));
    parameter.provenance = provenance;
    let parameters = edit(Value::Text("x".into())).plan.steps[0].action.parameters().clone();
    let parameters = parameters.into_iter().chain([("replacement".to_owned(), parameter)]).collect();
    with_parameters(Environment::Dev, "edit_file", &[("a.txt", "+x")], parameters)
}

fn by() -> String {
    "test".to_owned()
}

#[test]
fn what_a_model_chose_is_denied_unless_the_field_is_named() {
    let model = || from(Provenance::Model { by: by() });
    let decision = model().decision(&guardrails(&allowing_but("")));
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rules[0].rule == "provenance/least", "{:?}", decision.rules);
    for (section, allowed) in [
        ("provenance: {replacement: model}", true),
        ("provenance: {edit_file.replacement: model}", true),
        ("provenance: {other_kind.replacement: model}", false),
        ("provenance: {'edit_file.*': model}", true),
        ("provenance: {'*': model}", true),
        ("provenance: {'*': model, replacement: extracted}", false),
        ("provenance: {path: model}", false),
    ] {
        assert_eq!(allows(&allowing_but(section), &model()), allowed, "{section}");
    }
    let extracted = || from(Provenance::Extracted { by: by(), set: by() });
    assert!(allows(&allowing_but(""), &extracted()));
    assert!(!allows(&allowing_but("provenance: {replacement: observed}"), &extracted()));
    assert!(allows(&allowing_but("provenance: {replacement: observed}"), &from(Provenance::Observed { by: by() })));
}

#[test]
fn a_rule_asks_for_provenance_on_either_side() {
    let extracted = || from(Provenance::Extracted { by: by(), set: by() });
    assert!(!allows(&allow_when("{provenance: {replacement: observed}}"), &extracted()));
    assert!(allows(&allow_when("{provenance: {replacement: extracted}}"), &extracted()));
    assert!(!allows(&deny_when("{provenance_below: {replacement: observed}}"), &extracted()));
    assert!(allows(&deny_when("{provenance_below: {replacement: extracted}}"), &extracted()));
}

#[test]
fn confidence_makes_a_ladder() {
    let ladder = "\
rules:
  - {id: alone, effect: allow, kinds: ['*'], when: {confidence: {at_least: 0.95}}, because: 'sure'}
  - {id: asked, effect: {require_approval: {k: 1, roles: [sre]}}, kinds: ['*'], when: {confidence: {at_least: 0.8, below: 0.95}}, because: 'fairly sure'}
";
    let guardrails = guardrails(ladder);
    let verdict = |sure| case(Environment::Dev, "retry_stage", &[]).sure(sure).decision(&guardrails).verdict;
    assert_eq!([0.97, 0.95, 0.9, 0.8, 0.79].map(verdict), {
        use Verdict::{Allow, Deny, RequireApproval};
        [Allow, Allow, RequireApproval, RequireApproval, Deny]
    });
}

#[test]
fn severity_risk_environment_resource_and_place_narrow_a_rule() {
    let placed = |sections: &str, change: &dyn Fn(&mut Case)| {
        let mut case = case(Environment::Dev, "retry_stage", &[]);
        change(&mut case);
        allows(sections, &case)
    };
    let rule = |rest: &str| allowing_but(&format!("  - {{id: no, effect: deny, kinds: ['*'], {rest}, because: b}}"));
    let severe = rule("when: {severity: [critical]}");
    assert!(placed(&severe, &|_| {}) && !placed(&severe, &|case| case.incident.severity = Severity::Critical));
    let risky = rule("when: {risk: [medium, high, critical]}");
    assert!(placed(&risky, &|_| {}));
    assert!(!allows(&risky, &case(Environment::Dev, "edit_file", &[("a", "")])));
    assert!(!placed(&rule("resources: ['local/pipeline/sh*']"), &|_| {}));
    assert!(placed(&rule("resources: ['kubernetes/*']"), &|_| {}));
    let system = rule("namespaces: [kube-*]");
    assert!(placed(&system, &|_| {}));
    assert!(!placed(&system, &|case| case.site = Site { namespace: Some("kube-system".into()), cluster: None }));
    assert!(!placed(&rule("environments: [DEV]"), &|_| {}), "a deny sees through case");
}

#[test]
fn how_far_a_plan_reaches_is_counted_on_its_preview_and_over_all_steps() {
    let two_lines = || case(Environment::Dev, "edit_file", &[("a", "+x\n+y\n-z")]);
    let small = allow_when("{blast_radius: {lines_added: {at_most: 2}, changes: {at_most: 1}}}");
    assert!(allows(&small, &two_lines()));
    assert!(!allows(&small, &two_lines().and_again()), "two steps of two lines are four");
    let mut more = two_lines();
    more.previews[0].blast_radius = BlastRadius { lines_added: 3, ..BlastRadius::default() };
    assert!(!allows(&small, &more), "what the executor says counts where it is more");
    let one_resource = deny_when("{blast_radius: {resources: {at_least: 2}}}");
    assert!(allows(&one_resource, &two_lines().and_again()));
}

#[test]
fn limits_on_diffs_differ_by_environment() {
    let sections =
        allowing_but("diff_limits: {lines_added: 3}\nenvironments: {production: {diff_limits: {lines_added: 1}}}");
    let patch = |environment| case(environment, "edit_file", &[("a", "+x\n+y")]);
    assert!(allows(&sections, &patch(Environment::Dev)));
    let denied = patch(Environment::Production).decision(&guardrails(&sections));
    assert_eq!(denied.rules[0].rule, "p/diff_limits/production");
    assert!(!allows(&sections, &patch(Environment::Dev).and_again()));
}

#[test]
fn protected_things_and_forbidden_fields_are_denied_on_the_actual_preview() {
    let sections = allowing_but(
        "protected:
  - {id: ledger, resources: ['*/*/ledger-*'], paths: ['db/migrations/*'], because: 'money'}
forbidden_fields:
  - {id: exposure, fields: [/spec/template/spec/hostNetwork, '*.privileged'], because: 'isolation'}",
    );
    let denied_by = |case: Case| {
        let decision: Decision = case.decision(&guardrails(&sections));
        decision.rules.iter().find(|voice| voice.verdict == Verdict::Deny).map(|voice| voice.rule.clone())
    };
    let edit = |path: &str, diff: &str| case(Environment::Dev, "edit_file", &[(path, diff)]);
    assert_eq!(denied_by(edit("src/a", "+replicas: 2")), None);
    assert_eq!(denied_by(edit("db/migrations/1.sql", "")).as_deref(), Some("p/ledger"));
    assert_eq!(denied_by(edit("deploy.yaml", "+      hostNetwork: true")).as_deref(), Some("p/exposure"));
    assert_eq!(denied_by(edit("deploy.yaml", "-          privileged: false")).as_deref(), Some("p/exposure"));
    assert_eq!(denied_by(edit("deploy.yaml", "       privileged: false\n+      x: 1")), None);
    let mut ledger = edit("src/a", "");
    let action = &ledger.plan.steps[0].action;
    let target = ResourceRef::new("kubernetes", "deployment", "ledger-api");
    let moved = selfheal_core::action::Action::for_tests(&ledger.specs[0], target, action.parameters().clone());
    ledger.plan.steps[0].action = moved.unwrap();
    assert_eq!(denied_by(ledger).as_deref(), Some("p/ledger"));
}

#[test]
fn a_capacity_floor_asks_for_facts_and_takes_unknown_for_too_few() {
    let sections = allowing_but(
        "capacity_floor:\n  - {id: floor, kinds: [retry_*], ready_fact: ready, total_fact: all, at_least_percent: 60, because: b}",
    );
    let with = |facts: Facts| {
        let mut case = case(Environment::Dev, "retry_stage", &[]);
        case.incident.facts = facts;
        allows(&sections, &case)
    };
    let ready = |ready| Facts::new().with("all", Fact::Number(10)).with("ready", Fact::Number(ready));
    assert!(with(ready(6)) && !with(ready(5)) && !with(Facts::new()));
    assert!(allows(&sections, &case(Environment::Dev, "edit_file", &[("a", "")])), "other kinds take nothing out");
}

#[test]
fn a_rule_speaks_within_hours_or_outside_of_them() {
    let hours = "{zone: Europe/Berlin, weekly: [{days: [mon, tue, wed, thu, fri], from: '09:00', until: '17:00'}]}";
    let retry = |instant| case(Environment::Dev, "retry_stage", &[]).at(instant);
    let (inside, outside) = (retry("2026-11-23T08:00:00Z"), retry("2026-11-23T16:00:00Z"));
    let within = allow_when(&format!("{{time: {{within: {hours}}}}}"));
    assert!(allows(&within, &inside) && !allows(&within, &outside));
    let denied = deny_when(&format!("{{time: {{outside: {hours}}}}}"));
    assert!(allows(&denied, &inside) && !allows(&denied, &outside));
}

#[test]
fn whom_an_approval_asks_is_joined_from_all_rules_that_ask() {
    let rules = "  - {id: two, effect: {require_approval: {k: 2, roles: [sre], ttl: 15m}}, kinds: ['*'], because: 'b'}
  - {id: then, effect: {require_approval: {stages: [{k: 1, roles: [owner]}], ttl: 5m}}, kinds: [edit_*], because: 'b'}
  - {id: plain, effect: require_approval, kinds: [edit_*], because: 'b'}
";
    let decision = case(Environment::Dev, "edit_file", &[("a", "")]).decision(&guardrails(&allowing_but(rules)));
    let terms = decision.approval.unwrap();
    let stages: Vec<(u32, &str)> = terms.stages.iter().map(|stage| (stage.k, stage.roles[0].as_str())).collect();
    assert_eq!(stages, [(2, "sre"), (1, "owner")]);
    assert_eq!(terms.ttl_ms, Some(300_000));
    assert!(decision.to_be_allowed[0].contains("2 people of sre agree, as p/two asks"), "{:?}", decision.to_be_allowed);
    let plain = allowing_but("  - {id: plain, effect: require_approval, kinds: ['*'], because: 'b'}");
    let decision = case(Environment::Dev, "retry_stage", &[]).decision(&guardrails(&plain));
    assert!(decision.verdict == Verdict::RequireApproval && decision.approval.is_none());
}

#[test]
fn an_approval_asked_for_after_the_rehearsal_is_not_saved_by_leaving_it_out() {
    let asks = "  - {id: ask, effect: require_approval, kinds: ['*'], when: {rehearsed: true}, because: 'four eyes'}";
    let guardrails = guardrails(&allowing_but(asks));
    for rehearsal in [RehearsalEvidence::Verified, RehearsalEvidence::Unsupported, RehearsalEvidence::Pending] {
        let case = case(Environment::Dev, "patch_dependency_version", PATCH).rehearsed(rehearsal);
        assert_eq!(case.decision(&guardrails).verdict, Verdict::RequireApproval, "{rehearsal:?}");
    }
}

#[test]
fn a_permission_for_some_targets_does_not_cover_a_step_that_changes_others_too() {
    let sections =
        "rules:\n  - {id: some, effect: allow, kinds: ['*'], targets: ['package*.json', x], because: 'manifests'}";
    for (files, verdict) in [
        (&["package.json", "package-lock.json"][..], Verdict::Allow),
        (&["package.json", "src/a.js"][..], Verdict::Deny),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|file| (*file, "")).collect();
        let case = case(Environment::Dev, "regenerate_lockfile", &files);
        assert_eq!(case.decision(&guardrails(sections)).verdict, verdict);
    }
}

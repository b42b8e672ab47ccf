//! Laws that hold for any documents and any plan.

use std::collections::BTreeMap;

use proptest::prelude::*;
use selfheal_core::action::{Parameter, Provenance, Value};
use selfheal_core::decision::Verdict;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Severity;
use selfheal_core::ports::{PolicyEngine, Reach, RehearsalEvidence};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;
use selfheal_policy::guardrails::Guardrails;

use crate::scene::{Case, document, with_parameters};

const KINDS: [&str; 3] = ["edit_file", "regenerate_lockfile", "retry_stage"];

fn pick(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

/// Conditions that evidence has no part in.
fn plain() -> impl Strategy<Value = String> {
    pick(&[
        "",
        "reversibility: [undoable, nothing_to_undo]",
        "severity: [error, critical]",
        "risk: [low]",
        "text_matches: ['^x', 'ne.']",
        "parameters: {line: {at_most: 5}}",
        "parameters: {path: {matches: 'src'}, line: {absent: false}}",
        "parameters: {ecosystem: {any_of: [npm, pip]}}",
        "blast_radius: {lines_added: {at_most: 1}}",
        "blast_radius: {changes: {at_least: 2}}",
        "fields: [/spec/image]",
        "time: {within: {zone: Europe/Berlin, weekly: [{days: [mon], from: '08:00', until: '20:00'}]}}",
    ])
}

fn evidence(effect: &str) -> BoxedStrategy<String> {
    let asks =
        &["", "rehearsed: true", "confidence: {at_least: 0.5}", "provenance: {line: observed, path: configured}"][..];
    let lacks = &["", "rehearsed: false", "confidence: {below: 0.5}", "provenance_below: {'*': observed}"][..];
    match effect {
        "allow" => pick(asks).boxed(),
        "deny" => pick(lacks).boxed(),
        _ => prop_oneof![
            pick(asks),
            pick(lacks),
            Just("rehearsed: true, confidence: {at_least: 0.2, below: 0.6}".to_owned())
        ]
        .boxed(),
    }
}

fn rule_of(effect: &'static str) -> impl Strategy<Value = String> {
    let places = (pick(&["*", "edit_*", "retry_stage"]), pick(&["*", "dev", "production"]));
    let targets = pick(&[
        "",
        "targets: ['*']",
        "targets: ['src/*']",
        "targets: ['*.lock', package.json]",
        "resources: ['local/*']",
    ]);
    (places, targets, plain(), evidence(effect)).prop_map(move |((kinds, environments), targets, plain, evidence)| {
        let when: Vec<&str> = [plain.as_str(), evidence.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let targets = if targets.is_empty() { targets } else { format!("{targets}, ") };
        let when = when.join(", ");
        format!("effect: {effect}, kinds: ['{kinds}'], environments: ['{environments}'], {targets}when: {{{when}}}, because: x")
    })
}

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => rule_of("allow"),
        1 => rule_of("propose"),
        2 => rule_of("require_approval"),
        2 => rule_of("deny"),
    ]
}

fn section() -> impl Strategy<Value = String> {
    pick(&[
        "",
        "diff_limits: {lines_added: 2}",
        "protected: [{id: s, paths: ['*.lock'], because: b}]",
        "forbidden_fields: [{id: s, fields: ['*image'], because: b}]",
        "provenance: {line: model}",
        "provenance: {'*': observed}",
        "capacity_floor: [{id: s, kinds: ['*'], ready_fact: ready, at_least: 2, because: b}]",
        "budgets: [{id: s, scope: fleet, per: 1h, at_most: {changes: 1}, because: b}]",
        "environments: {dev: {diff_limits: {files: 1}}}",
    ])
}

fn rules(rules: &[String]) -> String {
    let named = rules.iter().enumerate().map(|(id, rule)| format!("\n  - {{id: r{id}, {rule}}}"));
    format!("rules:{}", named.collect::<String>())
}

fn provenance() -> impl Strategy<Value = Provenance> {
    let by = || "test".to_owned();
    prop::sample::select(vec![
        Provenance::Configured { by: by() },
        Provenance::Observed { by: by() },
        Provenance::Extracted { by: by(), set: by() },
        Provenance::Model { by: by() },
    ])
}

prop_compose! {
    fn some_case()(
        kind in prop::sample::select(&KINDS[..]),
        environment in prop::sample::select(vec![Environment::Dev, Environment::Production]),
        path in prop::sample::select(&["src/a.rs", "package.json", "Cargo.lock", ".git/config"][..]),
        diff in prop::sample::select(&["", "+x", "+new\n-old\n+x", " spec:\n+  image: a"][..]),
        line in 0..10_i64,
        from in provenance(),
        critical in any::<bool>(),
        ready in prop::option::of(0..4_i64),
        (confidence, hour, twice) in (0.0..1.0_f64, 0..200_u64, any::<bool>()),
        rehearsal in prop::sample::select(vec![RehearsalEvidence::Pending, RehearsalEvidence::Verified, RehearsalEvidence::InPlace, RehearsalEvidence::Unsupported]),
    ) -> Case {
        let parameter = |value| {
            let mut parameter = Parameter::configured("test", value);
            parameter.provenance = from.clone();
            parameter
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let parameters: BTreeMap<String, Parameter> = match kind {
            "edit_file" => vec![("path", text(path)), ("line", Value::Integer(line)), ("expected", text("x")), ("replacement", text("new"))],
            "retry_stage" => vec![("attempts", Value::Integer(line)), ("initial_backoff_ms", Value::Integer(1))],
            _ => vec![("ecosystem", text("npm")), ("manifest", text(path))],
        }.into_iter().map(|(name, value)| (name.to_owned(), parameter(value))).collect();
        let files = [(path, diff)];
        let mut case = with_parameters(environment, kind, if kind == "retry_stage" { &[] } else { &files }, parameters);
        case.incident.severity = if critical { Severity::Critical } else { Severity::Warning };
        case.incident.facts = ready.map_or_else(Facts::new, |ready| Facts::new().with("ready", Fact::Number(ready)));
        case.confidence = confidence;
        case.at = Timestamp::from_millis(1_790_000_000_000 + hour * 3_600_000);
        case.rehearsal = rehearsal;
        if twice { case.and_again() } else { case }
    }
}

fn load(sections: &str) -> Guardrails {
    Guardrails::from_text("p.yaml", &document("p", sections)).unwrap()
}

fn verdict(guardrails: &Guardrails, case: &Case) -> Verdict {
    case.decision(guardrails).verdict
}

/// The same plan with less evidence, in every way.
fn lesser(case: &Case) -> Vec<Case> {
    let copy = || Case {
        incident: case.incident.clone(),
        plan: case.plan.clone(),
        specs: case.specs.clone(),
        previews: case.previews.clone(),
        rehearsal: case.rehearsal,
        confidence: case.confidence,
        at: case.at,
        activity: case.activity.clone(),
        site: case.site.clone(),
    };
    let doubted = copy().sure(case.confidence / 2.0);
    let unrehearsed = copy().rehearsed(RehearsalEvidence::Unsupported);
    let mut unknown = copy();
    unknown.incident.facts = Facts::new();
    vec![doubted, unrehearsed, unknown]
}

/// The same parameters, one class less trusted.
fn less_trusted(case: &Case) -> Option<Case> {
    let by = || "test".to_owned();
    let step = &case.plan.steps[0];
    let parameters = step.action.parameters().iter().map(|(name, parameter)| {
        let mut parameter = parameter.clone();
        parameter.provenance = match parameter.provenance {
            Provenance::Configured { .. } => Provenance::Observed { by: by() },
            Provenance::Observed { .. } => Provenance::Extracted { by: by(), set: by() },
            _ => Provenance::Model { by: by() },
        };
        (name.clone(), parameter)
    });
    let action =
        selfheal_core::action::Action::for_tests(&case.specs[0], step.action.target().clone(), parameters.collect());
    let mut lesser = lesser(case).swap_remove(0).sure(case.confidence);
    for step in &mut lesser.plan.steps {
        step.action = action.clone().ok()?;
    }
    Some(lesser)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_further_deny_never_allows_more(
        known in prop::collection::vec(rule(), 1..8), section in section(), deny in rule_of("deny"), case in some_case(),
    ) {
        let before = load(&format!("{}\n{section}", rules(&known)));
        let after = load(&format!("{}\n{section}", rules(&[known, vec![deny]].concat())));
        prop_assert!(verdict(&after, &case) >= verdict(&before, &case));
    }

    #[test]
    fn less_evidence_never_allows_more(
        known in prop::collection::vec(rule(), 1..8), section in section(), case in some_case(),
    ) {
        let guardrails = load(&format!("{}\n{section}", rules(&known)));
        let (full, pending) = (case.decision(&guardrails), case.rehearsal == RehearsalEvidence::Pending);
        for lesser in lesser(&case).into_iter().chain(less_trusted(&case)) {
            let less = lesser.decision(&guardrails);
            prop_assert!(less.verdict >= full.verdict, "{} and {}", full.rationale, less.rationale);
            prop_assert!(pending || !full.needs_rehearsal);
        }
    }

    #[test]
    fn the_order_of_rules_and_documents_does_not_matter(
        known in prop::collection::vec(rule(), 2..8), section in section(), case in some_case(),
    ) {
        let mut turned = known.clone();
        turned.reverse();
        let (one, other) = (load(&format!("{}\n{section}", rules(&known))), load(&format!("{}\n{section}", rules(&turned))));
        prop_assert_eq!(verdict(&one, &case), verdict(&other, &case));
        prop_assert_eq!(case.decision(&one), case.decision(&one));
        let (first, second) = (document("a", &rules(&known[..1])), document("b", &rules(&known[1..])));
        let there = Guardrails::from_texts(&[("a", &first), ("b", &second)]).unwrap();
        let back = Guardrails::from_texts(&[("b", &second), ("a", &first)]).unwrap();
        prop_assert_eq!(verdict(&there, &case), verdict(&back, &case));
    }

    #[test]
    fn a_restriction_speaks_alone_as_it_does_among_others(
        known in prop::collection::vec(rule(), 2..8), alone in prop_oneof![rule_of("deny"), rule_of("require_approval")], case in some_case(),
    ) {
        let spoke = |guardrails: &Guardrails, id: &str| {
            let decision = case.decision(guardrails);
            let restricted: Vec<usize> = decision.rules.iter().filter(|voice| voice.rule == id && voice.verdict == Verdict::Deny).map(|voice| voice.step).collect();
            restricted
        };
        let among = load(&rules(&[vec![alone.clone()], known].concat()));
        prop_assert_eq!(spoke(&load(&rules(&[alone])), "p/r0"), spoke(&among, "p/r0"));
    }

    #[test]
    fn what_is_not_permitted_beforehand_is_never_allowed(
        known in prop::collection::vec(rule(), 1..8), section in section(), case in some_case(),
    ) {
        let guardrails = load(&format!("{}\n{section}", rules(&known)));
        let reach = Reach {
            resource: &case.incident.resource,
            environment: &case.incident.environment,
            severity: case.incident.severity,
            facts: &case.incident.facts,
            specs: &case.specs,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let permitted = runtime.block_on(guardrails.permits(&reach)).unwrap();
        prop_assert!(permitted.contains(&case.specs[0].kind) || verdict(&guardrails, &case) == Verdict::Deny);
    }

    #[test]
    fn reading_anything_never_panics(text in "(?s).{0,200}", sections in "[a-z_:{} \n,'0-9\\[\\]-]{0,120}") {
        let _ = Guardrails::from_text("x", &text);
        let _ = Guardrails::from_text("x", &document("p", &sections));
    }
}

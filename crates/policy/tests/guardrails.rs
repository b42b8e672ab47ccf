//! Guardrails: the shipped decisions, what no document can allow, and what a document is refused for.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use selfheal_core::action::{Action, ActionSpec, Parameter, Provenance, Reversibility, Value};
use selfheal_core::confidence::Confidence;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::diagnosis::Source;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{PolicyEngine, PolicyQuestion, RehearsalEvidence};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::conformance;
use selfheal_core::time::Timestamp;
use selfheal_policy::guardrails::Guardrails;

struct Case {
    incident: Incident,
    plan: Plan,
    specs: Vec<ActionSpec>,
    previews: Vec<Preview>,
}

fn case(environment: Environment, kind: &str, files: &[(&str, &str)]) -> Case {
    let resource = ResourceRef::new("local", "pipeline", "shop");
    let spec = standard_specs().into_iter().find(|spec| spec.kind.as_str() == kind).unwrap();
    let value = |name: &str| {
        if name.ends_with("bytes") || name.ends_with("_ms") || name == "attempts" || name == "line" {
            Value::Integer(1)
        } else {
            Value::Text("x".into())
        }
    };
    let required = spec.parameters.iter().filter(|parameter| parameter.required);
    let parameters: BTreeMap<_, _> = required
        .map(|parameter| {
            let path = files.first().filter(|_| ["path", "manifest"].contains(&parameter.name.as_ref()));
            let value = path.map_or_else(|| value(&parameter.name), |(path, _)| Value::Text((*path).to_owned()));
            (parameter.name.to_string(), Parameter { value, provenance: Provenance::Configured { by: "test".into() } })
        })
        .collect();
    let change = |(what, diff): &(&str, &str)| Change {
        what: (*what).to_owned(),
        before: None,
        after: None,
        diff: (*diff).to_owned(),
    };
    let preview = Preview {
        summary: String::new(),
        changes: files.iter().map(change).collect(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: spec.reversibility,
    };
    let step = Step {
        action: Action::new(&spec, resource.clone(), parameters).unwrap(),
        criteria: Vec::new(),
        compensation: Compensation::Undo,
        retry: StepRetry::ONCE,
    };
    let plan =
        Plan { steps: vec![step], rationale: String::new(), source: Source::Nothing, confidence: Confidence::NONE };
    Case { incident: incident(resource, environment), plan, specs: vec![spec], previews: vec![preview] }
}

fn incident(resource: ResourceRef, environment: Environment) -> Incident {
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::from_hex("00"),
        resource,
        environment,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: selfheal_core::time::Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

async fn decide(guardrails: &Guardrails, case: &Case, rehearsal: RehearsalEvidence) -> Decision {
    let Case { incident, plan, specs, previews } = case;
    guardrails.decide(&PolicyQuestion { incident, plan, specs, previews, rehearsal }).await.unwrap()
}

const PATCH: &[(&str, &str)] = &[("package.json", "+    \"react-dom\": \"^19.0.0\"")];

#[tokio::test]
async fn the_shipped_guardrails_keep_the_port_s_obligations() {
    let Case { incident, plan, specs, previews } = case(Environment::Dev, "patch_dependency_version", PATCH);
    let kept = conformance::policy_engine(&Guardrails::shipped().unwrap(), &incident, &plan, &specs, &previews).await;
    assert_eq!(kept, Ok(()));
}

#[tokio::test]
async fn dev_applies_what_was_rehearsed_and_production_gets_a_proposal() {
    use RehearsalEvidence::{InPlace, Pending, Unsupported, Verified};
    let guardrails = Guardrails::shipped().unwrap();
    let patch = |environment| case(environment, "patch_dependency_version", PATCH);
    let retry = case(Environment::Dev, "retry_stage", &[]);

    assert_eq!(decide(&guardrails, &patch(Environment::Dev), Verified).await.verdict, Verdict::Allow);
    assert_eq!(decide(&guardrails, &patch(Environment::Production), Verified).await.verdict, Verdict::Propose);
    assert_eq!(decide(&guardrails, &patch(Environment::Other("qa".into())), Verified).await.verdict, Verdict::Deny);
    assert_eq!(decide(&guardrails, &retry, InPlace).await.verdict, Verdict::Allow);
    assert_eq!(decide(&guardrails, &patch(Environment::Dev), InPlace).await.verdict, Verdict::Deny);

    let pending = decide(&guardrails, &patch(Environment::Dev), Pending).await;
    assert!(pending.verdict == Verdict::Allow && pending.needs_rehearsal);
    let unsupported = decide(&guardrails, &patch(Environment::Dev), Unsupported).await;
    assert_eq!(unsupported.verdict, Verdict::Deny);
    assert!(unsupported.rationale.contains("asks for a verified rehearsal"), "{}", unsupported.rationale);
}

#[tokio::test]
async fn an_approval_asked_for_after_the_rehearsal_is_not_saved_by_leaving_it_out() {
    let asks = "{id: ask, effect: require_approval, kinds: ['*'], when: {rehearsed: true}, because: 'four eyes'}";
    let guardrails = Guardrails::from_text("a.yaml", &format!("{ALLOW_ALL}  - {asks}\n")).unwrap();
    let case = case(Environment::Dev, "patch_dependency_version", PATCH);
    for rehearsal in [RehearsalEvidence::Verified, RehearsalEvidence::Unsupported, RehearsalEvidence::Pending] {
        assert_eq!(decide(&guardrails, &case, rehearsal).await.verdict, Verdict::RequireApproval, "{rehearsal:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_undone_is_denied_whoever_says_so() {
    let guardrails = Guardrails::shipped().unwrap();
    let mut by_spec = case(Environment::Dev, "patch_dependency_version", PATCH);
    by_spec.specs[0].reversibility = Reversibility::Irreversible;
    let mut by_preview = case(Environment::Dev, "patch_dependency_version", PATCH);
    by_preview.previews[0].reversibility = Reversibility::Irreversible;
    for case in [by_spec, by_preview] {
        assert_eq!(decide(&guardrails, &case, RehearsalEvidence::Verified).await.verdict, Verdict::Deny);
    }
}

const ALLOW_ALL: &str = "\
schema: selfheal.dev/guardrails/v1
name: anything-goes
version: 7
rules:
  - {id: all, effect: allow, kinds: ['*'], because: 'for the test'}
";

#[tokio::test]
async fn no_document_takes_a_hard_block_away() {
    let guardrails = Guardrails::from_text("anything.yaml", ALLOW_ALL).unwrap();
    let blocked = [
        (".git/hooks/pre-commit", ""),
        (".GIT/config", ""),
        ("./.git//config", ""),
        ("vendor\\.git\\config", ""),
        ("web/.npmrc", ""),
        (".github/workflows/ci.yml", ""),
        ("src/../../other/a.txt", ""),
        ("/etc/passwd", ""),
        ("pkg/__tests__/a.js", ""),
        ("tests/test_cart.py", ""),
        ("src/cart.spec.ts", ""),
        ("build.sh", "+npm install --legacy-peer-deps"),
        ("app.py", "+    requests.get(url, verify=False)"),
    ];
    for (path, diff) in blocked {
        let case = case(Environment::Dev, "edit_file", &[(path, diff)]);
        let decision = decide(&guardrails, &case, RehearsalEvidence::Verified).await;
        assert_eq!(decision.verdict, Verdict::Deny, "{path} {diff}");
        assert!(decision.rationale.contains("hard-blocks/"), "{}", decision.rationale);
    }
    let harmless = case(Environment::Dev, "edit_file", &[("src/latest.rs", "-npm install --force\n+npm install")]);
    let decision = decide(&guardrails, &harmless, RehearsalEvidence::Verified).await;
    assert_eq!(decision.verdict, Verdict::Allow, "{}", decision.rationale);
    assert_eq!(decision.policy_version, "hard-blocks@1+anything-goes@7");
}

#[tokio::test]
async fn a_permission_for_some_targets_does_not_cover_a_step_that_changes_others_too() {
    let rule = "kinds: ['*'], targets: ['package*.json'], because: 'manifests'}";
    let guardrails =
        Guardrails::from_text("m.yaml", &ALLOW_ALL.replace("kinds: ['*'], because: 'for the test'}", rule)).unwrap();
    for (files, verdict) in [
        (&["package.json", "package-lock.json"][..], Verdict::Allow),
        (&["package.json", "src/a.js"][..], Verdict::Deny),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|file| (*file, "")).collect();
        let case = case(Environment::Dev, "regenerate_lockfile", &files);
        assert_eq!(decide(&guardrails, &case, RehearsalEvidence::Verified).await.verdict, verdict);
    }
}

#[tokio::test]
async fn documents_combine_and_a_deny_in_one_is_a_deny() {
    let folder = tempfile::tempdir().unwrap();
    let (all, none) = (folder.path().join("all.yaml"), folder.path().join("none.yaml"));
    std::fs::write(&all, ALLOW_ALL).unwrap();
    let frozen = "{id: frozen, effect: deny, kinds: ['*'], environments: [dev], because: 'freeze'}";
    std::fs::write(&none, ALLOW_ALL.replace("{id: all, effect: allow, kinds: ['*'], because: 'for the test'}", frozen))
        .unwrap();
    let case = case(Environment::Dev, "patch_dependency_version", PATCH);
    for (files, verdict) in
        [(vec![&all], Verdict::Allow), (vec![&all, &none], Verdict::Deny), (vec![&none, &all], Verdict::Deny)]
    {
        let guardrails = Guardrails::from_files(&files).unwrap();
        assert_eq!(decide(&guardrails, &case, RehearsalEvidence::Verified).await.verdict, verdict);
    }
    let broken = folder.path().join("broken.yaml");
    std::fs::write(&broken, "schema: [").unwrap();
    let error = Guardrails::from_files(&[&all, &broken]).unwrap_err().to_string();
    assert!(error.contains("broken.yaml:1:"), "{error}");
}

#[test]
fn a_broken_document_is_refused_with_file_line_and_what_was_expected() {
    let rule = "{id: all, effect: allow, kinds: ['*'], because: 'for the test'}";
    let cases = [
        (rule, "{id: all, efect: allow, kinds: ['*'], because: x}", "p.yaml:5:", "efect"),
        (rule, "{id: all, effect: permit, kinds: ['*'], because: x}", "p.yaml:5:", "permit"),
        (rule, "{id: all, effect: allow, kinds: ['a['], because: x}", "p.yaml:5:", "expected a glob"),
        (
            rule,
            "{id: all, effect: deny, kinds: ['*'], when: {text_matches: ['(']}, because: x}",
            "p.yaml:5:",
            "regular expression",
        ),
        (
            rule,
            "{id: all, effect: allow, kinds: ['*'], when: {rehearsed: false}, because: x}",
            "p.yaml:5:",
            "less evidence must never allow more",
        ),
        (rule, "{id: all, effect: allow, kinds: [], because: x}", "p.yaml:5:", "at least one"),
        ("guardrails/v1", "guardrails/v2", "p.yaml:1:9", "expected schema"),
        ("rules:", "rules: []\nother:", "p.yaml", ""),
        (
            "because: 'for the test'}\n",
            "because: x}\n  - {id: all, effect: deny, kinds: [y], because: x}\n",
            "p.yaml:6:",
            "unique rule id",
        ),
        (
            "because: 'for the test'}\n",
            "because: x}\nexamples:\n  - {name: e, given: {kind: k, environment: dev, reversibility: undoable}, expect: deny}\n",
            "p.yaml:7:",
            "example 'e' expects Deny but gets Allow",
        ),
    ];
    for (good, bad, place, reason) in cases {
        let said = Guardrails::from_text("p.yaml", &ALLOW_ALL.replace(good, bad)).unwrap_err().to_string();
        assert!(said.starts_with(place) && said.contains(reason), "{bad}: {said}");
    }
}

fn some_rule() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["allow", "propose", "require_approval", "deny"]);
    let kinds = prop::sample::select(vec!["*", "edit_*", "patch_dependency_version", "retry_stage"]);
    let targets = prop::sample::select(vec!["*", "src/*", "package.json", "*.lock"]);
    let environments = prop::sample::select(vec!["*", "dev", "production"]);
    let rehearsed = prop::sample::select(vec!["{}", "{rehearsed: true}"]);
    (effect, kinds, targets, environments, rehearsed).prop_map(|(effect, kinds, targets, environments, when)| {
        with_evidence_that_restricts(format!("effect: {effect}, kinds: ['{kinds}'], targets: ['{targets}'], environments: ['{environments}'], when: {when}, because: x"))
    })
}

fn document(rules: &[String]) -> String {
    let rules: Vec<String> =
        rules.iter().enumerate().map(|(id, rule)| format!("  - {{id: r{id}, {rule}}}\n")).collect();
    format!("schema: selfheal.dev/guardrails/v1\nname: p\nversion: 1\nrules:\n{}", rules.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_further_deny_or_less_evidence_never_allows_more(
        rules in prop::collection::vec(some_rule(), 1..6),
        denied in some_rule(),
        kind in prop::sample::select(vec!["edit_file", "patch_dependency_version", "retry_stage"]),
        path in prop::sample::select(vec!["src/a.rs", "package.json", "Cargo.lock", ".git/config"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let files = if kind == "retry_stage" { vec![] } else { vec![(path, "")] };
        let case = case(Environment::Dev, kind, &files);
        let deny = some_deny(&denied);
        let before = Guardrails::from_text("p.yaml", &document(&rules)).unwrap();
        let after = Guardrails::from_text("p.yaml", &document(&[rules.clone(), vec![deny]].concat())).unwrap();
        let verdict = |guardrails: &Guardrails, rehearsal| runtime.block_on(decide(guardrails, &case, rehearsal)).verdict;
        for rehearsal in [RehearsalEvidence::Pending, RehearsalEvidence::Verified, RehearsalEvidence::InPlace, RehearsalEvidence::Unsupported] {
            prop_assert!(verdict(&after, rehearsal) >= verdict(&before, rehearsal));
            prop_assert!(verdict(&before, rehearsal) >= verdict(&before, RehearsalEvidence::Verified));
        }
    }
}

fn some_deny(rule: &str) -> String {
    let (_, rest) = rule.split_once(", ").unwrap();
    with_evidence_that_restricts(format!("effect: deny, {rest}"))
}

/// A deny that hangs on a successful rehearsal can't be written; one that hangs on a missing one can.
fn with_evidence_that_restricts(rule: String) -> String {
    match rule.starts_with("effect: deny") {
        true => rule.replace("{rehearsed: true}", "{rehearsed: false}"),
        false => rule,
    }
}

//! What the shipped documents decide.

use selfheal_core::action::{Action, ActionKind, Parameter, Provenance, Reversibility, Value};
use selfheal_core::decision::Verdict;
use selfheal_core::ports::RehearsalEvidence;
use selfheal_core::resource::Environment;
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::conformance;
use selfheal_policy::guardrails::Guardrails;

use crate::scene::{Case, PATCH, allowing_but, case, document, with_parameters};

#[tokio::test]
async fn the_shipped_guardrails_keep_the_port_s_obligations() {
    let Case { incident, plan, specs, previews, .. } = case(Environment::Dev, "patch_dependency_version", PATCH);
    let kept = conformance::policy_engine(&Guardrails::shipped().unwrap(), &incident, &plan, &specs, &previews).await;
    assert_eq!(kept, Ok(()));
}

#[test]
fn dev_applies_what_was_rehearsed_and_production_gets_a_proposal() {
    use RehearsalEvidence::{InPlace, Pending, Unsupported, Verified};
    let guardrails = Guardrails::shipped().unwrap();
    let patch = |environment| case(environment, "patch_dependency_version", PATCH);
    let verdict = |case: Case, rehearsal| case.rehearsed(rehearsal).decision(&guardrails).verdict;

    assert_eq!(verdict(patch(Environment::Dev), Verified), Verdict::Allow);
    assert_eq!(verdict(patch(Environment::Production), Verified), Verdict::Propose);
    assert_eq!(verdict(patch(Environment::Other("qa".into())), Verified), Verdict::Deny);
    assert_eq!(verdict(case(Environment::Dev, "retry_stage", &[]), InPlace), Verdict::Allow);
    assert_eq!(verdict(patch(Environment::Dev), InPlace), Verdict::Deny);

    let pending = patch(Environment::Dev).rehearsed(Pending).decision(&guardrails);
    assert!(pending.verdict == Verdict::Allow && pending.needs_rehearsal);
    let unsupported = patch(Environment::Dev).rehearsed(Unsupported).decision(&guardrails);
    assert_eq!(unsupported.verdict, Verdict::Deny);
    assert!(unsupported.rationale.contains("asks for a verified rehearsal"), "{}", unsupported.rationale);
    assert!(
        unsupported
            .to_be_allowed
            .iter()
            .any(|way| way.contains("default/reversible-where-no-customer-is asks for a verified rehearsal")),
        "{:?}",
        unsupported.to_be_allowed
    );
}

/// An edit, some of whose parameters a model chose.
fn edit_of_a_model(environment: Environment, chosen: &[&str]) -> Case {
    let text = |text: &str| Value::Text(text.to_owned());
    let all = [
        ("path", text("src/cart.py")),
        ("line", Value::Integer(3)),
        ("expected", text("a")),
        ("replacement", text("b")),
    ];
    let parameter = |(name, value): (&str, Value)| {
        let mut parameter = Parameter::configured("test", value);
        if chosen.contains(&name) {
            parameter.provenance = Provenance::Model { by: "test".to_owned() };
        }
        (name.to_owned(), parameter)
    };
    with_parameters(environment, "edit_file", &[("src/cart.py", "-a\n+b")], all.map(parameter).into())
}

#[test]
fn what_a_model_wrote_is_shown_to_a_person_and_only_after_it_was_tried() {
    use RehearsalEvidence::{Unsupported, Verified};
    let guardrails = Guardrails::shipped().unwrap();
    let verdict = |case: Case, rehearsal| case.rehearsed(rehearsal).decision(&guardrails).verdict;
    let whole = ["path", "line", "expected", "replacement"];
    for chosen in [&whole[..], &["replacement"], &["path"]] {
        assert_eq!(verdict(edit_of_a_model(Environment::Dev, chosen), Verified), Verdict::Propose, "{chosen:?}");
        assert_eq!(verdict(edit_of_a_model(Environment::Dev, chosen), Unsupported), Verdict::Deny, "{chosen:?}");
    }
    assert_eq!(verdict(edit_of_a_model(Environment::Production, &whole), Verified), Verdict::Propose);
    assert_eq!(verdict(edit_of_a_model(Environment::Dev, &[]), Verified), Verdict::Allow);
}

#[test]
fn nothing_else_may_be_a_model_s_choice() {
    let guardrails = Guardrails::shipped().unwrap();
    for spec in standard_specs().into_iter().filter(|spec| spec.kind != ActionKind::EDIT_FILE) {
        let kind = spec.kind.as_str();
        for parameter in spec.parameters.iter().filter(|parameter| parameter.required) {
            let mut case = case(Environment::Dev, kind, PATCH);
            let step = &mut case.plan.steps[0];
            let mut parameters = step.action.parameters().clone();
            let mut chosen = parameters.get(&parameter.name).unwrap().clone();
            chosen.provenance = Provenance::Model { by: "test".to_owned() };
            parameters.insert(parameter.name.to_string(), chosen);
            step.action = Action::for_tests(&spec, step.action.target().clone(), parameters).unwrap();
            assert_eq!(case.decision(&guardrails).verdict, Verdict::Deny, "{kind}.{}", parameter.name);
        }
    }
}

#[test]
fn what_cannot_be_undone_is_denied_whoever_says_so() {
    let guardrails = Guardrails::shipped().unwrap();
    let mut by_spec = case(Environment::Dev, "patch_dependency_version", PATCH);
    by_spec.specs[0].reversibility = Reversibility::Irreversible;
    let mut by_preview = case(Environment::Dev, "patch_dependency_version", PATCH);
    by_preview.previews[0].reversibility = Reversibility::Irreversible;
    for case in [by_spec, by_preview] {
        assert_eq!(case.decision(&guardrails).verdict, Verdict::Deny);
    }
}

#[test]
fn no_document_takes_a_hard_block_away() {
    let guardrails = Guardrails::from_text("any.yaml", &document("anything-goes", &allowing_but(""))).unwrap();
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
        ("build.sh", "+++ npm install --legacy-peer-deps"),
        ("app.py", "+    requests.get(url, verify=False)"),
    ];
    for (path, diff) in blocked {
        let decision = case(Environment::Dev, "edit_file", &[(path, diff)]).decision(&guardrails);
        assert_eq!(decision.verdict, Verdict::Deny, "{path} {diff}");
        assert!(decision.rationale.contains("hard-blocks/"), "{}", decision.rationale);
        assert!(decision.rules[0].rule.starts_with("hard-blocks/"), "{:?}", decision.rules);
    }
    let harmless = case(Environment::Dev, "edit_file", &[("src/latest.rs", "-npm install --force\n+npm install")]);
    let decision = harmless.decision(&guardrails);
    assert_eq!(decision.verdict, Verdict::Allow, "{}", decision.rationale);
}

#[test]
fn a_version_names_every_document_and_changes_with_its_text() {
    let version = |text: &str| Guardrails::from_text("any.yaml", text).unwrap().version().to_owned();
    let text = document("mine", &allowing_but(""));
    let parts: Vec<String> = version(&text).split('+').map(str::to_owned).collect();
    assert!(parts[0].starts_with("hard-blocks@1#") && parts[1].starts_with("mine@1#"), "{parts:?}");
    assert_eq!(parts[1].len(), "mine@1#".len() + 8);
    assert_eq!(version(&text), version(&text));
    assert_ne!(version(&text), version(&format!("{text}# a remark\n")));
}

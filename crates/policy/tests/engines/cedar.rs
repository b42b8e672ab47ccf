use std::collections::BTreeSet;

use selfheal_core::action::{ActionKind, ActionSpec, ParameterType};
use selfheal_core::decision::Verdict;
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::ports::RehearsalEvidence::Verified;
use selfheal_core::ports::{PolicyEngine, Reach};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_policy::engines::cedar::CedarEngine;

use crate::common;
use crate::scene::Scene;

const POLICIES: &str = r#"
@id("rehearsed") @because("it was shown to help")
permit (principal, action in [Action::"patch_dependency_version", Action::"retry_stage"], resource)
when { context.rehearsed };

@id("added-by-people") @because("somebody looks at new code") @effect("require_approval")
permit (principal, action == Action::"add_dependency", resource);

@id("frozen") @because("nothing changes at the end of a year")
forbid (principal, action, resource)
when { resource.hasTag("frozen") && resource.getTag("frozen") == "true" };
"#;

fn engine(text: &str) -> CedarEngine {
    CedarEngine::from_text("policies", text, &standard_specs()).unwrap()
}

fn problem(text: &str) -> String {
    CedarEngine::from_text("p.cedar", text, &standard_specs()).err().unwrap().to_string()
}

#[tokio::test]
async fn policies_decide_as_meant() {
    let engine = engine(POLICIES);
    common::decides_as_meant(&engine).await;
    common::a_frozen_pipeline_is_left_alone(&engine).await;
    common::a_step_of_another_resource_and_an_empty_plan_are_denied(&engine).await;
}

#[tokio::test]
async fn a_policy_that_fails_denies_even_where_another_permits() {
    // Overflows for the one step that the `forbid` was meant for; by itself Cedar would leave it out and allow.
    let engine = engine(
        r#"
        permit (principal, action, resource);
        forbid (principal, action == Action::"increase_memory", resource)
        when { context.step.parameters.limit_bytes.value + 9223372036854775807 > 0 };
        "#,
    );
    let decision = Scene::of(&["increase_memory"]).decided_by(&engine, Verified).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rationale.contains("a policy could not be evaluated"), "{}", decision.rationale);
    assert_eq!(Scene::of(&["retry_stage"]).decided_by(&engine, Verified).await.verdict, Verdict::Allow);
}

#[tokio::test]
async fn provenance_facts_and_the_previewed_change_can_be_asked_about() {
    let engine = engine(
        r#"
        permit (principal == Healer::"selfheal", action == Action::"patch_dependency_version", resource)
        when {
            resource.system == "local" && resource.name like "sh*" && !(resource has namespace) &&
            context.environment == "staging" && context.step.risk == "medium" &&
            context.step.parameters.package.provenance == "configured" &&
            context.step.changes.contains("package.json") &&
            context.step.added.contains("  \"left-pad\": \"^2\"") &&
            context.plan.blast_radius.changes <= 1 && context.assurance.lower_permille < 900 &&
            !(context.step.parameters has also)
        };
        "#,
    );
    assert_eq!(Scene::of(&["patch_dependency_version"]).decided_by(&engine, Verified).await.verdict, Verdict::Allow);
}

#[tokio::test]
async fn of_effects_that_permit_the_strictest_holds() {
    let engine = engine(
        r#"
        permit (principal, action, resource);
        @effect("propose") permit (principal, action, resource) when { context.environment == "staging" };
        "#,
    );
    let decision = Scene::of(&["retry_stage"]).decided_by(&engine, Verified).await;
    assert_eq!(decision.verdict, Verdict::Propose);
    assert_eq!(decision.rules[0].rule, "policies/policy 2");
}

#[tokio::test]
async fn kinds_that_no_scope_permits_are_not_planned_and_others_have_no_schema() {
    let engine = engine(POLICIES);
    let mut specs = standard_specs();
    specs.push(ActionSpec::new(ActionKind::custom("drain_node")).requires("node", ParameterType::Text));
    let reach = Reach {
        resource: &ResourceRef::new("local", "pipeline", "shop"),
        environment: &Environment::Dev,
        severity: Severity::Error,
        facts: &Facts::new(),
        specs: &specs,
    };
    let expected = [ActionKind::PATCH_DEPENDENCY_VERSION, ActionKind::RETRY_STAGE, ActionKind::ADD_DEPENDENCY];
    assert_eq!(engine.permits(&reach).await.unwrap(), BTreeSet::from(expected));

    let drains = r#"permit (principal, action, resource) when { context.rehearsed };"#;
    let unknown = CedarEngine::from_text("p", drains, &standard_specs()).unwrap();
    let decision = Scene::of(&["drain_node"]).decided_by(&unknown, Verified).await;
    assert!(decision.rationale.contains("no request that fits the schema"), "{}", decision.rationale);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let cases = [
        ("permit (principal, action, resource)\nwhen { context.rehersed };", "p.cedar:2:8: "),
        (
            "permit (principal, action, resource)\nwhen { context.step.parameters.package.value == \"x\" };",
            "p.cedar:2:8: ",
        ),
        ("permit (principal, action == Action::\"retry_stag\", resource);", "p.cedar:1:"),
        ("permit (principal, action, resource)", "p.cedar:1:"),
        ("permit (principal == ?principal, action, resource);", "expected no templates"),
        ("@effect(\"maybe\") permit (principal, action, resource);", "found 'maybe' of policy 1"),
        ("@effect(\"allow\") forbid (principal, action, resource);", "expected no @effect of a forbid"),
        (
            "@id(\"a\") permit (principal, action, resource); @id(\"a\") forbid (principal, action, resource);",
            "unique @id",
        ),
        ("", "expected 1 to 1000 policies"),
    ];
    for (text, expected) in cases {
        assert!(problem(text).contains(expected), "{}", problem(text));
    }
}

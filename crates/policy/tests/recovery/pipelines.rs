use std::collections::BTreeSet;
use std::sync::Arc;

use selfheal_core::action::{ActionKind, Reversibility};
use selfheal_core::decision::Verdict;
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::ports::RehearsalEvidence::{InPlace, Pending, Unsupported, Verified};
use selfheal_core::ports::{PolicyEngine, Reach};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::conformance;
use selfheal_core::testing::{AllowAll, ScriptedPolicy};
use selfheal_policy::guardrails::Guardrails;
use selfheal_policy::recovery::{Names, RecoveryPolicies, Tightened};

use crate::scene::Scene;

pub(crate) fn policy(name: &str, target: &str, rest: &str) -> String {
    format!(
        "apiVersion: rodytech.ai/v1alpha1\nkind: PipelineRecoveryPolicy\nmetadata: {{name: {name}}}\n\
         spec:\n  targetPipeline: {target}\n{rest}"
    )
}

pub(crate) fn over(engine: impl PolicyEngine + 'static, text: &str) -> Tightened {
    RecoveryPolicies::from_text("p.yaml", text, &Names::default()).unwrap().over(Arc::new(engine))
}

const RETRY: &str = "retry_stage";
const PATCH: &str = "patch_dependency_version";
const MEMORY: &str = "increase_memory";

#[tokio::test]
async fn a_strategy_that_is_not_allowed_is_denied_with_what_would_have_to_change() {
    let engine = over(AllowAll, &policy("p", "shop", "  allowedStrategies: [retry]\n"));
    let decision = Scene::of(&[RETRY, PATCH]).decided_by(&engine, Verified).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert_eq!(
        decision.rationale,
        "step 2 is denied by p/allowedStrategies (of retry, which patch_dependency_version is not)"
    );
    assert_eq!(
        decision.to_be_allowed,
        ["allowedStrategies of recovery policy p would have to have patch_dependency_version"]
    );
    assert_eq!((decision.rules[0].rule.as_str(), decision.rules[0].step), ("p/allowedStrategies", 1));
    assert_eq!(Scene::of(&[RETRY]).decided_by(&engine, Verified).await.verdict, Verdict::Allow);
}

#[tokio::test]
async fn where_no_policy_speaks_the_other_engine_is_left_as_it_is() {
    let other =
        policy("p", "billing-*", "  allowedStrategies: [retry]\n  safetyChecks: {dryRun: true, maxRetries: 0}\n");
    for verdict in [Verdict::Allow, Verdict::RequireApproval, Verdict::Propose, Verdict::Deny] {
        let scene = Scene::of(&[PATCH]);
        let alone = scene.decided_by(&ScriptedPolicy::new(vec![verdict]), Unsupported).await;
        let both = scene.decided_by(&over(ScriptedPolicy::new(vec![verdict]), &other), Unsupported).await;
        assert_eq!(both.rationale, alone.rationale);
        assert_eq!((both.verdict, both.max_attempts, both.needs_rehearsal), (verdict, None, false));
    }
}

#[tokio::test]
async fn nothing_that_the_other_engine_denies_is_allowed() {
    let engine = over(ScriptedPolicy::new(vec![Verdict::Deny]), &policy("p", "shop", "  allowedStrategies: [retry]\n"));
    assert_eq!(Scene::of(&[RETRY]).decided_by(&engine, Verified).await.verdict, Verdict::Deny);
}

#[tokio::test]
async fn a_dry_run_comes_before_what_changes_something_and_does_not_switch_applying_off() {
    let engine = over(
        AllowAll,
        &policy(
            "p",
            "'*'",
            "  allowedStrategies: [retry, dependency-fix, increase-resources]\n  safetyChecks: {dryRun: true}\n",
        ),
    );
    let said = async |kinds: &[&str], rehearsal| {
        let decision = Scene::of(kinds).decided_by(&engine, rehearsal).await;
        (decision.verdict, decision.needs_rehearsal)
    };
    assert_eq!(said(&[PATCH], Verified).await, (Verdict::Allow, false));
    assert_eq!(said(&[PATCH], Pending).await, (Verdict::Allow, true));
    assert_eq!(said(&[PATCH], InPlace).await, (Verdict::Deny, false));
    assert_eq!(said(&[PATCH], Unsupported).await, (Verdict::Deny, false));
    assert_eq!(said(&[MEMORY], InPlace).await, (Verdict::Allow, false), "a copy could show nothing of it");
    assert_eq!(said(&[MEMORY], Unsupported).await, (Verdict::Deny, false));
    assert_eq!(said(&[RETRY], Unsupported).await, (Verdict::Allow, false), "a rerun changes nothing");
    let decision = Scene::of(&[PATCH]).decided_by(&engine, Unsupported).await;
    assert_eq!(decision.to_be_allowed, ["a verified rehearsal of exactly this change"]);
}

#[tokio::test]
async fn what_the_preview_says_cannot_be_undone_is_no_mere_rerun() {
    let engine = over(AllowAll, &policy("p", "shop", "  allowedStrategies: [retry]\n  safetyChecks: {dryRun: true}\n"));
    let mut scene = Scene::of(&[RETRY]);
    scene.previews[0].reversibility = Reversibility::Irreversible;
    assert_eq!(scene.decided_by(&engine, Unsupported).await.verdict, Verdict::Deny);
}

#[tokio::test]
async fn of_several_policies_the_strictest_of_each_holds() {
    let one = policy(
        "one",
        "shop",
        "  failureThreshold: 2\n  allowedStrategies: [retry, dependency-fix]\n  safetyChecks: {maxRetries: 3}\n",
    );
    let two =
        policy("two", "sh*", "  failureThreshold: 3\n  allowedStrategies: [retry]\n  safetyChecks: {maxRetries: 1}\n");
    let engine = over(AllowAll, &format!("{one}---\n{two}"));
    let decision = Scene::of(&[RETRY]).decided_by(&engine, Verified).await;
    assert_eq!((decision.verdict, decision.max_attempts), (Verdict::Allow, Some(2)), "the first start and one retry");
    assert_eq!(Scene::of(&[PATCH]).decided_by(&engine, Verified).await.verdict, Verdict::Deny);
    let policies = engine.policies();
    assert_eq!(policies.allowed_kinds("shop"), Some(BTreeSet::from([ActionKind::RETRY_STAGE])));
    let waiting = policies.waiting("shop", 2).unwrap();
    assert_eq!(waiting.to_string(), "2 of 3 failures in a row; recovery policy two waits until then");
    assert_eq!(policies.waiting("shop", 3), None);
    assert_eq!(policies.waiting("billing", 0), None);
}

#[tokio::test]
async fn only_what_may_be_planned_is_planned() {
    let engine = over(AllowAll, &policy("p", "shop", "  allowedStrategies: [retry, rollback]\n"));
    let permitted = async |pipeline: &str| {
        let reach = Reach {
            resource: &ResourceRef::new("local", "pipeline", pipeline),
            environment: &Environment::Dev,
            severity: Severity::Error,
            facts: &Facts::new(),
            specs: &standard_specs(),
        };
        engine.permits(&reach).await.unwrap()
    };
    assert_eq!(permitted("shop").await, BTreeSet::from([ActionKind::RETRY_STAGE]));
    assert_eq!(permitted("other").await.len(), standard_specs().len());
}

#[tokio::test]
async fn laid_over_guardrails_they_keep_the_port_s_obligations() {
    let text =
        policy("p", "shop", "  allowedStrategies: [dependency-fix]\n  safetyChecks: {dryRun: true, maxRetries: 2}\n");
    let engine = over(Guardrails::shipped().unwrap(), &text);
    let Scene { incident, plan, specs, previews, .. } = Scene::of(&[PATCH]);
    let kept = conformance::policy_engine(&engine, &incident, &plan, &specs, &previews).await;
    assert_eq!(kept, Ok(()));
}

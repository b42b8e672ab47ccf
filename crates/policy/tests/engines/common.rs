//! What every engine has to do with policies that mean the same.

use selfheal_core::decision::Verdict;
use selfheal_core::ports::PolicyEngine;
use selfheal_core::ports::RehearsalEvidence::{InPlace, Pending, Unsupported, Verified};
use selfheal_core::testing::conformance;

use crate::scene::Scene;

/// The policies: `patch_dependency_version` and `retry_stage` once rehearsed; `add_dependency` with a person; never where the fact
/// `frozen` is true.
pub(crate) async fn decides_as_meant(engine: &dyn PolicyEngine) {
    let Scene { incident, plan, specs, previews, .. } = Scene::of(&["patch_dependency_version"]);
    let kept = conformance::policy_engine(engine, &incident, &plan, &specs, &previews).await;
    assert_eq!(kept, Ok(()));

    let said = async |kinds: &[&str], rehearsal| Scene::of(kinds).decided_by(engine, rehearsal).await;
    let patch = &["patch_dependency_version"];
    assert_eq!(said(patch, Verified).await.verdict, Verdict::Allow);
    assert_eq!(said(patch, Unsupported).await.verdict, Verdict::Deny);
    assert_eq!(said(patch, InPlace).await.verdict, Verdict::Deny);
    assert_eq!(said(&["retry_stage"], InPlace).await.verdict, Verdict::Allow);
    let pending = said(patch, Pending).await;
    assert!(pending.verdict == Verdict::Allow && pending.needs_rehearsal);

    let added = said(&["patch_dependency_version", "add_dependency"], Verified).await;
    assert_eq!(added.verdict, Verdict::RequireApproval);
    let voices: Vec<_> = added.rules.iter().map(|voice| (voice.rule.as_str(), voice.verdict, voice.step)).collect();
    assert_eq!(
        voices,
        [("policies/added-by-people", Verdict::RequireApproval, 1), ("policies/rehearsed", Verdict::Allow, 0)]
    );
    assert_eq!(
        added.rationale,
        "step 2 (add_dependency) needs a person's approval by policies/added-by-people (somebody looks at new code)"
    );

    let stranger = said(&["patch_dependency_version", "edit_file"], Verified).await;
    assert_eq!(stranger.verdict, Verdict::Deny);
    assert!(stranger.rationale.starts_with("step 2 (edit_file) is denied"), "{}", stranger.rationale);
    assert!(!stranger.to_be_allowed.is_empty());
}

/// A rule against comes before a rule for.
pub(crate) async fn a_frozen_pipeline_is_left_alone(engine: &dyn PolicyEngine) {
    use selfheal_core::facts::{Fact, Facts};
    let mut scene = Scene::of(&["patch_dependency_version"]);
    scene.incident.facts = Facts::new().with("frozen", Fact::Flag(true));
    let decision = scene.decided_by(engine, Verified).await;
    assert_eq!(decision.verdict, Verdict::Deny);
    assert_eq!(
        decision.rationale,
        "step 1 (patch_dependency_version) is denied by policies/frozen (nothing changes at the end of a year)"
    );
}

pub(crate) async fn a_step_of_another_resource_and_an_empty_plan_are_denied(engine: &dyn PolicyEngine) {
    let mut elsewhere = Scene::of(&["retry_stage"]);
    elsewhere.incident.resource = selfheal_core::resource::ResourceRef::new("local", "pipeline", "other");
    assert_eq!(elsewhere.decided_by(engine, Verified).await.verdict, Verdict::Deny);
    assert_eq!(Scene::of(&[]).decided_by(engine, Verified).await.verdict, Verdict::Deny);
    let mut blind = Scene::of(&["retry_stage"]);
    blind.previews.clear();
    assert_eq!(blind.decided_by(engine, Verified).await.verdict, Verdict::Deny);
}

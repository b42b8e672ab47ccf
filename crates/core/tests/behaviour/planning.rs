//! A rejected plan makes room for the next one, within bounds.

use std::sync::Arc;

use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Outcome, TriedResult, Trouble};
use selfheal_core::limits::Limits;
use selfheal_core::testing::{ScriptedPolicy, ScriptedRunbooks};

use crate::scene::{Scene, escalated, hypothesis};

#[tokio::test]
async fn a_denied_plan_is_never_rehearsed_and_the_next_one_is_tried() {
    let scene = Scene::broken();
    let runbooks =
        ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "worse")], &[("mode", "good")]])]]);
    let policy = ScriptedPolicy::new(vec![Verdict::Deny, Verdict::Allow]);
    let report = scene.heal(scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(policy))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    let results: Vec<TriedResult> = report.tried().iter().map(|tried| tried.result).collect();
    assert_eq!(results, [TriedResult::Rejected, TriedResult::Applied]);
    assert_eq!(scene.executor.calls(), ["preview", "preview", "rehearse", "apply 0", "settle"]);
}

#[tokio::test]
async fn when_policy_denies_all_of_them_the_person_hears_that_it_was_policy() {
    let scene = Scene::broken();
    let runbooks =
        ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")], &[("mode", "fine")]])]]);
    let policy = ScriptedPolicy::new(vec![Verdict::Deny]);
    let report = scene.heal(scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(policy))).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::Denied));
    assert_eq!(report.tried().len(), 2);
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_weaker_hypothesis_never_overrides_the_best_one() {
    let scene = Scene::broken();
    let best = hypothesis("credential_expired", &[]);
    let mut weaker = hypothesis("network", &[&[("mode", "good")]]);
    weaker.priority = best.priority - 1;
    let runbooks = ScriptedRunbooks::new(vec![vec![weaker, best]]);
    let policy = ScriptedPolicy::new(vec![Verdict::Allow]);
    let report = scene.heal(scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(policy))).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::NoRemedy));
    assert_eq!(scene.executor.count("preview"), 0);
}

#[tokio::test]
async fn plans_per_incident_are_bounded() {
    let scene = Scene::broken();
    let limits = Limits { plans_per_incident: 2, ..Limits::default() };
    let remedies: [&[(&str, &str)]; 4] = [&[("mode", "a")], &[("mode", "b")], &[("mode", "c")], &[("mode", "good")]];
    let report = scene.heal(scene.knowing(&remedies).limits(limits)).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::LimitReached { what: "plans per incident".to_owned() }));
    assert_eq!(scene.executor.count("preview"), 2);
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_remedy_with_more_steps_than_allowed_is_no_plan() {
    let scene = Scene::broken();
    let limits = Limits { steps_per_plan: 1, ..Limits::default() };
    let report = scene.heal(scene.knowing(&[&[("a", "1"), ("mode", "good")]]).limits(limits)).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::NoRemedy));
}

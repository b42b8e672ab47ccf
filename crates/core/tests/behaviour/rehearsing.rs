//! A rehearsal that fails leaves the world alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::engine::{Outcome, TriedResult, Trouble};
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach, Rehearsal, RehearsalEvidence};
use selfheal_core::testing::ScriptedRunbooks;

use crate::scene::{Scene, escalated, evidence, hypothesis};

fn failed() -> Rehearsal {
    Rehearsal::Failed { facts: Facts::new(), evidence: vec![evidence("error: mode is bad")] }
}

#[tokio::test]
async fn a_plan_that_fails_its_rehearsal_is_never_applied() {
    let scene = Scene::rehearsing(vec![failed()]);
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")]])).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::RemediesUsedUp));
    assert_eq!(report.tried()[0].result, TriedResult::RehearsalFailed);
    assert_eq!(scene.executor.count("apply 0"), 0);
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn the_next_plan_is_rehearsed_on_its_own() {
    let scene = Scene::rehearsing(vec![failed()]);
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")], &[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.count("rehearse"), 2);
}

/// Allows what was verified; before that, only if it will be.
struct WantsRehearsal {
    settles: bool,
}

#[async_trait::async_trait]
impl PolicyEngine for WantsRehearsal {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let verified = question.rehearsal == RehearsalEvidence::Verified;
        let denied = self.settles && !verified && question.rehearsal != RehearsalEvidence::Pending;
        let verdict = if denied { Verdict::Deny } else { Verdict::Allow };
        Ok(Decision { verdict, needs_rehearsal: !verified, ..Decision::denied("not rehearsed", "v1") })
    }
}

#[tokio::test]
async fn what_hangs_on_a_rehearsal_is_refused_where_none_is_possible() {
    // The second engine forgets to settle the question at the gate: that must not let the plan through.
    for settles in [true, false] {
        let scene = Scene::rehearsing(vec![Rehearsal::Unsupported { why: "no copy".to_owned() }]);
        let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
        let host = scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(WantsRehearsal { settles }));
        let report = scene.heal(host).await;
        assert!(report.trouble().is_some(), "settles: {settles}");
        assert_eq!(scene.executor.count("apply 0"), 0, "settles: {settles}");
    }
}

#[tokio::test]
async fn what_was_verified_in_rehearsal_passes_the_same_policy() {
    let scene = Scene::broken();
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
    let host = scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(WantsRehearsal { settles: true }));
    assert_eq!(scene.heal(host).await.outcome(), Some(&Outcome::Healed));
}

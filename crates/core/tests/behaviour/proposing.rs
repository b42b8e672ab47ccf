//! A proposal is rehearsed and left to a person; a dry run isn't even rehearsed.

use std::sync::Arc;

use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Outcome, TriedResult};
use selfheal_core::limits::Limits;
use selfheal_core::testing::{ScriptedPolicy, ScriptedRunbooks};

use crate::scene::{Scene, hypothesis};

#[tokio::test]
async fn a_proposal_is_rehearsed_and_not_applied() {
    let scene = Scene::broken();
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
    let policy = ScriptedPolicy::new(vec![Verdict::Propose]);
    let report = scene.heal(scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(policy))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Proposed));
    assert_eq!(scene.executor.calls(), ["preview", "rehearse", "settle"]);
    let proposed = &report.tried()[0];
    assert_eq!(proposed.result, TriedResult::Proposed);
    assert_eq!(proposed.proposal.previews[0].summary, "mode becomes good");
}

#[tokio::test]
async fn a_dry_run_stops_after_the_audit() {
    let scene = Scene::broken();
    let limits = Limits { dry_run: true, ..Limits::default() };
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).limits(limits)).await;
    assert_eq!(report.outcome(), Some(&Outcome::Planned));
    assert_eq!(scene.executor.calls(), ["preview", "settle"]);
    assert_eq!(scene.mode(), "bad");
}

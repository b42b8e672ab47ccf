//! Policy fails closed.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::engine::{TriedResult, Trouble};
use selfheal_core::error::Result;
use selfheal_core::orchestrator::BuildError;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::testing::{AllowAll, ScriptedPolicy, unavailable};

use crate::scene::{Scene, escalated};

enum Defect {
    Errs,
    Panics,
    Hangs,
}

#[async_trait]
impl PolicyEngine for Defect {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        match self {
            Self::Errs => Err(unavailable("policy.decide")),
            Self::Panics => panic!("a defect in a policy engine"),
            Self::Hangs => std::future::pending().await,
        }
    }
}

async fn refused(defect: Defect, expected: &str) {
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).policy(Arc::new(defect))).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::Denied), "{expected}");
    assert_eq!(report.tried()[0].result, TriedResult::Rejected);
    assert!(report.tried()[0].reason.contains(expected), "{}", report.tried()[0].reason);
    assert_eq!(scene.executor.calls(), ["preview", "settle"]);
}

#[tokio::test]
async fn an_engine_that_errs_denies() {
    refused(Defect::Errs, "failed").await;
}

#[tokio::test]
async fn an_engine_that_panics_denies() {
    refused(Defect::Panics, "panicked").await;
}

#[tokio::test]
async fn an_engine_that_hangs_denies() {
    refused(Defect::Hangs, "did not answer in time").await;
}

#[tokio::test]
async fn the_strictest_of_several_engines_decides_wherever_it_stands() {
    for strict_first in [true, false] {
        let scene = Scene::broken();
        let strict = Arc::new(ScriptedPolicy::new(vec![Verdict::Deny]));
        let host = match strict_first {
            true => scene.host().policy(strict).policy(Arc::new(AllowAll)),
            false => scene.host().policy(Arc::new(AllowAll)).policy(strict),
        };
        let runbooks = selfheal_core::testing::ScriptedRunbooks::new(vec![vec![crate::scene::hypothesis(
            "c",
            &[&[("mode", "good")]],
        )]]);
        let report = scene.heal(host.runbooks(Arc::new(runbooks))).await;
        assert_eq!(report.outcome().cloned(), escalated(Trouble::Denied));
    }
}

#[test]
fn an_orchestrator_without_policy_cannot_be_built() {
    let scene = Scene::broken();
    assert_eq!(scene.host().build().err(), Some(BuildError::NoPolicy));
}

//! Waits between starts and calls are states with a point in time, never a sleep inside a port.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::engine::{Event, Outcome, Phase, TriedResult, Trouble};
use selfheal_core::error::Result;
use selfheal_core::limits::Limits;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::testing::unavailable;

use crate::scene::{Scene, replay};

fn failing_times(times: u32, call: &'static str) -> impl Fn(&str) -> Option<selfheal_core::error::Error> {
    let failed = AtomicU32::new(0);
    move |made| (made == call && failed.fetch_add(1, Ordering::SeqCst) < times).then(|| unavailable("fake"))
}

#[tokio::test]
async fn a_retryable_error_is_waited_out_in_a_state_that_another_process_could_read() {
    let scene = Scene::broken();
    scene.executor.before(failing_times(2, "preview"));
    let limits = Limits { port_backoff: Duration::from_secs(10), ..Limits::default() };
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).limits(limits.clone())).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.count("preview"), 3);

    let records = scene.records().await;
    let failed = records.iter().position(|record| matches!(record.event, Event::Failed(_))).unwrap();
    let waiting = replay(&records[..=failed]).unwrap();
    let Phase::BackingOff { until, then } = waiting.phase else { panic!("expected a wait, got {:?}", waiting.phase) };
    assert_eq!(*then, Phase::Previewing);
    assert!((5_000..=10_000).contains(&until.as_millis()), "half to full backoff, got {until:?}");
    assert!(records.last().unwrap().at.as_millis() >= 15_000, "10 s and 20 s, of which jitter takes at most half");
}

#[tokio::test]
async fn a_port_that_stays_out_of_reach_is_given_up_after_the_bound() {
    let scene = Scene::broken();
    scene.executor.before(failing_times(u32::MAX, "apply 0"));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(scene.executor.count("apply 0"), 3, "calls_per_visit");
    assert!(report.trouble().is_some());
    assert_eq!(report.tried()[0].result, TriedResult::Rejected);
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_probe_that_stays_out_of_reach_does_not_count_as_health() {
    let scene = Scene::broken();
    scene.probe.before(|| Some(unavailable("probe.observe")));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.trouble(), Some(&Trouble::RemediesUsedUp));
    assert_eq!(scene.mode(), "bad", "what could not be verified was taken back");
}

#[tokio::test]
async fn the_same_seed_waits_the_same() {
    let mut ends = Vec::new();
    for _ in 0..2 {
        let scene = Scene::broken();
        scene.executor.before(failing_times(2, "rehearse"));
        scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
        ends.push(scene.records().await);
    }
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn what_policy_grants_bounds_every_start_of_the_incident_failed_ones_included() {
    for most in [1, 2] {
        let scene = Scene::broken();
        scene.executor.before(|call| (call == "apply 0").then(|| unavailable("fake.apply")));
        let host = scene.knowing(&[&[("mode", "good")], &[("mode", "fine")], &[("mode", "ok")]]);
        let report = scene.heal(host.policy(Arc::new(Granting(most)))).await;
        assert_eq!(scene.executor.count("apply 0"), usize::try_from(most).unwrap());
        assert!(matches!(report.trouble(), Some(Trouble::LimitReached { .. })), "{:?}", report.trouble());
        assert_eq!(report.state.plans_applied(), 1, "a plan that was sent counts though nothing came of it");
    }
}

#[tokio::test]
async fn the_steps_of_one_plan_are_one_start() {
    let scene = Scene::broken();
    let host = scene.knowing(&[&[("a", "1"), ("b", "2"), ("mode", "good")]]);
    let report = scene.heal(host.policy(Arc::new(Granting(1)))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

/// Allows everything, so often.
struct Granting(u32);

#[async_trait]
impl PolicyEngine for Granting {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(Decision { max_attempts: Some(self.0), ..Decision::new(Verdict::Allow, "", "v1") })
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }
}

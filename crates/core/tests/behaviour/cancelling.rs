//! When the host stops, what was applied is taken back first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::engine::{Event, Outcome, TriedResult, Trouble};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{Clock, EffectClass, Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::testing::{AllowAll, ScriptedRunbooks, SeededEntropy, unavailable};
use selfheal_core::time::Timestamp;

use crate::scene::{Remembering, Scene, hypothesis, signal};

/// Stops after the executor's call of this name.
fn stop_after(scene: &Scene, cancel: &Cancellation, call: &'static str) {
    let stop = cancel.clone();
    scene.executor.after(move |made| {
        if made == call {
            stop.cancel();
        }
        None
    });
}

#[tokio::test]
async fn before_anything_was_applied_it_just_ends() {
    for call in ["preview", "rehearse"] {
        let (scene, cancel) = (Scene::broken(), Cancellation::new());
        stop_after(&scene, &cancel, call);
        let report = scene.heal_until(scene.knowing(&[&[("mode", "good")]]), &cancel).await;
        assert_eq!(report.outcome(), Some(&Outcome::Interrupted), "{call}");
        assert_eq!(scene.executor.count("apply 0") + scene.executor.count("undo 0"), 0);
        assert_eq!(scene.executor.count("settle"), 1);
    }
}

#[tokio::test]
async fn in_the_middle_of_a_plan_its_steps_are_taken_back() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    let before = scene.world.snapshot();
    stop_after(&scene, &cancel, "apply 1");
    let plan: &[(&str, &str)] = &[("a", "1"), ("b", "2"), ("mode", "good")];
    let report = scene.heal_until(scene.knowing(&[plan]), &cancel).await;
    assert_eq!(report.outcome(), Some(&Outcome::Interrupted));
    assert_eq!(report.tried()[0].result, TriedResult::RolledBack);
    assert_eq!(scene.world.snapshot(), before);
    assert_eq!(scene.executor.count("apply 2"), 0);
}

#[tokio::test]
async fn an_undo_under_way_is_finished() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    stop_after(&scene, &cancel, "undo 1");
    let plan: &[(&str, &str)] = &[("a", "1"), ("mode", "worse")];
    let report = scene.heal_until(scene.knowing(&[plan, &[("mode", "good")]]), &cancel).await;
    assert_eq!(report.outcome(), Some(&Outcome::Interrupted));
    assert_eq!(scene.executor.count("undo 0"), 1);
    assert_eq!(scene.executor.count("preview"), 1, "nothing new is begun");
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn a_step_that_was_broken_off_is_taken_back_though_nobody_knows_whether_it_happened() {
    let scene = Scene::broken();
    let broken_off = || Error::new(ErrorKind::Cancelled, "fake.apply", "told to stop");
    scene.executor.after(move |call| (call == "apply 0").then(broken_off));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    assert_eq!(report.outcome(), Some(&Outcome::Interrupted));
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn an_undo_that_keeps_being_broken_off_escalates_instead_of_going_round() {
    let scene = Scene::broken();
    scene
        .executor
        .before(|call| (call == "undo 0").then(|| Error::new(ErrorKind::Cancelled, "fake.undo", "told to stop")));
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")]])).await;
    assert!(matches!(report.trouble(), Some(Trouble::UndoFailed { .. })), "{:?}", report.trouble());
    assert_eq!(scene.executor.count("undo 0"), 1);
}

#[tokio::test]
async fn what_is_healed_stays_healed_when_the_host_stops_while_it_is_being_learnt() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    let (memory, stop) = (Arc::new(Remembering::default()), cancel.clone());
    memory.before(move |call| {
        (call == "record").then(|| {
            stop.cancel();
            unavailable("memory.record")
        })
    });
    let report = scene.heal_until(scene.knowing(&[&[("mode", "good")]]).memory(memory), &cancel).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.mode(), "good");
}

#[tokio::test]
async fn a_request_made_before_the_incident_changes_nothing_at_all() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    cancel.cancel();
    let report = scene.heal_until(scene.knowing(&[&[("mode", "good")]]), &cancel).await;
    assert_eq!(report.outcome(), Some(&Outcome::Interrupted));
    assert_eq!(scene.executor.calls(), ["settle"]);
}

/// Lets everything be done but taking back, until that time.
struct NoUndoUntil(Timestamp);

#[async_trait::async_trait]
impl PolicyEngine for NoUndoUntil {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        AllowAll.decide(question).await
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        let frozen = moment.effect == EffectClass::Undo && moment.at < self.0;
        let hold = || Clearance::Hold { until: Some(self.0), because: "a freeze".to_owned() };
        Ok(if frozen { hold() } else { Clearance::Clear })
    }
}

#[tokio::test]
async fn a_rollback_that_may_not_go_on_yet_is_left_to_its_time_and_not_given_up() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    stop_after(&scene, &cancel, "apply 0");
    let until = Timestamp::default().after(Duration::from_secs(120));
    let policy = Arc::new(NoUndoUntil(until));
    let host = || scene.knowing(&[&[("mode", "worse")]]).policy(policy.clone());
    let left = scene.heal_until(host(), &cancel).await;
    assert_eq!((left.outcome(), scene.mode().as_str()), (None, "worse"));
    assert!(scene.clock.now() < until, "who asks to stop doesn't wait");
    let held = |event: &Event| matches!(event, Event::Held { .. });
    assert_eq!(scene.events().await.iter().filter(|event| held(event)).count(), 1);
    scene.clock.advance_to(until);
    let report = host().build().unwrap().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
    assert_eq!((report.outcome(), scene.mode().as_str()), (Some(&Outcome::Interrupted), "bad"));
}

#[tokio::test]
async fn without_a_journal_a_held_rollback_is_waited_for() {
    let (scene, cancel) = (Scene::broken(), Cancellation::new());
    stop_after(&scene, &cancel, "apply 0");
    let until = Timestamp::default().after(Duration::from_secs(120));
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "worse")]])]]);
    let host = Orchestrator::builder()
        .executor(scene.executor.clone())
        .probe(scene.probe.clone())
        .clock(scene.clock.clone())
        .entropy(Arc::new(SeededEntropy::new(7)))
        .policy(Arc::new(NoUndoUntil(until)))
        .runbooks(Arc::new(runbooks));
    let report = host.build().unwrap().heal(signal(), &cancel).await.unwrap();
    assert_eq!((report.outcome(), scene.mode().as_str()), (Some(&Outcome::Interrupted), "bad"));
    assert_eq!(scene.clock.now(), until);
}

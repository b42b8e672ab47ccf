//! Whether an effect may be sent now is asked before each one, retries and rollbacks included.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::engine::{Event, Outcome, TriedResult, Trouble};
use selfheal_core::error::Result;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::{Clock, EffectClass, Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_core::testing::{AllowAll, unavailable};
use selfheal_core::time::Timestamp;

use crate::scene::{Scene, escalated};

type Word = Box<dyn Fn(EffectClass, Timestamp) -> Result<Clearance> + Send + Sync>;

/// Allows every plan, and says this of each effect.
struct Moody {
    word: Word,
    asked: Mutex<Vec<EffectClass>>,
}

impl Moody {
    fn saying(word: impl Fn(EffectClass, Timestamp) -> Result<Clearance> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { word: Box::new(word), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<EffectClass> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl PolicyEngine for Moody {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        AllowAll.decide(question).await
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        self.asked.lock().unwrap().push(moment.effect);
        (self.word)(moment.effect, moment.at)
    }
}

fn hold(until: Timestamp) -> Result<Clearance> {
    Ok(Clearance::Hold { until: Some(until), because: "a freeze".to_owned() })
}

fn in_a_minute() -> Timestamp {
    Timestamp::default().after(Duration::from_secs(60))
}

#[tokio::test]
async fn every_effect_is_asked_about_in_its_turn() {
    let scene = Scene::broken();
    let moody = Moody::saying(|_, _| Ok(Clearance::Clear));
    scene.heal(scene.knowing(&[&[("mode", "worse")], &[("mode", "good")]]).policy(moody.clone())).await;
    use EffectClass::{Apply, Rehearse, Undo};
    assert_eq!(moody.asked(), [Rehearse, Apply, Undo, Rehearse, Apply]);
}

#[tokio::test]
async fn what_is_held_is_sent_when_its_time_has_come_and_not_before() {
    for held in [EffectClass::Rehearse, EffectClass::Apply, EffectClass::Undo] {
        let scene = Scene::broken();
        let moody = Moody::saying(move |effect, at| match effect == held && at < in_a_minute() {
            true => hold(in_a_minute()),
            false => Ok(Clearance::Clear),
        });
        let report = scene.heal(scene.knowing(&[&[("mode", "worse")], &[("mode", "good")]]).policy(moody)).await;
        assert_eq!(report.outcome(), Some(&Outcome::Healed), "{held:?}");
        assert!(scene.clock.now() >= in_a_minute(), "{held:?}");
        let said = scene.events().await.into_iter().filter(|event| matches!(event, Event::Held { .. })).count();
        assert_eq!(said, 1, "{held:?}");
    }
}

#[tokio::test]
async fn what_is_stopped_is_never_sent_and_a_person_is_told_why() {
    let halted = || Trouble::Halted { because: "enough".to_owned() };
    for stopped in [EffectClass::Rehearse, EffectClass::Apply] {
        let scene = Scene::broken();
        let moody = Moody::saying(move |effect, _| match effect == stopped {
            true => Ok(Clearance::Stop { because: "enough".to_owned() }),
            false => Ok(Clearance::Clear),
        });
        let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).policy(moody)).await;
        assert_eq!(report.outcome().cloned(), escalated(halted()), "{stopped:?}");
        assert_eq!(scene.mode(), "bad", "{stopped:?}");
    }
}

#[tokio::test]
async fn a_rollback_that_is_stopped_leaves_the_change_and_says_so() {
    let scene = Scene::broken();
    let moody = Moody::saying(|effect, _| match effect {
        EffectClass::Undo => Ok(Clearance::Stop { because: "hands off".to_owned() }),
        _ => Ok(Clearance::Clear),
    });
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")]]).policy(moody)).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::Halted { because: "hands off".to_owned() }));
    assert_eq!(report.tried()[0].result, TriedResult::Stuck);
    assert_eq!(scene.mode(), "worse");
}

#[tokio::test]
async fn a_policy_that_can_not_say_holds_and_at_last_a_person_is_told() {
    let scene = Scene::broken();
    let moody = Moody::saying(|_, _| Err(unavailable("policy.clear")));
    let limits = Limits { holds_per_effect: 4, ..Limits::default() };
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).policy(moody.clone()).limits(limits)).await;
    assert!(matches!(report.trouble(), Some(Trouble::Halted { because }) if because.contains("held 4 times")));
    assert_eq!((scene.mode().as_str(), moody.asked().len()), ("bad", 4));
}

#[tokio::test]
async fn the_waits_of_what_is_held_without_a_date_grow() {
    let scene = Scene::broken();
    let asked: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let seen = asked.clone();
    let moody = Moody::saying(move |_, at| {
        seen.lock().unwrap().push(at);
        Ok(Clearance::Hold { until: None, because: "paused".to_owned() })
    });
    let limits = Limits { holds_per_effect: 5, park_after: Duration::from_secs(86_400), ..Limits::default() };
    scene.heal(scene.knowing(&[&[("mode", "good")]]).policy(moody).limits(limits)).await;
    let asked = asked.lock().unwrap();
    let waits: Vec<Duration> = asked.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
}

#[tokio::test]
async fn a_long_hold_parks_the_incident_instead_of_keeping_a_worker() {
    let scene = Scene::broken();
    let far = Timestamp::default().after(Duration::from_secs(86_400));
    let moody = Moody::saying(move |_, _| hold(far));
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).policy(moody)).await;
    assert_eq!(report.outcome(), None);
    assert!(scene.clock.now() < far);
}

#[tokio::test]
async fn who_takes_over_a_held_incident_asks_again_at_once() {
    let scene = Scene::broken();
    let far = Timestamp::default().after(Duration::from_secs(86_400));
    let paused = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let switch = paused.clone();
    let moody = Moody::saying(move |_, _| match switch.load(std::sync::atomic::Ordering::SeqCst) {
        true => hold(far),
        false => Ok(Clearance::Clear),
    });
    let host = || scene.knowing(&[&[("mode", "good")]]).policy(moody.clone()).build().unwrap();
    host().heal(crate::scene::signal(), &Cancellation::new()).await.unwrap();
    let still = host().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
    assert_eq!(still.outcome(), None);
    paused.store(false, std::sync::atomic::Ordering::SeqCst);
    let report = host().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(scene.clock.now() < far);
}

#[tokio::test]
async fn looking_before_its_time_uses_no_holds_up_and_is_no_event() {
    let scene = Scene::broken();
    let far = Timestamp::default().after(Duration::from_secs(3 * 86_400));
    let moody = Moody::saying(move |_, at| if at < far { hold(far) } else { Ok(Clearance::Clear) });
    let host = || scene.knowing(&[&[("mode", "good")]]).policy(moody.clone()).build().unwrap();
    host().heal(crate::scene::signal(), &Cancellation::new()).await.unwrap();
    let records = scene.records().await.len();
    for minute in 0..200 {
        scene.clock.advance_to(Timestamp::default().after(Duration::from_secs(60 * minute)));
        let still = host().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
        assert_eq!(still.outcome(), None, "after {minute} minutes");
    }
    assert_eq!(scene.records().await.len(), records);
    scene.clock.advance_to(far);
    let report = host().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn what_holds_it_may_change_its_mind_as_often_as_it_is_looked_at() {
    let scene = Scene::broken();
    let moody = Moody::saying(|_, at| hold(at.after(Duration::from_secs(86_400))));
    let host = || scene.knowing(&[&[("mode", "good")]]).policy(moody.clone()).build().unwrap();
    host().heal(crate::scene::signal(), &Cancellation::new()).await.unwrap();
    for minute in 1..100 {
        scene.clock.advance_to(Timestamp::default().after(Duration::from_secs(60 * minute)));
        let still = host().resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
        assert_eq!((still.outcome(), still.state.counters.holds), (None, 1), "after {minute} minutes");
    }
}

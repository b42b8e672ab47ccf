//! An escalation that nobody received is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::approval::Reply;
use selfheal_core::engine::{Outcome, Trouble};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder, Report};
use selfheal_core::ports::{Clock, Escalation, Journal, Notifier, Query};
use selfheal_core::testing::AllowAll;

use crate::scene::{Office, Pager, Scene, signal};

/// A channel behind which nobody listens until it is told.
#[derive(Default)]
struct Deaf {
    listens: AtomicBool,
}

#[async_trait]
impl Notifier for Deaf {
    async fn notify(&self, _: &Escalation) -> Result<()> {
        match self.listens.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Forbidden, "notifier.notify", "nobody there")),
        }
    }
}

fn knowing_nothing(scene: &Scene) -> OrchestratorBuilder {
    scene.host().policy(Arc::new(AllowAll))
}

async fn go_on(scene: &Scene, host: &Orchestrator) -> Report {
    let lease = scene.journal.pick_up(&host.claim(), 1).await.unwrap().pop().expect("it is due");
    host.resume(lease, &Cancellation::new()).await.unwrap()
}

#[tokio::test]
async fn the_second_channel_is_tried_when_the_first_fails() {
    let (scene, pager) = (Scene::broken(), Arc::new(Pager::default()));
    let report = scene.heal(knowing_nothing(&scene).notifier(Arc::new(Deaf::default())).notifier(pager.clone())).await;
    let told = Outcome::Escalated { because: Trouble::Unexplained, acknowledged: true };
    assert_eq!(report.outcome(), Some(&told));
    let told = pager.0.lock().unwrap();
    assert_eq!((told[0].incident.clone(), told[0].round), (report.incident().id.clone(), 0));
}

#[tokio::test]
async fn what_nobody_received_stays_open_and_is_told_again_when_its_time_comes() {
    let (scene, deaf) = (Scene::broken(), Arc::new(Deaf::default()));
    let host = knowing_nothing(&scene).notifier(deaf.clone()).build().unwrap();
    let report = host.heal(signal(), &Cancellation::new()).await.unwrap();
    assert_eq!((report.outcome(), report.trouble()), (None, Some(&Trouble::Unexplained)));
    assert_eq!(scene.journal.list(&Query::open(9)).await.unwrap().len(), 1);
    assert!(scene.journal.pick_up(&host.claim(), 9).await.unwrap().is_empty(), "it is not due yet");

    let mut waits = Vec::new();
    for _ in 0..3 {
        let wake = scene.journal.list(&Query::open(9)).await.unwrap()[0].wake_at.unwrap();
        waits.push(wake.since(scene.clock.now()));
        scene.clock.sleep_until(wake).await;
        assert_eq!(go_on(&scene, &host).await.outcome(), None);
    }
    assert!(waits[0] <= Duration::from_secs(60) && waits[2] > waits[0], "less and less often: {waits:?}");

    deaf.listens.store(true, Ordering::SeqCst);
    let wake = scene.journal.list(&Query::open(9)).await.unwrap()[0].wake_at.unwrap();
    scene.clock.sleep_until(wake).await;
    let told = Outcome::Escalated { because: Trouble::Unexplained, acknowledged: true };
    assert_eq!(go_on(&scene, &host).await.outcome(), Some(&told));
    assert!(scene.journal.list(&Query::open(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_asks_for_it_has_it_told_before_its_time() {
    let (scene, deaf) = (Scene::broken(), Arc::new(Deaf::default()));
    let host = knowing_nothing(&scene).notifier(deaf.clone()).build().unwrap();
    let report = host.heal(signal(), &Cancellation::new()).await.unwrap();
    let id = &report.incident().id;
    deaf.listens.store(true, Ordering::SeqCst);
    let lease = scene.journal.lease(id, &host.claim()).await.unwrap();
    assert_eq!(host.resume(lease, &Cancellation::new()).await.unwrap().outcome(), None, "its time has not come");
    let lease = scene.journal.lease(id, &host.claim()).await.unwrap();
    let told = Outcome::Escalated { because: Trouble::Unexplained, acknowledged: true };
    assert_eq!(host.resume_now(lease, &Cancellation::new()).await.unwrap().outcome(), Some(&told));
}

#[tokio::test]
async fn who_is_told_after_a_remark_reads_the_remark_and_not_that_fixes_did_not_help() {
    let office = Office::knowing(&[&[("mode", "good")]]);
    office.open().await;
    let text = "not now, the database is being moved".to_owned();
    office.say("ada", Reply::Respond { text }).await.unwrap();
    let report = office.go_on().await;
    let told = report.trouble().map(Trouble::in_words).unwrap_or_default();
    assert_eq!(told, "it was refused: ada answered instead of approving: not now, the database is being moved");
}

#[tokio::test]
async fn who_is_told_that_what_was_agreed_to_got_too_old_reads_that_somebody_had_agreed() {
    let office = Office::knowing(&[&[("mode", "good")]]);
    let until = office.open().await.state.answers_count_until().unwrap();
    office.say("ada", Reply::Accept).await.unwrap();
    office.scene.clock.advance_to(until.after(Duration::from_millis(1)));
    let told = office.go_on().await.trouble().map(Trouble::in_words).unwrap_or_default();
    assert_eq!(told, "it was refused: the time for answers was over before anybody looked: ada agreed");
    assert_eq!(office.scene.executor.count("apply 0"), 0);
}

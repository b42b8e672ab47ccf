//! A process that dies at any record leaves an incident that another one ends safely.

use std::sync::Arc;

use selfheal_core::engine::{Outcome, Trouble};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::Record;

use crate::scene::{MeddledJournal, Scene, replay, signal};

/// Dies at record `at`, goes on in another process, and gives the outcome with the scene.
async fn die_and_go_on(at: u64, remedies: &[&[(&str, &str)]]) -> Option<(Scene, Outcome)> {
    let scene = Scene::broken();
    // Breaks at that record, as a process that dies there would.
    let died = move |record: &Record| {
        (record.sequence == at).then(|| Error::new(ErrorKind::Unavailable, "journal.append", "the process died"))
    };
    let dying = Arc::new(MeddledJournal::before(scene.journal.clone(), died));
    let first = scene.knowing(remedies).journal(dying).build().unwrap();
    first.heal(signal(), &Cancellation::new()).await.err()?;
    let second = scene.knowing(remedies).build().unwrap();
    let report = second.resume(scene.taken_over().await, &Cancellation::new()).await.unwrap();
    let all = scene.records().await;
    assert_eq!(replay(&all).as_ref(), Some(&report.state), "died at {at}: replay differs");
    let outcome = report.outcome().unwrap().clone();
    Some((scene, outcome))
}

#[tokio::test]
async fn the_world_is_healed_or_as_before_wherever_it_died() {
    let mut at = 1;
    while let Some((scene, outcome)) = die_and_go_on(at, &[&[("a", "1"), ("mode", "good")]]).await {
        let world = (scene.world.get("a"), scene.mode());
        match outcome {
            Outcome::Healed => assert_eq!(world, (Some("1".to_owned()), "good".to_owned()), "died at {at}"),
            Outcome::Escalated { because: Trouble::UnknownOutcome { .. }, .. } => {
                assert_eq!(world, (None, "bad".to_owned()), "died at {at}");
            }
            other => panic!("died at {at}: {other:?}"),
        }
        assert!(scene.executor.count("apply 1") <= 2, "died at {at}");
        at += 1;
    }
    assert!(at > 15, "every record of the run was tried, got {at}");
}

#[tokio::test]
async fn a_step_that_had_happened_is_never_sent_twice() {
    let mut at = 1;
    while let Some((scene, _)) = die_and_go_on(at, &[&[("mode", "good")]]).await {
        let applied = scene.executor.count("apply 0");
        let absent = scene.executor.calls().windows(2).any(|pair| pair == ["probe 0", "apply 0"]);
        assert!(applied <= 1 || absent, "died at {at}: {:?}", scene.executor.calls());
        at += 1;
    }
}

#[tokio::test]
async fn a_roll_back_that_died_is_finished() {
    let mut at = 1;
    while let Some((scene, outcome)) = die_and_go_on(at, &[&[("a", "1"), ("mode", "worse")]]).await {
        assert!(matches!(outcome, Outcome::Escalated { .. }), "died at {at}: {outcome:?}");
        assert_eq!((scene.world.get("a"), scene.mode()), (None, "bad".to_owned()), "died at {at}");
        at += 1;
    }
}

//! The journal is ahead of the world: what is about to happen stands in it before it happens.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use selfheal_core::engine::{Event, ReplayError, SCHEMA_VERSION, Trouble, replay};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::{Clock, History, Journal, Record, Snapshot};

use crate::scene::{MeddledJournal, Scene, signal};

const OPENED_BEFORE: &str = include_str!("opened_before.json");

fn last_event(journal: &InMemoryJournal) -> Option<Event> {
    let incident = journal.incidents().pop()?;
    let records = journal.read(&incident).now_or_never()?.ok()?;
    records.records.last().map(|record| record.event.clone())
}

#[tokio::test]
async fn every_outward_effect_is_intended_before_it_is_sent() {
    let scene = Scene::broken();
    let unannounced: Arc<Mutex<Vec<String>>> = Arc::default();
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let check = |call: &str, journal: &InMemoryJournal, unannounced: &Mutex<Vec<String>>, sent: &Mutex<Vec<String>>| {
        sent.lock().unwrap().push(call.to_owned());
        if last_event(journal) != Some(Event::Intended) {
            unannounced.lock().unwrap().push(call.to_owned());
        }
    };
    let (journal, u, s) = (scene.journal.clone(), unannounced.clone(), sent.clone());
    scene.executor.before(move |call| {
        if !["preview", "probe 0", "settle"].contains(&call) {
            check(call, &journal, &u, &s);
        }
        None
    });
    let (journal, u, s) = (scene.journal.clone(), unannounced.clone(), sent.clone());
    scene.probe.before(move || {
        check("verify", &journal, &u, &s);
        None
    });
    scene.heal(scene.knowing(&[&[("a", "1"), ("mode", "worse")], &[("mode", "good")]])).await;
    assert!(unannounced.lock().unwrap().is_empty(), "{unannounced:?}");
    let expected = ["rehearse", "apply 0", "apply 1", "verify", "undo 1", "undo 0", "rehearse", "apply 0", "verify"];
    assert_eq!(*sent.lock().unwrap(), expected);
}

#[tokio::test]
async fn records_are_numbered_without_gaps_and_survive_being_written_as_json() {
    let scene = Scene::broken();
    scene.heal(scene.knowing(&[&[("mode", "worse")], &[("mode", "good")]])).await;
    let records = scene.records().await;
    for (place, record) in records.iter().enumerate() {
        assert_eq!((record.sequence, record.schema), (place as u64, SCHEMA_VERSION));
        let written = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), *record);
    }
}

#[tokio::test]
async fn a_journal_with_a_gap_or_of_a_newer_version_is_not_guessed_at() {
    let scene = Scene::broken();
    scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    let records = scene.records().await;
    let replay = |records: Vec<Record>| replay(History { snapshot: None, records });
    let mut gap = records.clone();
    gap.remove(1);
    assert_eq!(replay(gap), Err(ReplayError::Gap { expected: 1, found: 2 }));
    let mut newer = records;
    newer[0].schema = SCHEMA_VERSION + 1;
    assert_eq!(replay(newer), Err(ReplayError::Newer { sequence: 0, found: SCHEMA_VERSION + 1 }));
    assert_eq!(replay(Vec::new()), Ok((None, 0)));
}

/// Records and snapshots of before it was kept what may be done at all: nothing new is planned, and all else can be read.
#[tokio::test]
async fn an_incident_of_before_there_were_bounds_on_what_may_be_done_can_still_be_read() {
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]])).await;
    let opened: Event = serde_json::from_str(OPENED_BEFORE).unwrap();
    let mut record = scene.records().await.swap_remove(0);
    record.event = opened;
    let (state, records) = replay(History { snapshot: None, records: vec![record] }).unwrap();
    let state = state.unwrap();
    assert_eq!((records, state.allowed.kinds().count()), (1, 0));
    assert_eq!(state.allowed.target(), &state.incident.resource);

    let mut json = serde_json::to_value(&report.state).unwrap();
    json.as_object_mut().unwrap().remove("allowed");
    let snapshot = Snapshot { at: scene.clock.now(), records: 7, state: serde_json::from_value(json).unwrap() };
    let (state, records) = replay(History { snapshot: Some(snapshot.into()), records: Vec::new() }).unwrap();
    let state = state.unwrap();
    assert_eq!((records, &state.phase), (7, &report.state.phase));
    assert_eq!((state.allowed.target(), state.allowed.kinds().count()), (&state.incident.resource, 0));
}

type IsTooLarge = fn(&Event) -> bool;

fn no_room_for(is_too_large: IsTooLarge) -> impl Fn(&Record) -> Option<Error> {
    move |record| {
        is_too_large(&record.event).then(|| Error::new(ErrorKind::LimitReached, "journal.append", "too large a record"))
    }
}

#[tokio::test]
async fn what_the_journal_has_no_room_for_ends_the_incident_with_a_person() {
    let too_large: [(&str, IsTooLarge); 5] = [
        ("classified", |event| matches!(event, Event::Classified(_))),
        ("previewed", |event| matches!(event, Event::Previewed(_))),
        ("rehearsed", |event| matches!(event, Event::Rehearsed(_))),
        ("verified", |event| matches!(event, Event::Verified(_))),
        ("decided", |event| matches!(event, Event::Decided(_))),
    ];
    for (name, is_too_large) in too_large {
        let scene = Scene::broken();
        let journal = Arc::new(MeddledJournal::before(scene.journal.clone(), no_room_for(is_too_large)));
        let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).journal(journal)).await;
        assert!(
            matches!(report.trouble(), Some(Trouble::LimitReached { what }) if what.contains("too large a record")),
            "{name}: {:?}",
            report.trouble()
        );
        assert!(report.outcome().is_some(), "{name}: {:?}", report.state.phase);
        assert_eq!(scene.mode(), "bad", "{name}: what could not be recorded was taken back");
    }
}

#[tokio::test]
async fn a_journal_that_has_no_room_at_all_is_an_error_and_not_a_loop() {
    let scene = Scene::broken();
    let journal = Arc::new(MeddledJournal::before(
        scene.journal.clone(),
        no_room_for(|event| !matches!(event, Event::Opened { .. })),
    ));
    let host = scene.knowing(&[&[("mode", "good")]]).journal(journal).build().unwrap();
    let error = host.heal(signal(), &Cancellation::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached);
}

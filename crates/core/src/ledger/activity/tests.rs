use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use super::*;
use crate::action::ActionKind;
use crate::category::FailureCategory;
use crate::facts::Facts;
use crate::incident::{Fingerprint, Severity};
use crate::ledger::InMemoryLedger;
use crate::plan::{BlastRadius, PlanHash};
use crate::ports::{Effected, Site};
use crate::resource::Environment;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn day(number: u64) -> Timestamp {
    Timestamp::default().after(DAY * u32::try_from(number).unwrap())
}

fn opened(number: usize) -> Note {
    Note::Opened(Arc::new(Opened {
        incident: IncidentId::new(&format!("inc-{number}")),
        resource: ResourceRef::new("fake", "service", "shop"),
        site: Site::default(),
        environment: Environment::Production,
        symptom: None,
    }))
}

fn effect() -> Note {
    Note::Effect(Arc::new(Reserved {
        effected: Arc::new(Effected {
            incident: IncidentId::new("inc-1"),
            resource: ResourceRef::new("fake", "service", "shop"),
            site: Site::default(),
            environment: Environment::Production,
            kind: ActionKind::RETRY_STAGE,
            blast_radius: BlastRadius::default(),
        }),
        plan: serde_json::from_value::<PlanHash>("a".into()).unwrap(),
        round: 1,
        step: 0,
        attempt: 1,
        category: FailureCategory::UNKNOWN,
        cause: None,
    }))
}

fn entries(at: Timestamp, notes: impl IntoIterator<Item = Note>) -> impl Iterator<Item = Entry> {
    (0..).zip(notes).map(move |(sequence, note)| Entry { sequence, at, note })
}

async fn noted(ledger: &dyn Ledger, at: Timestamp, notes: impl IntoIterator<Item = Note>) {
    let stream = Stream::activity();
    for note in notes {
        let len = ledger.len(&stream).await.unwrap();
        ledger.append(&stream, len, at, &note).await.unwrap();
    }
}

/// Counts what is read.
#[derive(Default)]
struct Counting {
    ledger: InMemoryLedger,
    read: AtomicUsize,
}

#[async_trait]
impl Ledger for Counting {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        self.ledger.append(stream, expected, at, note).await
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        let page = self.ledger.read(stream, from, most).await?;
        self.read.fetch_add(page.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        self.ledger.len(stream).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        self.ledger.forget(stream, before).await
    }
}

#[test]
fn a_flood_of_openings_pushes_out_no_effect() {
    let notes = [effect()].into_iter().chain((0..MOST_OF_A_KIND * 2).map(opened));
    let recent = Recent::of(entries(day(40), notes));
    assert_eq!(recent.reserved(HOUR, day(40)).count(), 1);
    assert_eq!(recent.missing_until(Kind::Effects, HOUR, day(40)), None);
    assert_eq!(recent.opened(HOUR, day(40)).count(), MOST_OF_A_KIND);
    assert_eq!(recent.missing_until(Kind::Opened, HOUR, day(40)), Some(day(40).after(HOUR)));
    assert_eq!(recent.missing_until(Kind::Opened, HOUR, day(41)), None, "it has left the window");
}

#[test]
fn effects_that_are_not_kept_are_told_to_policy_too() {
    let recent = Recent::of(entries(day(40), (0..=MOST_OF_A_KIND).map(|_| effect())));
    let activity = recent.activity(|_| false);
    assert_eq!(activity.missing_until(HOUR, day(40)), Some(day(40).after(HOUR)));
    assert_eq!(activity.missing_until(HOUR, day(41)), None);
}

#[test]
fn an_entry_from_a_clock_that_is_ahead_makes_nobody_forget() {
    let entry = |sequence, at, note| Entry { sequence, at, note };
    let mut recent = Recent::of([entry(0, day(40), effect()), entry(1, day(90), opened(1))]);
    assert_eq!(recent.reserved(HOUR, day(40)).count(), 1);
    (2..40).for_each(|sequence| recent.add(entry(sequence, day(40), opened(2))));
    assert_eq!(recent.too_old(day(90)), None, "most clocks say otherwise");
}

#[tokio::test]
async fn of_a_long_stream_the_end_is_read_and_what_lies_before_is_known_to_be_missing() {
    let ledger = Counting::default();
    noted(&ledger, day(39), (0..MOST_ENTRIES).map(opened)).await;
    noted(&ledger, day(40), (0..MOST_ENTRIES).map(opened)).await;
    let mut recent = Recent::default();
    recent.update(&ledger).await.unwrap();
    let read = ledger.read.load(Ordering::Relaxed);
    assert!(read <= MOST_ENTRIES + 1, "{read}");
    assert_eq!(recent.place(), 2 * MOST_ENTRIES as u64);
    let missing = |window, now| recent.missing_until(Kind::Effects, window, now);
    assert_eq!(missing(HOUR * 3, day(40).after(HOUR)), Some(day(40).after(HOUR * 3)));
    assert_eq!(missing(HOUR, day(40).after(HOUR * 2)), None);

    recent.update(&ledger).await.unwrap();
    assert_eq!(ledger.read.load(Ordering::Relaxed), read + 1, "the last one, to see that it is still there");
}

#[tokio::test]
async fn what_was_dropped_because_of_its_age_is_not_missing() {
    let ledger = InMemoryLedger::default();
    noted(&ledger, day(1), (0..MOST_ENTRIES).map(opened)).await;
    noted(&ledger, day(40), [effect()]).await;
    ledger.forget(&Stream::activity(), day(9)).await.unwrap();
    let mut recent = Recent::default();
    recent.update(&ledger).await.unwrap();
    assert_eq!(recent.missing_until(Kind::Effects, DAY * 30, day(40)), None);
    assert_eq!((recent.place(), recent.reserved(HOUR, day(40)).count()), (MOST_ENTRIES as u64 + 1, 1));
}

#[tokio::test]
async fn old_entries_are_dropped_by_whoever_sees_them() {
    let ledger = InMemoryLedger::default();
    noted(&ledger, day(1), (0..20).map(opened)).await;
    noted(&ledger, day(40), (0..40).map(opened)).await;
    let mut recent = Recent::default();
    recent.update(&ledger).await.unwrap();
    recent.forget_the_old(&ledger, day(40)).await;
    let left = ledger.read(&Stream::activity(), 0, 100).await.unwrap();
    assert_eq!((left.len(), left[0].sequence), (40, 20));
    assert_eq!(recent.too_old(day(40)), None, "there is nothing more to drop");
}

#[tokio::test]
async fn a_store_that_was_put_back_to_an_earlier_day_is_read_anew() {
    let (ledger, restored) = (InMemoryLedger::default(), InMemoryLedger::default());
    noted(&ledger, day(40), (0..9).map(opened)).await;
    let mut recent = Recent::default();
    recent.update(&ledger).await.unwrap();
    noted(&restored, day(40), (0..3).map(opened)).await;
    recent.update(&restored).await.unwrap();
    assert_eq!((recent.place(), recent.opened(HOUR, day(40)).count()), (3, 3));
    noted(&restored, day(41), [effect()]).await;
    recent.update(&restored).await.unwrap();
    assert_eq!(recent.reserved(HOUR, day(41)).count(), 1);
}

fn ended(number: usize, fingerprint: &str, mended: bool, plans_applied: u32) -> Note {
    Note::Ended(Arc::new(Ended {
        incident: IncidentId::new(&format!("inc-{number}")),
        resource: ResourceRef::new("fake", "service", "shop"),
        site: Site::default(),
        environment: Environment::Production,
        fingerprint: Fingerprint::from_hex(fingerprint),
        category: FailureCategory::UNKNOWN,
        cause: None,
        healed: mended,
        mended,
        plans_applied,
        made_worse: BTreeSet::new(),
    }))
}

#[test]
fn what_is_counted_of_a_resource_is_each_incident_once() {
    let incident = |number: usize, name: &str| Incident {
        id: IncidentId::new(&format!("inc-{number}")),
        fingerprint: Fingerprint::from_hex("aa"),
        resource: ResourceRef::new("fake", "service", name),
        environment: Environment::Production,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: day(1),
        opened_at: day(1),
    };
    let notes = [
        ended(1, "aa", true, 1),
        // Its outcome was lost, and it was noted again.
        ended(1, "aa", true, 1),
        ended(2, "bb", true, 1),
        ended(3, "aa", false, 1),
        ended(3, "aa", false, 1),
        ended(4, "aa", false, 0),
        ended(5, "aa", true, 1),
    ];
    let recent = Recent::of(entries(day(1), notes));
    let history = |number, name| recent.history_of(&incident(number, name), HOUR, day(1));
    assert_eq!(history(9, "shop"), History { failures: 1, relapses: 2 });
    assert_eq!(history(5, "shop"), History { failures: 1, relapses: 1 }, "its own end is no history");
    assert_eq!(history(9, "barn"), History::default());
    assert_eq!(recent.history_of(&incident(9, "shop"), HOUR, day(2)), History::default(), "too long ago");
}

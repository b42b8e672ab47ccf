//! Several workers on one journal: in one process, and with the file opened twice.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::ErrorKind;
use selfheal_core::journal::{Retention, retain};
use selfheal_core::ports::{Claim, Clock, Journal, Query};
use selfheal_core::testing::ManualClock;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::verify;
use selfheal_memory::journal::{JournalOptions, SqliteJournal};
use tokio::task::JoinSet;

use story::{Story, claim, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_together_is_made_durable_together_and_a_conflict_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(&folder.path().join("journal.db")));
    let mut stories = Vec::new();
    for number in 0..50 {
        let mut story = Story::new(&format!("inc-{number}"));
        story.go_on(journal.as_ref()).await.unwrap();
        stories.push(story);
    }
    let before = journal.written();
    let mut tasks = JoinSet::new();
    for (number, mut story) in stories.into_iter().enumerate() {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move {
            for turn in 0..10 {
                let (mut record, after) =
                    story.next(selfheal_core::engine::Event::Resumed { epoch: 1, worker: "w".into() });
                if number % 5 == 0 {
                    record.sequence += 1;
                    let refused = journal.append(&story.lease, &record, &after).await;
                    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict, "turn {turn}");
                }
                story.go_on(journal.as_ref()).await.unwrap();
            }
            story
        });
    }
    let stories = tasks.join_all().await;
    for story in &stories {
        assert_eq!(journal.read(story.id()).await.unwrap().records, story.records);
    }
    let after = journal.written();
    let (writes, transactions) = (after.writes - before.writes, after.transactions - before.transactions);
    assert_eq!(writes, 600);
    assert!(transactions * 5 < writes, "{writes} writes took {transactions} transactions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_have_the_file_open_both_append_and_never_pick_up_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journals = [Arc::new(open(&path)), Arc::new(open(&path))];
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let journal = Arc::clone(&journals[number % 2]);
        tasks.spawn(async move {
            let mut story = Story::new(&format!("inc-{number}"));
            story.go_on_times(journal.as_ref(), 5).await;
            journal.release(&story.lease).await.unwrap();
            story
        });
    }
    let stories = tasks.join_all().await;
    for story in &stories {
        for journal in &journals {
            assert_eq!(journal.read(story.id()).await.unwrap().records, story.records);
        }
    }
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let journal = Arc::clone(&journals[number % 2]);
        tasks.spawn(async move { journal.pick_up(&claim(&format!("w{number}")), 4).await.unwrap() });
    }
    let leases = tasks.join_all().await.concat();
    let incidents: BTreeSet<_> = leases.iter().map(|lease| lease.incident.clone()).collect();
    assert_eq!((leases.len(), incidents.len()), (20, 20));
    drop(journals);
    let rows = SqliteJournal::open_read_only(&path).unwrap().audit_rows().unwrap();
    assert_eq!(verify(&rows, None, &[]).unwrap().leaves, 100);
    assert_eq!(rows.cross_check(100).unwrap().unwrap().records, 100);
}

#[tokio::test]
async fn a_lease_expires_by_the_stores_clock_and_its_holder_is_fenced_off_by_whoever_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let options = JournalOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..JournalOptions::new(story::key()) };
    let journal = SqliteJournal::open(&folder.path().join("journal.db"), options).unwrap();
    clock.sleep_until(Timestamp::from_millis(10_000)).await;
    let mut story = Story::new("inc-1");
    story.lease.ttl = Duration::from_secs(30);
    story.go_on(&journal).await.unwrap();
    let other = Claim { ttl: Duration::from_secs(30), ..claim("other") };
    clock.sleep_until(Timestamp::from_millis(39_999)).await;
    assert_eq!(journal.lease(story.id(), &other).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(journal.pick_up(&other, 9).await.unwrap().is_empty());
    journal.renew(&story.lease).await.unwrap();
    clock.sleep_until(Timestamp::from_millis(69_998)).await;
    assert!(journal.pick_up(&other, 9).await.unwrap().is_empty());
    clock.sleep_until(Timestamp::from_millis(69_999)).await;
    let taken = journal.pick_up(&other, 9).await.unwrap();
    assert_eq!((taken.len(), taken[0].epoch), (1, 2));
    assert_eq!(story.go_on(&journal).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(journal.renew(&story.lease).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn the_longest_waiting_comes_first_whether_it_was_left_or_its_worker_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal.db"));
    // Each record is a millisecond later than the one before.
    for (id, records, left) in [("inc-c", 3, true), ("inc-a", 1, false), ("inc-d", 4, false), ("inc-b", 2, true)] {
        let mut story = Story::new(id);
        story.lease.ttl = Duration::ZERO;
        story.go_on_times(&journal, records).await;
        if left {
            journal.release(&story.lease).await.unwrap();
        }
    }
    let names = |leases: Vec<selfheal_core::ports::Lease>| {
        leases.iter().map(|lease| lease.incident.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(journal.pick_up(&claim("x"), 3).await.unwrap()), ["inc-a", "inc-b", "inc-c"]);
    assert_eq!(names(journal.pick_up(&claim("x"), 3).await.unwrap()), ["inc-d"]);
}

#[tokio::test]
async fn what_is_past_retention_goes_and_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path);
    for number in 0..9 {
        let mut story = Story::new(&format!("inc-{number}"));
        story.go_on_times(&journal, 3).await;
        if number > 0 {
            story.close(&journal).await.unwrap();
        }
    }
    let pruned = retain(&journal, &Retention { closed_with_records: 2, closed_in_all: 5 }).await.unwrap();
    assert_eq!((pruned.compacted, pruned.forgotten), (3, 3));
    assert_eq!(journal.list(&Query::newest(99)).await.unwrap().len(), 6);
    drop(journal);
    let rows = SqliteJournal::open_read_only(&path).unwrap().audit_rows().unwrap();
    let leaves = verify(&rows, None, &[]).unwrap().leaves;
    let checked = rows.cross_check(leaves).unwrap().unwrap();
    assert_eq!((leaves, checked.records, checked.snapshots, checked.tidied), (35 + 6, 3 + 2 * 4, 3, 6 * 4));
}

#[test]
fn several_that_start_at_once_make_one_journal() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let start = std::sync::Barrier::new(4);
        let opened = || {
            start.wait();
            story::try_open(&path).map(drop)
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        });
    }
}

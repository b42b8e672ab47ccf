//! The ledger in the journal's file: written with it, vouched for by the same log, and held to what that says.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use selfheal_core::audit::{Erasure, Openings, Row};
use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Entry, Journal, Ledger, Note, Stream, Switched};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{AuditRows, verify};
use selfheal_memory::journal::{CrossChecked, Mismatch, SqliteJournal};

use story::{Story, copied, open};

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn paused(by: &str) -> Note {
    Note::Paused { environment: None, switched: Switched { by: by.into(), because: "a deploy".into() } }
}

const LAST_WORD: &str = "the last word of bob";

/// Longer than what a leaf says of it.
fn long_winded() -> Note {
    let because = format!("a deploy {} {LAST_WORD}", "and so on ".repeat(200));
    Note::Paused { environment: None, switched: Switched { by: "bob".into(), because } }
}

async fn noted(journal: &SqliteJournal, stream: &Stream, expected: u64, note: &Note) {
    Ledger::append(journal, stream, expected, at(10 + expected), note).await.unwrap();
}

async fn entries(journal: &SqliteJournal, stream: &Stream) -> Result<Vec<Entry>> {
    Ledger::read(journal, stream, 0, 100).await
}

fn approvals() -> Stream {
    Stream::approvals(&IncidentId::new("inc-1"))
}

/// A journal with a closed incident of four records, three entries of switches, two of its approvals and one of a pipeline.
async fn written(path: &Path) -> Story {
    let journal = open(path);
    let mut story = Story::new("inc-1");
    story.go_on_times(&journal, 3).await;
    story.close(&journal).await.unwrap();
    for place in 0..3 {
        noted(&journal, &Stream::switches(), place, &paused(&format!("ann-{place}"))).await;
    }
    for place in 0..2 {
        noted(&journal, &approvals(), place, &long_winded()).await;
    }
    noted(&journal, &Stream::runs("nightly"), 0, &Note::RunFailed).await;
    story
}

fn checked(path: &Path) -> Result<CrossChecked, Vec<Mismatch>> {
    let rows = SqliteJournal::open_read_only(path).unwrap().audit_rows().unwrap();
    let log = verify(&rows, Some(&story::key().public()), &[]).unwrap();
    rows.cross_check(log.leaves).unwrap()
}

fn changed(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
    assert!(connection.changes() > 0, "{sql} changes nothing");
}

/// What the leaf of an entry says, by name.
fn leaf(path: &Path, index: u64, field: &str) -> Option<String> {
    let rows = SqliteJournal::open_read_only(path).unwrap().audit_rows().unwrap();
    let mut found = None;
    let mut look = |row: &Row<'_>| {
        found = Openings::decode(row.openings).unwrap().value(field).map(str::to_owned);
        true
    };
    rows.read(index..index + 1, &mut look).unwrap();
    found
}

#[tokio::test]
async fn every_entry_is_a_leaf_that_says_who_noted_what() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    assert_eq!(checked(&path).unwrap(), CrossChecked { records: 4, entries: 6, ..CrossChecked::default() });
    let said = |index, field| leaf(&path, index, field);
    assert_eq!(said(5, "stream").as_deref(), Some("switches"));
    assert_eq!(said(5, "place").as_deref(), Some("1"));
    assert_eq!(said(5, "note").as_deref(), Some("paused"));
    assert_eq!(said(5, "by").as_deref(), Some("ann-1"));
    assert!(said(5, "detail").unwrap().contains("a deploy"));
    assert_eq!((said(5, "incident"), said(7, "incident").as_deref()), (None, Some("inc-1")));
}

#[tokio::test]
async fn what_people_said_is_signed_at_once_and_what_budgets_count_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal.db"));
    let signed = || journal.newest_checkpoint().unwrap().map_or(0, |newest| newest.checkpoint().size);
    noted(&journal, &Stream::runs("nightly"), 0, &Note::RunFailed).await;
    assert_eq!(signed(), 0);
    noted(&journal, &Stream::switches(), 0, &paused("ann")).await;
    assert_eq!(signed(), 2);
}

#[tokio::test]
async fn whatever_is_changed_in_the_ledgers_tables_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let switches = "(SELECT number FROM streams WHERE stream = 'switches')";
    let changes = [
        "UPDATE entries SET entry = replace(entry, 'deploy', 'holiday') WHERE leaf = 5".to_owned(),
        "UPDATE entries SET at_ms = 1 WHERE leaf = 5".to_owned(),
        "UPDATE entries SET sequence = 7 WHERE leaf = 5".to_owned(),
        "UPDATE entries SET leaf = 55 WHERE leaf = 5".to_owned(),
        "UPDATE entries SET leaf = -1 WHERE leaf = 5".to_owned(),
        format!("UPDATE entries SET stream = {switches}, sequence = 3 WHERE leaf = 7"),
        "UPDATE entries SET stream = 99 WHERE leaf = 5".to_owned(),
        "DELETE FROM entries WHERE leaf = 5".to_owned(),
        "DELETE FROM entries WHERE leaf = 6".to_owned(),
        // Somebody takes back that healers were paused, and tidies up behind.
        format!("DELETE FROM entries WHERE leaf = 6; UPDATE streams SET length = 2 WHERE number = {switches}"),
        format!("DELETE FROM entries WHERE leaf <= 6; UPDATE streams SET dropped = 3 WHERE number = {switches}"),
        format!("DELETE FROM entries WHERE leaf IN (4, 5, 6); DELETE FROM streams WHERE number = {switches}"),
        "UPDATE streams SET length = 4 WHERE stream = 'switches'".to_owned(),
        "UPDATE streams SET dropped = 1 WHERE stream = 'switches'".to_owned(),
        "UPDATE streams SET stream = 'elsewhere' WHERE stream = 'switches'".to_owned(),
        "INSERT INTO streams VALUES (99, 'invented', 0, 0)".to_owned(),
        format!("INSERT INTO entries SELECT 0, {switches}, 3, at_ms, entry FROM entries WHERE leaf = 6"),
        format!("INSERT INTO entries SELECT 40, {switches}, 3, at_ms, entry FROM entries WHERE leaf = 6"),
    ];
    for change in changes {
        let copy = tempfile::tempdir().unwrap();
        let path = copied(&path, copy.path());
        assert!(checked(&path).is_ok());
        changed(&path, &change);
        assert!(checked(&path).is_err(), "not found: {change}");
    }
}

#[tokio::test]
async fn it_says_which_entry_was_changed_or_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let changed_copy = tempfile::tempdir().unwrap();
    let copy = copied(&path, changed_copy.path());
    changed(&copy, "UPDATE entries SET entry = replace(entry, 'deploy', 'holiday') WHERE leaf = 5");
    let told = Mismatch::ChangedEntry { leaf: 5, stream: "switches".into(), sequence: 1 };
    assert_eq!(checked(&copy), Err(vec![told]));
    changed(&path, "DELETE FROM entries WHERE leaf = 6");
    assert_eq!(checked(&path), Err(vec![Mismatch::MissingEntry { stream: "switches".into(), last: 2 }]));
}

#[tokio::test]
async fn an_entry_that_its_leaf_does_not_vouch_for_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let changes = [
        "UPDATE entries SET entry = replace(entry, 'deploy', 'holiday') WHERE leaf = 5",
        "UPDATE entries SET leaf = 55 WHERE leaf = 5",
        "UPDATE entries SET leaf = 99 WHERE leaf = 5; UPDATE entries SET leaf = 5 WHERE leaf = 6;
            UPDATE entries SET leaf = 6 WHERE leaf = 99",
        "DELETE FROM entries WHERE leaf = 4",
        "DELETE FROM entries WHERE leaf = 5",
        "DELETE FROM entries WHERE leaf = 6",
    ];
    for change in changes {
        let copy = tempfile::tempdir().unwrap();
        let path = copied(&path, copy.path());
        changed(&path, change);
        let journal = SqliteJournal::open_read_only(&path).unwrap();
        let error = entries(&journal, &Stream::switches()).await.expect_err(change);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{change}: {error}");
        assert!(entries(&journal, &Stream::runs("nightly")).await.is_ok(), "{change}");
    }
}

#[tokio::test]
async fn what_was_dropped_is_told_from_what_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let story = written(&path).await;
    let journal = open(&path);
    Ledger::forget(&journal, &Stream::switches(), at(12)).await.unwrap();
    // Nothing is left to drop, and nothing to tell.
    Ledger::forget(&journal, &Stream::switches(), at(12)).await.unwrap();
    journal.compact(&story.snapshot()).await.unwrap();
    drop(journal);
    let expected = CrossChecked { records: 0, snapshots: 1, entries: 4, tidied: 4 + 2 };
    assert_eq!(checked(&path).unwrap(), expected);
    assert_eq!(leaf(&path, 10, "event").as_deref(), Some("dropped"));

    changed(&path, "DELETE FROM entries WHERE leaf = 6; UPDATE streams SET dropped = 3 WHERE stream = 'switches'");
    assert_eq!(checked(&path), Err(vec![Mismatch::MissingEntry { stream: "switches".into(), last: 2 }]));
}

#[tokio::test]
async fn who_forgets_an_incident_forgets_its_approvals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let story = written(&path).await;
    let journal = open(&path);
    Journal::forget(&journal, story.id()).await.unwrap();
    assert_eq!(entries(&journal, &approvals()).await.unwrap(), []);
    assert_eq!(Ledger::len(&journal, &approvals()).await.unwrap(), 2);
    assert_eq!(entries(&journal, &Stream::switches()).await.unwrap().len(), 3);
    assert!(journal.has_overwritten());
    let bytes = std::fs::read(&path).unwrap();
    // What the log says of them is erased by its own means, and is cut before the last word; what they say themselves is gone.
    assert!(!bytes.windows(LAST_WORD.len()).any(|bytes| bytes == LAST_WORD.as_bytes()));
    drop(journal);
    assert_eq!(checked(&path).unwrap(), CrossChecked { entries: 4, tidied: 4 + 2, ..CrossChecked::default() });
}

#[tokio::test]
async fn what_ties_an_entry_to_its_leaf_is_never_erased() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let journal = open(&path);
    let erasure = |field: &str, leaf| {
        let (field, by, because) = (field.into(), "ann".into(), "asked to".into());
        Erasure { leaf, field, by, because, at: at(5) }
    };
    for field in ["stream", "place", "note", "entry"] {
        let refused = journal.erase(&erasure(field, 5)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{field}: {refused}");
    }
    for field in ["by", "detail"] {
        journal.erase(&erasure(field, 5)).await.unwrap();
    }
    Ledger::forget(&journal, &Stream::switches(), at(11)).await.unwrap();
    let newest = journal.audit_rows().unwrap().stored().unwrap().rows - 1;
    let refused = journal.erase(&erasure("entries", newest)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid, "{refused}");
    assert_eq!(entries(&journal, &Stream::switches()).await.unwrap().len(), 2);
    drop(journal);
    assert!(checked(&path).is_ok());
}

#[tokio::test]
async fn who_opened_it_to_read_notes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let journal = SqliteJournal::open_read_only(&path).unwrap();
    assert_eq!(entries(&journal, &Stream::switches()).await.unwrap().len(), 3);
    assert_eq!(Ledger::len(&journal, &Stream::switches()).await.unwrap(), 3);
    let refused = [
        Ledger::append(&journal, &Stream::switches(), 3, at(1), &paused("ann")).await,
        Ledger::forget(&journal, &Stream::switches(), at(99)).await,
        journal.wake(&IncidentId::new("inc-1")).await,
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Forbidden);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_race_for_each_place_one_wins_and_they_share_transactions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    // Two that open it are two processes to it.
    let journals = [Arc::new(open(&path)), Arc::new(open(&path))];
    let mut racers = tokio::task::JoinSet::new();
    for racer in 0..16 {
        let journal = Arc::clone(&journals[racer % 2]);
        racers.spawn(async move {
            let mut won = 0;
            for place in 0..10 {
                let note = paused(&racer.to_string());
                match Ledger::append(journal.as_ref(), &Stream::switches(), place, at(1), &note).await {
                    Ok(()) => won += 1,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
                }
            }
            won
        });
    }
    assert_eq!(racers.join_all().await.into_iter().sum::<u32>(), 10);
    let written = journals
        .iter()
        .map(|journal| journal.written())
        .fold((0, 0), |sum, one| (sum.0 + one.writes, sum.1 + one.transactions));
    assert!(written.1 < written.0, "{written:?}: nothing was written together");
    drop(journals);
    assert_eq!(checked(&path).unwrap().entries, 10);
}

//! The audit log of the SQLite journal: whatever is changed in its tables, or in the records beside it, is found.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use selfheal_core::audit::{Erasure, Openings, Verified};
use selfheal_core::error::ErrorKind;
use selfheal_core::ports::Journal;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{AuditRows, Unverified, verify};
use selfheal_memory::journal::{CrossChecked, Mismatch, SqliteJournal};

use story::{Story, open};

fn verified(path: &Path) -> Result<Verified, Unverified> {
    let journal = SqliteJournal::open_read_only(path)?;
    verify(&journal.audit_rows()?, Some(&story::key().public()), &[])
}

fn checked(path: &Path) -> Result<CrossChecked, Vec<Mismatch>> {
    let leaves = verified(path).unwrap().leaves;
    SqliteJournal::open_read_only(path).unwrap().audit_rows().unwrap().cross_check(leaves).unwrap()
}

/// A journal with two open incidents of three records, and one that is closed.
async fn written(path: &Path) -> Vec<Story> {
    let journal = open(path);
    let mut stories = vec![Story::new("inc-1"), Story::new("inc-2"), Story::new("inc-3")];
    for story in &mut stories {
        story.go_on_times(&journal, 3).await;
    }
    stories[2].close(&journal).await.unwrap();
    stories
}

fn changed(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql} changes nothing");
}

#[tokio::test]
async fn every_append_is_a_leaf_and_all_are_signed_when_the_journal_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let log = verified(&path).unwrap();
    assert_eq!((log.leaves, log.unsigned_tail), (10, 0));
    assert_eq!(checked(&path).unwrap(), CrossChecked { records: 10, ..CrossChecked::default() });
}

#[tokio::test]
async fn a_change_of_any_column_of_any_table_of_the_log_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let changes = [
        "UPDATE audit_leaves SET leaf = 99 WHERE leaf = 9",
        "UPDATE audit_leaves SET leaf = -1 WHERE leaf = 0",
        "UPDATE audit_leaves SET hash = zeroblob(32) WHERE leaf = 4",
        "UPDATE audit_leaves SET hash = CAST(hash || x'00' AS BLOB) WHERE leaf = 4",
        "UPDATE audit_leaves SET encoding = CAST(encoding || x'00' AS BLOB) WHERE leaf = 4",
        "UPDATE audit_leaves SET encoding = (SELECT encoding FROM audit_leaves WHERE leaf = 5) WHERE leaf = 4",
        "DELETE FROM audit_leaves WHERE leaf = 4",
        "DELETE FROM audit_leaves WHERE leaf = 9",
        "INSERT INTO audit_leaves SELECT leaf + 10, hash, encoding FROM audit_leaves WHERE leaf = 0",
        "UPDATE audit_openings SET leaf = 77 WHERE leaf = 9",
        "UPDATE audit_openings SET encoding = x'0100' WHERE leaf = 3",
        "UPDATE audit_openings SET encoding = (SELECT encoding FROM audit_openings WHERE leaf = 5) WHERE leaf = 4",
        "DELETE FROM audit_openings WHERE leaf = 4",
        "DELETE FROM audit_openings WHERE leaf = 9",
        "INSERT INTO audit_openings VALUES (10, x'0100')",
        "UPDATE audit_head SET head = zeroblob(41)",
        "UPDATE audit_head SET head = x''",
        "UPDATE audit_head SET one = 2",
        "INSERT INTO audit_head SELECT 2, head FROM audit_head",
        "DELETE FROM audit_head",
        "UPDATE audit_key SET key = replace(key, '+', '-')",
        "UPDATE audit_key SET one = 0",
        "DELETE FROM audit_key",
        "UPDATE audit_checkpoints SET note = note || x'0a'",
        "UPDATE audit_checkpoints SET note = replace(note, 'at ', 'at 1')",
        "UPDATE audit_checkpoints SET place = place + 100",
    ];
    for change in changes {
        let copy = tempfile::tempdir().unwrap();
        let path = story::copied(&path, copy.path());
        assert!(verified(&path).is_ok());
        changed(&path, change);
        assert!(verified(&path).is_err(), "not found: {change}");
    }
}

#[tokio::test]
async fn a_record_that_was_changed_moved_or_taken_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let changes = [
        "UPDATE records SET record = replace(record, 'w', 'v') WHERE leaf = 1",
        "UPDATE records SET sequence = 7 WHERE leaf = 1",
        "UPDATE records SET incident = 3 WHERE leaf = 1",
        "UPDATE records SET leaf = 55 WHERE leaf = 1",
        "DELETE FROM records WHERE leaf = 1",
        "DELETE FROM records WHERE leaf = 9",
        "DELETE FROM standings WHERE number = 0",
        "DELETE FROM incidents WHERE number = 0",
        "UPDATE standings SET records = 2 WHERE number = 0",
        "UPDATE standings SET last_record = 1 WHERE number = 0",
        "UPDATE standings SET wake_at_ms = 5 WHERE number = 6",
        "UPDATE incidents SET incident = 'inc-9' WHERE number = 0",
    ];
    for change in changes {
        let copy = tempfile::tempdir().unwrap();
        let path = story::copied(&path, copy.path());
        changed(&path, change);
        assert!(checked(&path).is_err(), "not found: {change}");
    }
}

#[tokio::test]
async fn records_that_were_compacted_or_forgotten_are_told_from_stolen_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let stories = written(&path).await;
    let journal = open(&path);
    journal.compact(&stories[0].snapshot()).await.unwrap();
    journal.forget(stories[2].id()).await.unwrap();
    drop(journal);
    assert_eq!(checked(&path).unwrap(), CrossChecked { records: 3, snapshots: 1, tidied: 7, entries: 0 });

    let copy = tempfile::tempdir().unwrap();
    let stolen = story::copied(&path, copy.path());
    changed(&stolen, "DELETE FROM records WHERE leaf = 4");
    let missing = Mismatch::Missing { incident: "inc-2".into(), last: 1 };
    assert_eq!(checked(&stolen), Err(vec![missing]));

    changed(&path, "UPDATE snapshots SET snapshot = replace(snapshot, 'w', 'v')");
    assert!(matches!(checked(&path).unwrap_err()[..], [Mismatch::Snapshot { .. }, ..]), "{:?}", checked(&path));
    let journal = SqliteJournal::open_read_only(&path).unwrap();
    let error = journal.read(stories[0].id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[tokio::test]
async fn an_erased_value_is_gone_from_every_file_and_the_log_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    written(&path).await;
    let erasure = |leaf, field: &str| Erasure {
        leaf,
        field: field.into(),
        by: "ann".into(),
        because: "asked to".into(),
        at: Timestamp::from_millis(5),
    };
    let salt = {
        let rows = SqliteJournal::open_read_only(&path).unwrap().audit_rows().unwrap();
        let mut salt = [0; 16];
        let mut keep = |row: &selfheal_core::audit::Row<'_>| {
            let openings = Openings::decode(row.openings).unwrap();
            salt = openings.iter().find(|opening| opening.name == "detail").unwrap().salt.0;
            true
        };
        rows.read(1..2, &mut keep).unwrap();
        salt
    };
    let journal = open(&path);
    journal.erase(&erasure(1, "detail")).await.unwrap();
    journal.erase(&erasure(1, "detail")).await.unwrap();
    let wal = std::fs::read(folder.path().join("journal.db-wal")).unwrap();
    let database = std::fs::read(&path).unwrap();
    for (name, file) in [("log", wal), ("file", database)] {
        assert!(!file.windows(16).any(|bytes| bytes == salt), "the salt is still in the {name}");
    }
    let refused =
        [(99, "detail", ErrorKind::NotFound), (1, "nothing", ErrorKind::NotFound), (10, "by", ErrorKind::Invalid)];
    for (leaf, field, kind) in refused {
        assert_eq!(journal.erase(&erasure(leaf, field)).await.unwrap_err().kind(), kind);
    }
    drop(journal);
    let log = verified(&path).unwrap();
    assert_eq!((log.leaves, log.erased), (11, 1));
    assert!(checked(&path).is_ok());
}

#[tokio::test]
async fn a_long_history_is_signed_now_and_then() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(&folder.path().join("journal.db")));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..26 {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move { Story::new(&format!("inc-{number}")).go_on_times(journal.as_ref(), 10).await });
    }
    tasks.join_all().await;
    let signed = journal.newest_checkpoint().unwrap().unwrap().checkpoint().size;
    assert!((256..=260).contains(&signed), "signed {signed}");
}

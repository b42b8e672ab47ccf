//! What somebody with the file and without the key may try, so that a healer believes, repeats or forgets something.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use selfheal_core::audit::Erasure;
use selfheal_core::engine::Event;
use selfheal_core::error::ErrorKind;
use selfheal_core::ports::Journal;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::verify;
use selfheal_memory::journal::{Mismatch, SqliteJournal};

use story::{Story, copied, kill, open};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    /// A copy of the journal, with which one can do as one likes.
    fn fork(&self) -> PathBuf {
        let fork = self.0.path().join("fork");
        std::fs::create_dir(&fork).unwrap();
        copied(&self.journal(), &fork)
    }

    /// Changes the journal; `fork.…` are the tables of the fork.
    fn change(&self, sql: &str) {
        let connection = Connection::open(self.journal()).unwrap();
        connection.execute("ATTACH ?1 AS fork", [self.0.path().join("fork/journal.db").to_str().unwrap()]).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    fn mismatches(&self) -> Vec<Mismatch> {
        let rows = SqliteJournal::open_read_only(&self.journal()).unwrap().audit_rows().unwrap();
        let log = verify(&rows, None, &[]).unwrap();
        rows.cross_check(log.leaves).unwrap().err().unwrap_or_default()
    }

    fn unsigned(&self) -> u64 {
        let rows = SqliteJournal::open_read_only(&self.journal()).unwrap().audit_rows().unwrap();
        verify(&rows, None, &[]).unwrap().unsigned_tail
    }
}

fn erasure(leaf: u64, field: &str) -> Erasure {
    let (field, by, because) = (field.to_owned(), "ann".to_owned(), "asked to".to_owned());
    Erasure { leaf, field, by, because, at: Timestamp::from_millis(5) }
}

#[tokio::test]
async fn a_record_at_a_leaf_that_speaks_of_something_else_is_refused() {
    let place = Place::new();
    let mut story = Story::new("inc-1");
    let journal = open(&place.journal());
    story.go_on_times(&journal, 3).await;
    drop(journal);
    // In the fork the next leaf is that of a record, in the journal that of an erasure.
    let fork = open(&place.fork());
    Story { lease: story.lease.clone(), state: story.state.clone(), records: story.records.clone() }
        .go_on(&fork)
        .await
        .unwrap();
    drop(fork);
    let journal = open(&place.journal());
    journal.erase(&erasure(1, "detail")).await.unwrap();
    drop(journal);
    assert_eq!(place.mismatches(), []);
    place.change(
        "INSERT INTO records SELECT * FROM fork.records WHERE leaf = 3;
        REPLACE INTO standings SELECT * FROM fork.standings;",
    );
    let journal = SqliteJournal::open_read_only(&place.journal()).unwrap();
    let error = journal.read(story.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let unknown = Mismatch::Unknown { leaf: 3, incident: "inc-1".to_owned(), sequence: 3 };
    assert!(place.mismatches().contains(&unknown), "{:?}", place.mismatches());
}

#[tokio::test]
async fn an_open_incident_does_not_pass_for_one_that_was_closed() {
    let place = Place::new();
    let mut story = Story::new("inc-1");
    let journal = open(&place.journal());
    story.go_on_times(&journal, 2).await;
    drop(journal);
    let fork = open(&place.fork());
    let mut closed = Story { lease: story.lease.clone(), state: story.state.clone(), records: story.records.clone() };
    closed.close(&fork).await.unwrap();
    drop(fork);
    let journal = open(&place.journal());
    story.go_on(&journal).await.unwrap();
    drop(journal);
    assert_eq!(place.mismatches(), []);
    // As many records, the same time, and a checksum that is right.
    place.change("REPLACE INTO standings SELECT * FROM fork.standings; UPDATE incidents SET open = 0;");
    let standing = Mismatch::Standing { incident: "inc-1".to_owned() };
    assert_eq!(place.mismatches(), [standing]);
}

#[tokio::test]
async fn what_stands_for_an_effect_or_a_take_over_is_signed_with_it() {
    let place = Place::new();
    let journal = open(&place.journal());
    let mut story = Story::new("inc-1");
    story.go_on(&journal).await.unwrap();
    story.tell(&journal, Event::Recalled(None)).await.unwrap();
    assert_eq!(place.unsigned(), 2, "on these nothing is done that could be done twice");
    story.go_on(&journal).await.unwrap();
    assert_eq!(place.unsigned(), 0, "another worker took over");
    kill(journal);
}

#[tokio::test]
async fn an_incident_whose_snapshot_was_taken_is_missing() {
    let place = Place::new();
    let journal = open(&place.journal());
    let mut story = Story::new("inc-1");
    story.go_on_times(&journal, 3).await;
    journal.compact(&story.snapshot()).await.unwrap();
    drop(journal);
    place.fork();
    assert_eq!(place.mismatches(), []);
    place.change("DELETE FROM snapshots; DELETE FROM standings; DELETE FROM incidents;");
    assert_eq!(place.mismatches(), [Mismatch::Missing { incident: "inc-1".to_owned(), last: 2 }]);
}

#[tokio::test]
async fn what_ties_a_record_to_its_leaf_is_never_erased() {
    let place = Place::new();
    let journal = open(&place.journal());
    let mut story = Story::new("inc-1");
    story.go_on_times(&journal, 3).await;
    journal.compact(&story.snapshot()).await.unwrap();
    for (leaf, field) in
        [(1, "record"), (1, "incident"), (1, "sequence"), (1, "event"), (3, "snapshot"), (3, "records"), (3, "by")]
    {
        let error = journal.erase(&erasure(leaf, field)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{field}: {error}");
    }
    journal.erase(&erasure(1, "by")).await.unwrap();
}

fn contains(path: &Path, text: &[u8]) -> bool {
    let in_file = |path: &Path| std::fs::read(path).unwrap_or_default().windows(text.len()).any(|bytes| bytes == text);
    in_file(path) || in_file(&PathBuf::from(format!("{}-wal", path.display())))
}

#[tokio::test]
async fn what_is_erased_under_a_readers_eyes_is_overwritten_when_it_is_done() {
    let place = Place::new();
    let journal = open(&place.journal());
    let mut story = Story::new("inc-1");
    story.go_on_times(&journal, 2).await;
    let reader = Connection::open(place.journal()).unwrap();
    let salt: Vec<u8> = reader
        .query_row("SELECT encoding FROM audit_openings WHERE leaf = 1", [], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    // `by` is the second field: version, number, then a length, the name and its salt.
    let at = salt.windows(3).position(|bytes| bytes == b"\x02by").unwrap() + 3;
    let salt = &salt[at..at + 16];
    reader.execute_batch("BEGIN; SELECT count(*) FROM audit_openings").unwrap();
    let looked: i64 = reader.query_row("SELECT count(*) FROM audit_openings", [], |row| row.get(0)).unwrap();
    assert_eq!(looked, 2);
    let asked = std::time::Instant::now();
    journal.erase(&erasure(1, "by")).await.unwrap();
    assert!(asked.elapsed().as_secs() < 5, "a reader held the only writer up for {:?}", asked.elapsed());
    assert!(!journal.has_overwritten());
    assert!(contains(&place.journal(), salt));
    reader.execute_batch("COMMIT").unwrap();
    drop(journal);
    assert!(!contains(&place.journal(), salt));
}

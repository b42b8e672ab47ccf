//! The store's log: exported, erased from, and held against a witness.

use std::sync::Arc;

use selfheal_core::audit::{Erasure, Openings, SignedCheckpoint, Witness};
use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::ports::{Journal, Snapshot};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{AuditRows, Export, FileWitness, verify};
use selfheal_memory::postgres::PostgresJournal;

use crate::scene::{LONG, Store, Story, claim, key};
use crate::server::Server;

/// A store with an incident of three records, closed.
async fn told(server: &Server) -> (Store, PostgresJournal, Story) {
    let store = Store::new(server);
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    story.goes_on(&journal).await.unwrap();
    story.closes(&journal).await;
    (store, journal, story)
}

/// Whether the log is what `witnessed` has seen.
async fn verifies(journal: &PostgresJournal, witnessed: &SignedCheckpoint) -> bool {
    let rows = journal.audit_rows().await.unwrap();
    let witnessed = vec![witnessed.as_str().to_owned()];
    tokio::task::spawn_blocking(move || verify(&rows, Some(&key().public()), &witnessed).is_ok()).await.unwrap()
}

#[tokio::test]
async fn an_export_verifies_without_the_database() {
    let Some(server) = Server::shared() else { return };
    let (_store, journal, story) = told(&server).await;
    journal.compact(&snapshot(&story)).await.unwrap();
    journal.forget(story.id()).await.unwrap();
    journal.forget(story.id()).await.unwrap();
    journal.checkpoint().await.unwrap();

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), journal.export(Vec::new()).await.unwrap()).unwrap();
    let export = Export::open(file.path()).unwrap();
    let verified = verify(&export, Some(&key().public()), &[]).unwrap();
    assert_eq!((verified.leaves, verified.unsigned_tail), (5, 0), "three records, a compaction, one forgetting");
    let mut said = Vec::new();
    let collect = &mut |row: &selfheal_core::audit::Row<'_>| {
        let openings = Openings::decode(row.openings).unwrap();
        said.push(openings.value("event").unwrap().to_owned());
        true
    };
    export.read(0..5, collect).unwrap();
    let tidying = Erasure {
        leaf: 3,
        field: "records".to_owned(),
        by: "ada".to_owned(),
        because: "a try".to_owned(),
        at: Timestamp::from_millis(9_000),
    };
    assert_eq!(journal.erase(&tidying).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(said, ["opened", "resumed", "cancelled", "compacted", "forgotten"]);
}

fn snapshot(story: &Story) -> Snapshot {
    Snapshot { records: story.records.len() as u64, at: story.records[2].at, state: story.state().clone() }
}

#[tokio::test]
async fn whatever_is_changed_behind_its_back_no_longer_verifies() {
    let Some(server) = Server::shared() else { return };
    let (store, journal, _) = told(&server).await;
    let witnessed = journal.newest_checkpoint().await.unwrap().unwrap();
    const TABLES: [&str; 5] = ["audit_leaves", "audit_openings", "audit_head", "audit_checkpoints", "audit_key"];
    store.sql(&TABLES.map(|table| format!("CREATE TABLE saved_{table} AS TABLE {table};")).concat()).await;
    let restore = TABLES.map(|table| format!("DELETE FROM {table}; INSERT INTO {table} TABLE saved_{table};")).concat();
    for change in [
        "UPDATE audit_leaves SET hash = sha256(hash) WHERE leaf = 1",
        "UPDATE audit_leaves SET encoding = encoding || '\\x00' WHERE leaf = 1",
        "UPDATE audit_leaves SET leaf = -1 WHERE leaf = 2",
        "DELETE FROM audit_leaves WHERE leaf = 1",
        "DELETE FROM audit_openings WHERE leaf = 1",
        "INSERT INTO audit_openings VALUES (7, '\\x0100')",
        "UPDATE audit_head SET head = set_byte(head, 5, get_byte(head, 5) # 1)",
        "DELETE FROM audit_head",
        "DELETE FROM audit_checkpoints",
        "UPDATE audit_checkpoints SET place = place + 30",
        "UPDATE audit_checkpoints SET note = replace(note, 'example', 'another')",
        "UPDATE audit_key SET key = replace(key, 'example', 'another')",
        "DELETE FROM audit_key",
    ] {
        assert!(verifies(&journal, &witnessed).await, "before {change}");
        store.sql(change).await;
        assert!(!verifies(&journal, &witnessed).await, "{change}");
        store.sql(&restore).await;
    }
}

#[tokio::test]
async fn what_is_erased_is_gone_and_the_log_still_verifies() {
    let Some(server) = Server::shared() else { return };
    let (_store, journal, story) = told(&server).await;
    let erasure = |leaf, field: &str| Erasure {
        leaf,
        field: field.to_owned(),
        by: "ada".to_owned(),
        because: "asked for by the person concerned".to_owned(),
        at: Timestamp::from_millis(9_000),
    };
    journal.erase(&erasure(0, "detail")).await.unwrap();
    journal.erase(&erasure(0, "detail")).await.unwrap();
    let rows = journal.audit_rows().await.unwrap();
    let verified = tokio::task::spawn_blocking(move || verify(&rows, None, &[])).await.unwrap().unwrap();
    assert_eq!((verified.leaves, verified.erased, verified.unsigned_tail), (4, 1, 0));
    let refused = async |leaf, field| journal.erase(&erasure(leaf, field)).await.unwrap_err().kind();
    assert_eq!(refused(0, "nothing").await, ErrorKind::NotFound);
    assert_eq!(refused(99, "detail").await, ErrorKind::NotFound);
    assert_eq!(refused(1, "record").await, ErrorKind::Invalid, "what ties the record to its leaf");
    assert_eq!(refused(3, "because").await, ErrorKind::Invalid, "an erasure itself");
    assert_eq!(story.read(&journal).await, story.records, "the journal is not the log");
}

#[tokio::test]
async fn a_witness_sees_every_checkpoint_and_a_store_that_lost_one_is_refused() {
    let Some(server) = Server::shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let witness = Arc::new(FileWitness::new(dir.path().join("checkpoints")));
    let store = Store::new(&server);
    let connect =
        async || PostgresJournal::connect(&store.url, key(), Some(witness.clone()), store.options.clone()).await;
    let journal = connect().await.unwrap();
    let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    story.closes(&journal).await;
    Story::begun(&journal, "inc-2", &claim("w", LONG)).await;
    journal.close().await.unwrap();
    let newest = journal.newest_checkpoint().await.unwrap().unwrap();
    assert_eq!(newest.checkpoint().size, 3);
    assert_eq!(witness.newest().unwrap(), Some(newest), "closing waits for the witness");

    // Signed with the same key, and another log all the same.
    let other = Store::new(&server).open().await;
    let mut else_told = Story::begun(&other, "inc-3", &claim("w", LONG)).await;
    else_told.goes_on(&other).await.unwrap();
    else_told.closes(&other).await;
    let note = other.newest_checkpoint().await.unwrap().unwrap();
    store.sql("CREATE TABLE saved AS TABLE audit_checkpoints").await;
    let note = note.as_str().replace('\'', "''");
    store.sql(&format!("UPDATE audit_checkpoints SET note = '{note}' WHERE place = 1")).await;
    let error = connect().await.expect_err("it was opened");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    store.sql("DELETE FROM audit_checkpoints; INSERT INTO audit_checkpoints TABLE saved; DROP TABLE saved").await;
    drop(connect().await.unwrap());

    store.sql("DELETE FROM audit_checkpoints WHERE place = 1").await;
    let error = connect().await.expect_err("it was opened");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn a_witness_that_never_answers_holds_nobody_up() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let witness = Some(Arc::new(Silent) as Arc<dyn Witness>);
    let journal = PostgresJournal::connect(&store.url, key(), witness, store.options.clone()).await.unwrap();
    let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    story.goes_on(&journal).await.unwrap();
    story.closes(&journal).await;
    assert_eq!(story.read(&journal).await, story.records);
}

/// A witness that takes for ever.
struct Silent;

#[async_trait::async_trait]
impl Witness for Silent {
    async fn witness(&self, _: &SignedCheckpoint) -> Result<()> {
        std::future::pending().await
    }

    async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_journal_that_the_log_does_not_speak_of_is_neither_read_nor_exported() {
    let Some(server) = Server::shared() else { return };
    let (store, journal, story) = told(&server).await;
    let erasure = Erasure {
        leaf: 1,
        field: "detail".to_owned(),
        by: "ada".to_owned(),
        because: "asked for".to_owned(),
        at: Timestamp::from_millis(9_000),
    };
    journal.erase(&erasure).await.unwrap();
    assert!(journal.export(Vec::new()).await.is_ok());
    const TABLES: [&str; 2] = ["incidents", "records"];
    store.sql(&TABLES.map(|table| format!("CREATE TABLE saved_{table} AS TABLE {table};")).concat()).await;
    let restore = TABLES.map(|table| format!("DELETE FROM {table}; INSERT INTO {table} TABLE saved_{table};")).concat();
    let forged = "INSERT INTO records SELECT incident, 3, 3, record FROM records WHERE sequence = 1;
        UPDATE incidents SET records = 4, last_leaf = 3, standing = replace(standing, '\"records\":3', '\"records\":4')";
    for (change, is_read) in [
        (forged, false),
        ("UPDATE records SET record = replace(record, '\"w\"', '\"v\"') WHERE sequence = 1", false),
        ("UPDATE records SET leaf = 3 WHERE sequence = 1", false),
        ("DELETE FROM records WHERE sequence = 1", false),
        ("DELETE FROM incidents", false),
        ("DELETE FROM records; DELETE FROM incidents", true),
        ("UPDATE incidents SET standing = replace(standing, 'interrupted', 'healed')", true),
        ("UPDATE incidents SET wake_at_ms = 1", true),
        ("UPDATE incidents SET resource = resource + 1", true),
        ("UPDATE incidents SET last_leaf = 1", true),
    ] {
        store.sql(change).await;
        let error = journal.export(Vec::new()).await.expect_err(change);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{change}: {error}");
        assert_eq!(journal.read(story.id()).await.is_ok(), is_read, "{change}");
        store.sql(&restore).await;
    }
    assert!(journal.export(Vec::new()).await.is_ok());
}

//! The store's log: exported, erased from, and held against a witness.

use std::sync::Arc;

use selfheal_core::audit::{Erasure, Openings, SignedCheckpoint};
use selfheal_core::error::ErrorKind;
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
        "UPDATE audit_checkpoints SET place = 3",
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
    journal.checkpoint().await.unwrap();
    let seen = witness.all().unwrap();
    assert_eq!(seen.len(), 2, "one when the incident closed, one that was asked for");
    let newest = journal.newest_checkpoint().await.unwrap().unwrap();
    assert_eq!((newest.as_str(), newest.checkpoint().size), (seen[1].as_str(), 3));

    store.sql("DELETE FROM audit_checkpoints WHERE place = 1").await;
    let error = connect().await.expect_err("it was opened");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

//! A store that an older version of this program wrote.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::path::Path;

use rusqlite::Connection;
use selfheal_core::error::ErrorKind;
use selfheal_core::ports::{Journal, Note, Stream};
use selfheal_core::time::Timestamp;
use selfheal_memory::journal::CrossChecked;
use selfheal_memory::{Store, StoreOptions};

use story::Story;

/// The tables of version 1, which is what that version made.
const V1: &str = include_str!("../src/journal/sqlite/v1.sql");

/// Makes of the journal at `path` one of version 1 with the same incidents and the same log.
fn downgrade(path: &Path) {
    let (newer, old) = (path.with_extension("newer"), Connection::open(path).unwrap());
    // All of it in the one file.
    old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(old);
    std::fs::rename(path, &newer).unwrap();
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(V1).unwrap();
    connection.execute("ATTACH ?1 AS newer", [newer.to_str().unwrap()]).unwrap();
    let tables = "SELECT name, (SELECT group_concat(c.name) FROM pragma_table_info(t.name, 'main') c)
        FROM main.sqlite_schema t WHERE type = 'table'";
    let tables: Vec<(String, String)> = {
        let mut statement = connection.prepare(tables).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.map(Result::unwrap).collect()
    };
    for (table, columns) in tables {
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}");
        connection.execute(&copy, []).unwrap();
    }
    connection.execute_batch("PRAGMA application_id = 0x73686a6c; PRAGMA user_version = 1").unwrap();
}

#[tokio::test]
async fn what_version_1_wrote_goes_on_with_a_ledger() {
    let home = tempfile::tempdir().unwrap();
    let (folder, options) = (home.path().join("store"), StoreOptions::new(home.path().join("key")));
    let mut story = Story::new("inc-1");
    {
        let store = Store::open(&folder, &options).unwrap();
        story.go_on_times(store.journal().as_ref(), 3).await;
    }
    downgrade(&folder.join("journal.db"));

    let unread = Store::open_read_only(&folder).err().unwrap();
    assert_eq!(unread.kind(), ErrorKind::Invalid, "{unread}");
    assert!(unread.to_string().contains("version 1"), "{unread}");
    Store::check(&folder, &options).unwrap();
    {
        let store = Store::open(&folder, &options).unwrap();
        let journal = store.journal();
        assert_eq!(Journal::read(journal.as_ref(), story.id()).await.unwrap().records, story.records);
        story.go_on(journal.as_ref()).await.unwrap();
        journal.wake(story.id()).await.unwrap();
        store.ledger().append(&Stream::runs("nightly"), 0, Timestamp::from_millis(1), &Note::RunFailed).await.unwrap();
    }
    let verified = Store::verify_audit(&folder, None, None).unwrap();
    assert_eq!(verified.journal, CrossChecked { records: 4, entries: 1, ..CrossChecked::default() });
}

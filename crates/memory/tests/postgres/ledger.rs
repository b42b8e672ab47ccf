//! The ledger beside the journal: vouched for by the same log, and stored once whatever breaks.

use std::time::Duration;

use selfheal_core::error::{ErrorKind, Result, Retry};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Entry, Journal, Ledger, Note, Stream, Switched};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::verify;
use selfheal_memory::journal::{CrossChecked, Mismatch};
use selfheal_memory::postgres::PostgresJournal;

use crate::proxy::{Fault, Proxy};
use crate::scene::{LONG, Store, Story, claim, key};
use crate::server::Server;

fn paused(by: &str) -> Note {
    Note::Paused { environment: None, switched: Switched { by: by.into(), because: "a deploy".into() } }
}

async fn noted(journal: &PostgresJournal, stream: &Stream, expected: u64) -> Result<()> {
    Ledger::append(journal, stream, expected, Timestamp::from_millis(10 + expected), &paused("ann")).await
}

async fn entries(journal: &PostgresJournal, stream: &Stream) -> Result<Vec<Entry>> {
    Ledger::read(journal, stream, 0, 100).await
}

/// The journal and its ledger against the log, which verifies.
async fn checked(journal: &PostgresJournal) -> Result<CrossChecked, Vec<Mismatch>> {
    let rows = journal.audit_rows().await.unwrap();
    let check = move || {
        verify(&rows, Some(&key().public()), &[]).unwrap();
        rows.cross_check().unwrap()
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}

/// A store with a closed incident, two entries of its approvals and three of switches.
async fn told(server: &Server) -> (Store, PostgresJournal, Story) {
    let store = Store::new(server);
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    story.closes(&journal).await;
    for (stream, count) in [(Stream::approvals(story.id()), 2), (Stream::switches(), 3)] {
        for place in 0..count {
            noted(&journal, &stream, place).await.unwrap();
        }
    }
    (store, journal, story)
}

#[tokio::test]
async fn whatever_is_changed_in_the_ledgers_tables_is_found() {
    let Some(server) = Server::shared() else { return };
    let (store, journal, _) = told(&server).await;
    assert_eq!(checked(&journal).await.unwrap(), CrossChecked { records: 2, entries: 5, ..CrossChecked::default() });
    const TABLES: [&str; 2] = ["streams", "entries"];
    store.sql(&TABLES.map(|table| format!("CREATE TABLE saved_{table} AS TABLE {table};")).concat()).await;
    let restore = TABLES.map(|table| format!("DELETE FROM {table}; INSERT INTO {table} TABLE saved_{table};")).concat();
    for (change, is_read) in [
        ("UPDATE entries SET entry = replace(entry, 'deploy', 'holiday') WHERE leaf = 5", false),
        ("UPDATE entries SET leaf = 1 WHERE leaf = 5", false),
        ("UPDATE entries SET leaf = 99 WHERE leaf = 5", false),
        ("DELETE FROM entries WHERE leaf = 5", false),
        ("DELETE FROM entries WHERE leaf = 6", false),
        ("UPDATE streams SET length = 4 WHERE stream = 'switches'", false),
        // Nothing that is there is wrong: only the log knows what was.
        ("UPDATE entries SET at_ms = 1 WHERE leaf = 5", true),
        ("DELETE FROM entries WHERE leaf = 6; UPDATE streams SET length = 2 WHERE stream = 'switches'", true),
        ("DELETE FROM entries WHERE leaf = 4; UPDATE streams SET dropped = 1 WHERE stream = 'switches'", true),
        ("DELETE FROM entries WHERE stream = 'switches'; DELETE FROM streams WHERE stream = 'switches'", true),
        ("INSERT INTO streams VALUES ('invented', 0, 0)", true),
        ("INSERT INTO entries SELECT 'invented', 0, 6, at_ms, entry FROM entries WHERE leaf = 6", true),
    ] {
        store.sql(change).await;
        assert!(checked(&journal).await.is_err(), "not found: {change}");
        let read = entries(&journal, &Stream::switches()).await;
        assert_eq!(read.is_ok(), is_read, "{change}: {read:?}");
        store.sql(&restore).await;
    }
    assert!(checked(&journal).await.is_ok());
}

#[tokio::test]
async fn what_was_dropped_or_forgotten_is_told_from_what_was_taken() {
    let Some(server) = Server::shared() else { return };
    let (store, journal, story) = told(&server).await;
    Ledger::forget(&journal, &Stream::switches(), Timestamp::from_millis(11)).await.unwrap();
    Ledger::forget(&journal, &Stream::switches(), Timestamp::from_millis(11)).await.unwrap();
    Journal::forget(&journal, story.id()).await.unwrap();
    assert_eq!(checked(&journal).await.unwrap(), CrossChecked { entries: 2, tidied: 5, ..CrossChecked::default() });
    assert_eq!(entries(&journal, &Stream::approvals(story.id())).await.unwrap(), []);
    assert_eq!(Ledger::len(&journal, &Stream::approvals(story.id())).await.unwrap(), 2);

    store.sql("DELETE FROM entries WHERE leaf = 6; UPDATE streams SET dropped = 3 WHERE stream = 'switches'").await;
    assert_eq!(checked(&journal).await, Err(vec![Mismatch::MissingEntry { stream: "switches".into(), last: 2 }]));
}

#[tokio::test]
async fn an_entry_whose_connection_breaks_is_stored_exactly_once() {
    let Some(server) = Server::shared() else { return };
    for fault in [Fault::Unheard, Fault::UnheardCommit, Fault::UnansweredCommit] {
        let mut store = Store::new(&server);
        let direct = store.open().await;
        let proxy = Proxy::new(server.socket_directory());
        store.url = proxy.url(&store.url);
        let journal = store.open().await;
        noted(&journal, &Stream::switches(), 0).await.unwrap();

        proxy.next(fault);
        noted(&journal, &Stream::switches(), 1).await.unwrap();
        assert!(proxy.has_struck(), "{fault:?}: nothing broke");
        noted(&journal, &Stream::switches(), 2).await.unwrap();

        assert_eq!(entries(&direct, &Stream::switches()).await.unwrap().len(), 3, "{fault:?}");
        assert_eq!(checked(&direct).await.unwrap().entries, 3, "{fault:?}");
    }
}

#[tokio::test]
async fn who_says_the_same_as_one_whose_connection_broke_is_another_all_the_same() {
    let Some(server) = Server::shared() else { return };
    let mut store = Store::new(&server);
    let direct = store.open().await;
    let proxy = Proxy::new(server.socket_directory());
    store.url = proxy.url(&store.url);
    store.options.statement_timeout = Duration::from_millis(200);
    let journal = store.open().await;
    noted(&journal, &Stream::switches(), 0).await.unwrap();

    // The first commit never arrives, and before it is sent again another says just the same.
    proxy.next(Fault::StuckCommit);
    let switches = Stream::switches();
    let twin = async {
        while !proxy.has_struck() {
            tokio::task::yield_now().await;
        }
        noted(&direct, &switches, 1).await
    };
    let (broken, twin) = tokio::join!(noted(&journal, &switches, 1), twin);
    twin.unwrap();
    assert_eq!(broken.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(checked(&direct).await.unwrap().entries, 2);
}

#[tokio::test]
async fn who_cannot_find_out_what_became_of_an_entry_says_so() {
    let Some(server) = Server::start() else { return };
    let mut store = Store::new(&server);
    store.options.settle_within = Duration::ZERO;
    let proxy = Proxy::new(server.socket_directory());
    store.url = proxy.url(&store.url);
    let journal = store.open().await;
    noted(&journal, &Stream::switches(), 0).await.unwrap();
    proxy.next(Fault::UnansweredCommit);
    let unknown = noted(&journal, &Stream::switches(), 1).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.retry()), (ErrorKind::Unavailable, Retry::UnknownOutcome), "{unknown}");
    assert_eq!(Ledger::len(&journal, &Stream::switches()).await.unwrap(), 2, "it had been stored");
}

#[tokio::test]
async fn who_opened_it_to_read_notes_nothing() {
    let Some(server) = Server::shared() else { return };
    let (store, _, _) = told(&server).await;
    let journal = PostgresJournal::connect_read_only(&store.url, store.options.clone()).await.unwrap();
    assert_eq!(entries(&journal, &Stream::switches()).await.unwrap().len(), 3);
    let refused = [
        noted(&journal, &Stream::switches(), 3).await,
        Ledger::forget(&journal, &Stream::switches(), Timestamp::from_millis(99)).await,
        journal.wake(&IncidentId::new("inc-1")).await,
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Forbidden);
    }
}

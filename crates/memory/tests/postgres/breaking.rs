//! Connections that break, and a server that dies.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::ports::Journal;
use selfheal_memory::audit::verify;
use selfheal_memory::postgres::PostgresJournal;

use crate::proxy::{Fault, Proxy};
use crate::scene::{LONG, Store, Story, claim};
use crate::server::Server;

async fn leaves_that_verify(journal: &PostgresJournal) -> u64 {
    let rows = journal.audit_rows().await.unwrap();
    tokio::task::spawn_blocking(move || verify(&rows, None, &[])).await.unwrap().unwrap().leaves
}

#[tokio::test]
async fn an_append_whose_connection_breaks_is_stored_exactly_once() {
    let Some(server) = Server::shared() else { return };
    for fault in [Fault::Unheard, Fault::Unanswered, Fault::Late] {
        let mut store = Store::new(&server);
        let direct = store.open().await;
        let proxy = Proxy::new(server.socket_directory());
        store.url = proxy.url(&store.url);
        let journal = store.open().await;
        let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
        story.goes_on(&journal).await.unwrap();

        proxy.next(fault);
        story.goes_on(&journal).await.unwrap();
        assert!(proxy.has_struck(), "{fault:?}: nothing broke");
        if fault == Fault::Late {
            proxy.deliver().await;
        }
        story.goes_on(&journal).await.unwrap();

        assert_eq!(story.read(&direct).await, story.records, "{fault:?}");
        assert_eq!(leaves_that_verify(&direct).await, 4, "{fault:?}");
    }
}

#[tokio::test]
async fn a_broken_append_is_a_conflict_if_another_worker_took_over_meanwhile() {
    let Some(server) = Server::shared() else { return };
    let mut store = Store::new(&server);
    let direct = store.open().await;
    let proxy = Proxy::new(server.socket_directory());
    store.url = proxy.url(&store.url);
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-1", &claim("w", Duration::ZERO)).await;
    story.goes_on(&journal).await.unwrap();
    direct.lease(story.id(), &claim("other", LONG)).await.unwrap();

    proxy.next(Fault::Unanswered);
    assert_eq!(story.goes_on(&journal).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(proxy.has_struck());
    assert_eq!(story.read(&direct).await, story.records);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_keeps_every_acknowledged_record_once() {
    let Some(server) = Server::start().map(Arc::new) else { return };
    let store = Store::new(&server);
    let journal = store.open().await;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let worker = |number: u32| {
        let (journal, stop) = (journal.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut story = Story::new(&format!("inc-{number}"), &claim("w", LONG));
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                story.goes_on(&journal).await.unwrap();
            }
            story
        })
    };
    let workers: Vec<_> = (0..8).map(worker).collect();
    for _ in 0..3 {
        let before = store.number("SELECT count(*) FROM audit_leaves").await;
        while store.number("SELECT count(*) FROM audit_leaves").await < before + 50 {}
        let server = Arc::clone(&server);
        let die = move || {
            server.kill();
            server.restart();
        };
        tokio::task::spawn_blocking(die).await.unwrap();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut acknowledged = 0;
    for worker in workers {
        let story = worker.await.unwrap();
        assert_eq!(story.read(&journal).await, story.records);
        acknowledged += story.records.len() as u64;
    }
    assert_eq!(leaves_that_verify(&journal).await, acknowledged);
}

#[tokio::test]
async fn who_cannot_find_out_what_became_of_an_append_says_so() {
    let Some(server) = Server::start() else { return };
    let mut store = Store::new(&server);
    store.options.settle_within = Duration::ZERO;
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-1", &claim("w", LONG)).await;
    story.goes_on(&journal).await.unwrap();
    server.kill();

    let unknown = story.goes_on(&journal).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.retry()), (ErrorKind::Unavailable, Retry::UnknownOutcome), "{unknown}");
    let unreachable = story.goes_on(&journal).await.unwrap_err();
    assert_eq!((unreachable.kind(), unreachable.retry()), (ErrorKind::Unavailable, Retry::Retryable), "{unreachable}");

    server.restart();
    assert_eq!(story.read(&journal).await, story.records, "it had not been stored");
    story.goes_on(&journal).await.unwrap();
}

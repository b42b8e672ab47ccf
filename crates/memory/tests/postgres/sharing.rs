//! Several workers on one store.

use std::collections::BTreeSet;
use std::time::Duration;

use selfheal_core::error::ErrorKind;
use selfheal_core::ports::Journal;
use selfheal_memory::audit::verify;

use crate::proxy::{Fault, Proxy};
use crate::scene::{LONG, Store, Story, claim};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_that_pick_up_at_once_never_get_the_same_incident() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let (one, two) = (store.open().await, store.open().await);
    let gone = claim("gone", Duration::ZERO);
    for number in 0..60 {
        Story::begun(&one, &format!("inc-{number:03}"), &gone).await;
    }
    let take = async |journal: &dyn Journal, worker: &str| {
        let mut taken = Vec::new();
        loop {
            let leases = journal.pick_up(&claim(worker, LONG), 3).await.unwrap();
            if leases.is_empty() {
                return taken;
            }
            taken.extend(leases.into_iter().map(|lease| lease.incident));
        }
    };
    let (first, second) = tokio::join!(take(&one, "one"), take(&two, "two"));
    let together: BTreeSet<_> = first.iter().chain(&second).collect();
    assert_eq!((together.len(), first.len() + second.len()), (60, 60), "each was picked up by exactly one");
}

#[tokio::test]
async fn a_paused_worker_that_wakes_up_is_fenced_off() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let (paused, other) = (store.open().await, store.open().await);
    let mut story = Story::begun(&paused, "inc-1", &claim("paused", Duration::ZERO)).await;
    story.goes_on(&paused).await.unwrap();

    let taken = other.pick_up(&claim("other", LONG), 1).await.unwrap();
    assert_eq!((taken[0].incident.as_str(), taken[0].epoch), ("inc-1", 2));

    let late = story.goes_on(&paused).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict, "{late}");
    assert_eq!(paused.renew(&story.lease).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(story.read(&other).await, story.records, "the late record was stored");
    story.lease = taken[0].clone();
    story.goes_on(&other).await.unwrap();
}

#[tokio::test]
async fn leases_expire_by_the_servers_clock_and_appends_renew_them() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let (holder, other) = (store.open().await, store.open().await);
    let at = async |second: u64| {
        let clock = "CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql AS";
        store.sql(&format!("{clock} 'SELECT {second}000::bigint'")).await;
    };
    let asked = claim("other", Duration::from_secs(30));
    at(100).await;
    let mut story = Story::begun(&holder, "inc-1", &claim("holder", Duration::from_secs(30))).await;
    at(120).await;
    story.goes_on(&holder).await.unwrap();
    at(149).await;
    assert_eq!(other.lease(story.id(), &asked).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(other.pick_up(&asked, 9).await.unwrap(), []);
    at(150).await;
    assert_eq!(other.pick_up(&asked, 9).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_all_workers_make_one_chain() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let (one, two) = (store.open().await, store.open().await);
    let work = async |journal, worker: &str| {
        let works = (0..20).map(|number| live(journal, format!("{worker}-{number}")));
        futures_util::future::join_all(works).await;
    };
    tokio::join!(work(&one, "one"), work(&two, "two"));
    let rows = one.audit_rows().await.unwrap();
    let verified = tokio::task::spawn_blocking(move || verify(&rows, None, &[])).await.unwrap().unwrap();
    assert_eq!(verified.leaves, 2 * 20 * 6);
    assert!(verified.checkpoints > 0, "incidents closed and nothing was signed");
}

/// An incident of six records.
async fn live(journal: &selfheal_memory::postgres::PostgresJournal, id: String) {
    let mut story = Story::begun(journal, &id, &claim("w", LONG)).await;
    for _ in 0..4 {
        story.goes_on(journal).await.unwrap();
    }
    story.closes(journal).await;
    assert_eq!(story.read(journal).await, story.records);
}

#[tokio::test]
async fn a_worker_that_stops_while_it_holds_the_log_does_not_hold_up_the_others() {
    let Some(server) = Server::shared() else { return };
    let mut store = Store::new(&server);
    let other = store.open().await;
    let proxy = Proxy::new(server.socket_directory());
    store.url = proxy.url(&store.url);
    store.options.statement_timeout = Duration::from_millis(200);
    let stopping = store.open().await;
    // The first append of a worker holds the log for a transaction.
    proxy.next(Fault::StuckCommit);
    let claimed = claim("stopping", LONG);
    let stuck = Story::begun(&stopping, "inc-1", &claimed);
    let others = async {
        while !proxy.has_struck() {
            tokio::task::yield_now().await;
        }
        Story::begun(&other, "inc-2", &claim("other", LONG)).await
    };
    let (late, story) = tokio::join!(stuck, others);
    assert_eq!(story.read(&other).await, story.records);
    assert_eq!(late.read(&other).await, late.records, "once, when it went on");
}

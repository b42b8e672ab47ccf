//! How fast the journal appends on a real server, held against the disk, and what a million parked incidents cost:
//! `cargo bench -p selfheal-memory --features postgres --bench postgres`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a bench prints its figures, and fails like a test"
)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use selfheal_core::ports::{Journal, Query};
use selfheal_memory::postgres::PostgresJournal;

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/postgres/scene.rs"]
mod scene;
#[path = "../tests/common/postgres.rs"]
mod server;

use crate::scene::{LONG, Store, Story, claim};
use crate::server::Server;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let Some(server) = Server::shared() else { return };
    appends_per_second(&server).await;
    a_million_parked_incidents(&server).await;
}

const TIME: Duration = Duration::from_secs(3);

/// The floor: 4 KiB appended and synced, in the server's own directory.
fn syncs(dir: &Path) -> usize {
    let mut file = File::create(dir.join("floor")).unwrap();
    let until = Instant::now() + TIME;
    let mut syncs = 0;
    while Instant::now() < until {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    syncs
}

/// Appends to each of `together` incidents until the time is over; how many it were.
async fn append_for_a_while(journal: &PostgresJournal, prefix: &str, together: usize) -> usize {
    let until = Instant::now() + TIME;
    let work = async |number: usize| {
        let mut story = Story::new(&format!("inc-{prefix}-{number}"), &claim("w", LONG));
        while Instant::now() < until {
            story.goes_on(journal).await.unwrap();
        }
        story.records.len()
    };
    join_all((0..together).map(work)).await.into_iter().sum()
}

async fn appends_per_second(server: &Server) {
    let store = Store::new(server);
    let (one, two) = (store.open().await, store.open().await);
    let rate = |count: usize| count as f64 / TIME.as_secs_f64();
    eprintln!("4 KiB append and fdatasync: {:.0}/s", rate(syncs(server.socket_directory())));
    eprintln!("serial: {:.0}/s", rate(append_for_a_while(&one, "serial", 1).await));
    let before = wal_syncs(&store).await;
    let appends = append_for_a_while(&one, "many", 100).await;
    let syncs = wal_syncs(&store).await - before;
    eprintln!("100 in flight: {:.0}/s, {:.1} per sync", rate(appends), appends as f64 / syncs as f64);
    let (first, second) = tokio::join!(append_for_a_while(&one, "one", 50), append_for_a_while(&two, "two", 50));
    eprintln!("two workers, 50 in flight each: {:.0}/s", rate(first + second));
}

/// How often the server's log was synced, once it has counted.
async fn wal_syncs(store: &Store) -> i64 {
    // Sessions report what they did about once a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    store.number("SELECT wal_sync FROM pg_stat_wal").await
}

async fn a_million_parked_incidents(server: &Server) {
    let store = Store::new(server);
    let journal = store.open().await;
    let mut story = Story::begun(&journal, "inc-", &claim("w", Duration::ZERO)).await;
    for _ in 0..9 {
        story.goes_on(&journal).await.unwrap();
    }
    let copies = "INSERT INTO incidents SELECT incident || n, replace(standing, '\"inc-\"', '\"inc-' || n || '\"'),
            opened_at_ms, wake_at_ms, records, epoch, worker, lease_until_ms FROM incidents, generate_series(1, 999999) n;
        INSERT INTO records SELECT incident || n, sequence, leaf, record FROM records, generate_series(1, 2000) n; ANALYZE";
    store.sql(copies).await;
    let started = Instant::now();
    let (mut query, mut listed) = (Query::open(5_000), 0);
    loop {
        let page = journal.list(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        listed += page.len();
        query.after = Some((last.opened_at, last.incident.clone()));
    }
    eprintln!("{listed} listed in {:.1?}", started.elapsed());
    let started = Instant::now();
    let leases = journal.pick_up(&claim("x", LONG), 1_000).await.unwrap();
    eprintln!("{} picked up in {:.1?}", leases.len(), started.elapsed());
    let started = Instant::now();
    for lease in &leases {
        journal.read(&lease.incident).await.unwrap();
    }
    eprintln!("{} read in {:.1?}", leases.len(), started.elapsed());
}

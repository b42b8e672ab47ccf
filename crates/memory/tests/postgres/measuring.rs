//! How fast it appends, for people to look at: `cargo nextest run -p selfheal-memory --features postgres --release
//! --run-ignored only --no-capture`.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use selfheal_memory::postgres::PostgresJournal;

use crate::scene::{LONG, Store, Story, claim};
use crate::server::Server;

const TIME: Duration = Duration::from_secs(3);

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes ten seconds and measures"]
async fn appends_per_second() {
    let Some(server) = Server::shared() else { return };
    let store = Store::new(&server);
    let (one, two) = (store.open().await, store.open().await);
    let rate = |appends: usize| appends as f64 / TIME.as_secs_f64();
    eprintln!("serial: {:.0}/s", rate(append_for_a_while(&one, "serial", 1).await));
    eprintln!("100 in flight: {:.0}/s", rate(append_for_a_while(&one, "many", 100).await));
    let (first, second) = tokio::join!(append_for_a_while(&one, "one", 50), append_for_a_while(&two, "two", 50));
    eprintln!("two workers, 50 in flight each: {:.0}/s", rate(first + second));
}

//! The loop of a worker.

use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, PickedUp};
use selfheal_core::ports::{Journal, Query};
use selfheal_memory::postgres::PostgresJournal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

/// Between two looks at what is due: with the lease's length, how long a dead worker's incidents wait.
const PAUSE: Duration = Duration::from_millis(100);

/// Works off what is due, again and again: until SIGTERM, or until nothing was open for as long as `idle`.
///
/// After SIGTERM it picks up nothing more, and ends what it has in hand. Whoever can't wait for that kills it: the others go on
/// once its leases expire, and what was under way is looked at instead of done again.
pub(crate) async fn run(
    healer: &Orchestrator,
    journal: &PostgresJournal,
    idle: Option<Duration>,
) -> std::io::Result<()> {
    let drain = on_sigterm()?;
    let mut open_at = Instant::now();
    while !drain.is_cancelled() && idle.is_none_or(|idle| open_at.elapsed() < idle) {
        let open = round(healer, journal, &drain).await.unwrap_or_else(|error| {
            // It may be back soon. Nothing is lost meanwhile, and nothing held that others could work on.
            println!("the journal is out of reach: {error}");
            true
        });
        if open {
            open_at = Instant::now();
        }
        tokio::select! {
            () = drain.cancelled() => {}
            () = sleep(PAUSE) => {}
        }
    }
    Ok(())
}

fn on_sigterm() -> std::io::Result<Cancellation> {
    let (asked, mut terminate) = (Cancellation::new(), signal(SignalKind::terminate())?);
    let drain = asked.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        asked.cancel();
    });
    Ok(drain)
}

/// Whether anything is still open, here or with another worker.
async fn round(healer: &Orchestrator, journal: &PostgresJournal, drain: &Cancellation) -> Result<bool> {
    for done in healer.work_off(drain, &Cancellation::new()).await? {
        tell(&done);
    }
    Ok(!journal.list(&Query::open(1)).await?.is_empty())
}

fn tell(done: &PickedUp) {
    match &done.result {
        Ok(report) => println!("{}: {:?}", done.incident, report.state.phase),
        Err(error) => println!("{}: left to others: {error}", done.incident),
    }
}

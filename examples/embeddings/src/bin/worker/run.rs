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
/// SIGTERM is heard when nothing more is due. A worker that has to be gone sooner is killed: the others go on once its leases
/// expire, and what was under way is looked at instead of done again.
pub(crate) async fn run(healer: &Orchestrator, journal: &PostgresJournal, idle: Option<Duration>) -> Result<(), Error> {
    let mut stop = signal(SignalKind::terminate())?;
    let mut open_at = Instant::now();
    while idle.is_none_or(|idle| open_at.elapsed() < idle) {
        match round(healer, journal).await {
            Ok(false) => {}
            Ok(true) => open_at = Instant::now(),
            // It may be back soon. Nothing is lost meanwhile, and nothing held that others could work on.
            Err(error) => {
                println!("the journal is out of reach: {error}");
                open_at = Instant::now();
            }
        }
        tokio::select! {
            _ = stop.recv() => break,
            () = sleep(PAUSE) => {}
        }
    }
    Ok(journal.checkpoint().await?)
}

/// Whether anything is still open, here or with another worker.
async fn round(healer: &Orchestrator, journal: &PostgresJournal) -> Result<bool> {
    for done in healer.work_off(&Cancellation::new()).await? {
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

type Error = Box<dyn std::error::Error + Send + Sync>;

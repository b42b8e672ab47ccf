//! Ctrl-C and its like: stop what runs, take back what was applied, exit with 128 + signal.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use selfheal_adapters::local::process::{Cancel, StopSignal};
use selfheal_core::orchestrator::Cancellation;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A request to stop, by whichever signal came first.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    /// For whatever process runs.
    pub(crate) process: Cancel,
    /// For the loop.
    pub(crate) healer: Cancellation,
    number: Arc<AtomicI32>,
}

impl Stop {
    /// Listens for SIGINT, SIGTERM and SIGHUP as long as the runtime lives.
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        for (kind, stop) in [
            (SignalKind::interrupt(), StopSignal::Interrupt),
            (SignalKind::terminate(), StopSignal::Terminate),
            (SignalKind::hangup(), StopSignal::Hangup),
        ] {
            tokio::spawn(self.clone().obey(signal(kind)?, stop));
        }
        Ok(())
    }

    async fn obey(self, mut signals: Signal, stop: StopSignal) {
        while signals.recv().await.is_some() {
            let _ = self.number.compare_exchange(0, stop.number(), Ordering::SeqCst, Ordering::SeqCst);
            self.process.request(stop);
            self.healer.cancel();
        }
    }

    /// The exit status, if a signal came.
    pub(crate) fn status(&self) -> Option<i32> {
        match self.number.load(Ordering::SeqCst) {
            0 => None,
            number => Some(128 + number),
        }
    }
}

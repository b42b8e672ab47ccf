//! A worker: goes on with incidents that nobody has, beside other workers on the same journal.

use std::collections::BTreeSet;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{Cancellation, Orchestrator, Report};
use crate::error::{Error, ErrorKind, Result};
use crate::incident::{IncidentId, Signal};
use crate::ports::{Claim, Journal, Lease};

/// What became of an incident that a worker picked up.
#[derive(Debug)]
#[non_exhaustive]
pub struct PickedUp {
    /// Which one.
    pub incident: IncidentId,
    /// Its report; or why the worker could not go on. Whoever picks it up next will try again.
    pub result: Result<Report>,
}

impl Orchestrator {
    /// Opens an incident for `signal` and leaves it to whichever worker picks it up: what a host does that takes alerts and
    /// doesn't work on them itself.
    ///
    /// # Errors
    /// If no journal is configured, or the incident can't be opened or journaled.
    pub async fn accept(&self, signal: Signal) -> Result<IncidentId> {
        self.journal("orchestrator.accept")?;
        let opening = self.open(signal).await?;
        let id = opening.incident.id.clone();
        let (state, book) = self.opened(opening).await?;
        self.leave(&state, &book).await;
        Ok(id)
    }

    /// Picks up every incident whose time has come and that no other worker has, and goes on with it: those a dead worker
    /// left, once its lease expired, and those that waited. At most [`Limits::concurrent_incidents`](crate::limits::Limits::concurrent_incidents)
    /// at once. Returns when nothing more is due; a host calls it again and again, with a pause.
    ///
    /// After `drain` nothing more is picked up, and what is under way is done; after `cancel` that is stopped too, and taken back.
    ///
    /// # Errors
    /// If the journal can't be asked what is due. What was picked up until then is done first.
    pub async fn work_off(&self, drain: &Cancellation, cancel: &Cancellation) -> Result<Vec<PickedUp>> {
        let journal = self.journal("orchestrator.work_off")?;
        let (mut under_way, mut done) = (FuturesUnordered::new(), Vec::new());
        let mut due = Due::default();
        let mut failed = None;
        loop {
            let wanted = failed.is_none() && !drain.is_cancelled() && !cancel.is_cancelled();
            let room = self.limits.concurrent_incidents.saturating_sub(under_way.len());
            if wanted && room > 0 {
                match due.next(journal, &self.claim(), room).await {
                    Ok(leases) => under_way.extend(leases.into_iter().map(|lease| self.picked_up(lease, cancel))),
                    Err(error) => failed = Some(error),
                }
            }
            tokio::select! {
                biased;
                ended = under_way.next() => match (ended, failed.take()) {
                    (Some(one), error) => {
                        done.push(one);
                        failed = error;
                    }
                    (None, Some(error)) => return Err(error),
                    (None, None) => return Ok(done),
                },
                // One that takes long must not keep others waiting while there is room.
                () = self.ports.clock.sleep_until(self.ports.clock.now().after(self.limits.pick_up_interval)), if wanted => {
                    due.look_again();
                }
            }
        }
    }

    fn journal(&self, operation: &'static str) -> Result<&dyn Journal> {
        let none = || Error::new(ErrorKind::Unsupported, operation, "no journal is configured");
        self.ports.journal.as_deref().ok_or_else(none)
    }

    async fn picked_up(&self, lease: Lease, cancel: &Cancellation) -> PickedUp {
        let incident = lease.incident.clone();
        let result = self.resume(lease, cancel).await;
        if let Err(error) = &result {
            tracing::warn!(%error, %incident, "could not go on with the incident");
        }
        PickedUp { incident, result }
    }
}

/// What is due in one call. An incident that could not be gone on with comes up again at once; it is not tried for ever.
#[derive(Default)]
struct Due {
    met: BTreeSet<IncidentId>,
    /// Nothing but what was met before came up.
    is_over: bool,
}

impl Due {
    /// What came up in vain a while ago may stand behind others now.
    fn look_again(&mut self) {
        self.is_over = false;
    }

    async fn next(&mut self, journal: &dyn Journal, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let picked = journal.pick_up(claim, most).await?;
        let asked_in_vain = !picked.is_empty();
        let (new, met): (Vec<_>, Vec<_>) = picked.into_iter().partition(|lease| !self.met.contains(&lease.incident));
        for lease in met {
            journal.release(&lease).await?;
        }
        self.is_over |= asked_in_vain && new.is_empty();
        self.met.extend(new.iter().map(|lease| lease.incident.clone()));
        Ok(new)
    }
}

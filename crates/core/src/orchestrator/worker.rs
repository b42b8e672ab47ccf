//! A worker: goes on with incidents that nobody has, beside other workers on the same journal.

use std::collections::BTreeSet;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{Cancellation, Orchestrator, Report};
use crate::error::{Error, ErrorKind, Result};
use crate::incident::IncidentId;
use crate::ports::{Journal, Lease};

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
    /// Picks up every incident whose time has come and that no other worker has, and goes on with it: those a dead worker
    /// left, once its lease expired, and those that waited. At most [`Limits::concurrent_incidents`](crate::limits::Limits::concurrent_incidents)
    /// at once. Returns when nothing more is due; a host calls it again and again, with a pause.
    ///
    /// # Errors
    /// If the journal can't be asked what is due. What was picked up until then is done first.
    pub async fn work_off(&self, cancel: &Cancellation) -> Result<Vec<PickedUp>> {
        let Some(journal) = &self.ports.journal else {
            return Err(Error::new(ErrorKind::Unsupported, "orchestrator.work_off", "no journal is configured"));
        };
        let (mut under_way, mut done) = (FuturesUnordered::new(), Vec::new());
        let mut seen = BTreeSet::new();
        loop {
            let asked = match cancel.is_cancelled() {
                true => Ok(Vec::new()),
                false => self.new_ones(journal.as_ref(), under_way.len(), &mut seen).await,
            };
            let (failed, due) = match asked {
                Ok(due) => (None, due),
                Err(error) => (Some(error), Vec::new()),
            };
            under_way.extend(due.into_iter().map(|lease| self.picked_up(lease, cancel)));
            match (under_way.next().await, failed) {
                (Some(one), None) => done.push(one),
                (None, None) => return Ok(done),
                (_, Some(error)) => {
                    while under_way.next().await.is_some() {}
                    return Err(error);
                }
            }
        }
    }

    /// What is due and was not met before in this call; an incident that could not be gone on with is not tried for ever.
    async fn new_ones(
        &self,
        journal: &dyn Journal,
        under_way: usize,
        seen: &mut BTreeSet<IncidentId>,
    ) -> Result<Vec<Lease>> {
        let room = self.limits.concurrent_incidents.saturating_sub(under_way);
        if room == 0 {
            return Ok(Vec::new());
        }
        let (new, met): (Vec<_>, Vec<_>) = journal
            .pick_up(&self.claim(), room.saturating_add(seen.len()))
            .await?
            .into_iter()
            .partition(|lease| !seen.contains(&lease.incident));
        for lease in met {
            journal.release(&lease).await?;
        }
        let mut new = new.into_iter();
        let now: Vec<Lease> = new.by_ref().take(room).collect();
        for lease in new {
            journal.release(&lease).await?;
        }
        seen.extend(now.iter().map(|lease| lease.incident.clone()));
        Ok(now)
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

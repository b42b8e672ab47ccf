//! A journal that lives as long as the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::engine::State;
use crate::error::{Error, ErrorKind, Result};
use crate::incident::IncidentId;
use crate::orchestrator::SystemClock;
use crate::ports::{Claim, Clock, History, Journal, Lease, Query, Record, Snapshot, Standing};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// Keeps everything in memory: for tests, simulations and hosts that need leases and lists but no durability.
pub struct InMemoryJournal {
    clock: Arc<dyn Clock>,
    incidents: Mutex<BTreeMap<IncidentId, Kept>>,
}

struct Kept {
    snapshot: Option<Box<Snapshot>>,
    records: Vec<Record>,
    standing: Standing,
    epoch: u64,
    holder: Option<Holder>,
    woken: bool,
}

struct Holder {
    worker: Arc<str>,
    until: Timestamp,
}

impl Default for InMemoryJournal {
    fn default() -> Self {
        Self::with_clock(Arc::new(SystemClock::default()))
    }
}

impl InMemoryJournal {
    /// An empty journal whose leases expire by `clock`.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, incidents: Mutex::default() }
    }

    /// The incidents it has, by id.
    #[must_use]
    pub fn incidents(&self) -> Vec<IncidentId> {
        self.held().keys().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<IncidentId, Kept>> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holder(&self, lease: &Lease) -> Option<Holder> {
        Some(Holder { worker: Arc::clone(&lease.worker), until: self.clock.now().after(lease.ttl) })
    }
}

impl Kept {
    /// The new holder's lease; the former one is fenced off.
    fn leased(&mut self, claim: &Claim, now: Timestamp) -> Lease {
        self.epoch += 1;
        self.woken = false;
        self.holder = Some(Holder { worker: Arc::clone(&claim.worker), until: now.after(claim.ttl) });
        let incident = self.standing.incident.clone();
        Lease { incident, epoch: self.epoch, worker: Arc::clone(&claim.worker), ttl: claim.ttl }
    }

    fn is_held_by_another(&self, claim: &Claim, now: Timestamp) -> bool {
        let other = |holder: &&Holder| holder.worker != claim.worker && holder.until > now;
        !claim.holder_is_gone && self.holder.as_ref().filter(other).is_some()
    }

    fn is_held(&self, now: Timestamp) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.until > now)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        !self.is_held(now) && self.standing.wake_at.is_some_and(|at| self.woken || at <= now)
    }
}

#[async_trait]
impl Journal for InMemoryJournal {
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()> {
        let holder = self.holder(lease).filter(|_| after.effect().is_some());
        let standing = Standing::of(record, after);
        let mut incidents = self.held();
        let Some(kept) = incidents.get_mut(&lease.incident) else {
            if (lease.epoch, record.sequence) != (1, 0) {
                return Err(conflict(lease, "expected the first record of a new incident"));
            }
            let records = vec![record.clone()];
            let kept = Kept { snapshot: None, records, standing, epoch: 1, holder, woken: false };
            incidents.insert(lease.incident.clone(), kept);
            return Ok(());
        };
        if kept.epoch != lease.epoch {
            return Err(fenced_off(lease, kept.epoch));
        }
        if !kept.standing.is_open() {
            return Err(conflict(lease, "the incident is closed"));
        }
        if kept.standing.records != record.sequence {
            let next = kept.standing.records;
            return Err(conflict(lease, &format!("expected sequence {next}, got {}", record.sequence)));
        }
        kept.records.push(record.clone());
        (kept.standing, kept.holder) = (standing, holder);
        Ok(())
    }

    async fn read(&self, incident: &IncidentId) -> Result<History> {
        let incidents = self.held();
        let history = |kept: &Kept| History { snapshot: kept.snapshot.clone(), records: kept.records.clone() };
        Ok(incidents.get(incident).map(history).unwrap_or_default())
    }

    async fn list(&self, query: &Query) -> Result<Vec<Standing>> {
        let incidents = self.held();
        let place = |standing: &Standing| (standing.opened_at, standing.incident.clone());
        let wanted = |standing: &&Standing| {
            query.open.is_none_or(|open| open == standing.is_open())
                && query.since.is_none_or(|since| standing.opened_at >= since)
                && query.after.as_ref().is_none_or(|after| place(standing) < *after)
        };
        let mut found: Vec<Standing> = incidents.values().map(|kept| &kept.standing).filter(wanted).cloned().collect();
        found.sort_by_key(|standing| std::cmp::Reverse(place(standing)));
        found.truncate(query.most);
        Ok(found)
    }

    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
        let now = self.clock.now();
        let mut incidents = self.held();
        let refuse = |kind, message: &str| Err(error("journal.lease", kind, incident, message));
        let Some(kept) = incidents.get_mut(incident) else {
            return refuse(ErrorKind::NotFound, "the journal has no such incident");
        };
        if !kept.standing.is_open() {
            return refuse(ErrorKind::Invalid, "the incident is closed");
        }
        if kept.is_held_by_another(claim, now) {
            return refuse(ErrorKind::Conflict, "another worker has it");
        }
        Ok(kept.leased(claim, now))
    }

    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        let now = self.clock.now();
        let mut incidents = self.held();
        let held = incidents.values().filter(|kept| kept.is_held(now));
        let mut taken: BTreeSet<ResourceRef> = held.map(|kept| kept.standing.resource.clone()).collect();
        let mut due: Vec<&mut Kept> = incidents.values_mut().filter(|kept| kept.is_due(now)).collect();
        due.sort_by_key(|kept| kept.standing.wake_at);
        due.retain(|kept| taken.insert(kept.standing.resource.clone()));
        Ok(due.into_iter().take(most).map(|kept| kept.leased(claim, now)).collect())
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let holder = self.holder(lease);
        let mut incidents = self.held();
        match incidents.get_mut(&lease.incident) {
            Some(kept) if kept.epoch == lease.epoch && kept.standing.is_open() => kept.holder = holder,
            Some(kept) => return Err(fenced_off(lease, kept.epoch)),
            None => return Err(conflict(lease, "the journal has no such incident")),
        }
        Ok(())
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        if let Some(kept) = self.held().get_mut(&lease.incident).filter(|kept| kept.epoch == lease.epoch) {
            kept.holder = None;
        }
        Ok(())
    }

    async fn wake(&self, incident: &IncidentId) -> Result<()> {
        if let Some(kept) = self.held().get_mut(incident) {
            kept.woken = true;
        }
        Ok(())
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<()> {
        let incident = &snapshot.state.incident.id;
        let mut incidents = self.held();
        let refuse = |message: &str| Err(error("journal.compact", ErrorKind::Invalid, incident, message));
        let Some(kept) = incidents.get_mut(incident) else { return refuse("the journal has no such incident") };
        if snapshot.records > kept.standing.records {
            return refuse("the snapshot stands for records that are not there");
        }
        if kept.snapshot.as_ref().is_some_and(|before| before.records > snapshot.records) {
            return Ok(());
        }
        kept.records.retain(|record| record.sequence >= snapshot.records);
        kept.snapshot = Some(Box::new(snapshot.clone()));
        Ok(())
    }

    async fn forget(&self, incident: &IncidentId) -> Result<()> {
        let mut incidents = self.held();
        match incidents.get(incident) {
            Some(kept) if kept.standing.is_open() => {
                Err(error("journal.forget", ErrorKind::Invalid, incident, "the incident is open"))
            }
            _ => {
                incidents.remove(incident);
                Ok(())
            }
        }
    }
}

fn error(operation: &'static str, kind: ErrorKind, incident: &IncidentId, message: &str) -> Error {
    Error::new(kind, operation, message).with_context("incident", incident.as_str())
}

fn conflict(lease: &Lease, message: &str) -> Error {
    error("journal.append", ErrorKind::Conflict, &lease.incident, message)
}

fn fenced_off(lease: &Lease, epoch: u64) -> Error {
    conflict(lease, &format!("another worker took over: the lease has epoch {}, the incident {epoch}", lease.epoch))
}

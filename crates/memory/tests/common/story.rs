//! Incidents for the tests of journals: opened, gone on with as often as wanted, and closed.
#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::allowed::Allowed;
use selfheal_core::engine::{Event, SCHEMA_VERSION, State, transition};
use selfheal_core::error::Result;
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::limits::Limits;
use selfheal_core::ports::{Claim, Journal, Lease, Record, Snapshot};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::SigningKey;
use selfheal_memory::journal::{JournalOptions, SqliteJournal};

pub(crate) fn claim(worker: &str) -> Claim {
    Claim { worker: worker.into(), ttl: Duration::from_secs(3600), holder_is_gone: false }
}

/// The same key in every process of a test.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed("test/journal", &[7; 32]).unwrap()
}

pub(crate) fn open(path: &Path) -> SqliteJournal {
    try_open(path).unwrap()
}

pub(crate) fn try_open(path: &Path) -> Result<SqliteJournal> {
    SqliteJournal::open(path, JournalOptions::new(key()))
}

/// A journal that is ended as a kill ends it: nothing is signed, tidied up or moved out of the write-ahead log.
pub(crate) fn kill(journal: SqliteJournal) {
    std::mem::forget(journal);
}

/// The files of the journal at `path`, copied as a crash would leave them.
pub(crate) fn copied(path: &Path, to: &Path) -> PathBuf {
    let copy = to.join("journal.db");
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        if from.exists() {
            std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
        }
    }
    copy
}

/// One incident as its worker knows it.
pub(crate) struct Story {
    pub(crate) lease: Lease,
    pub(crate) state: Option<State>,
    pub(crate) records: Vec<Record>,
}

impl Story {
    pub(crate) fn new(id: &str) -> Self {
        Self { lease: Lease::first(IncidentId::new(id), &claim("w")), state: None, records: Vec::new() }
    }

    pub(crate) fn id(&self) -> &IncidentId {
        &self.lease.incident
    }

    pub(crate) fn next(&self, event: Event) -> (Record, State) {
        let (sequence, at) = (self.records.len() as u64, Timestamp::from_millis(1000 + self.records.len() as u64));
        let record = Record { schema: SCHEMA_VERSION, sequence, at, event };
        let (after, _) = transition(self.state.clone(), at, record.event.clone()).unwrap();
        (record, after)
    }

    pub(crate) async fn tell(&mut self, journal: &dyn Journal, event: Event) -> Result<()> {
        let (record, after) = self.next(event);
        journal.append(&self.lease, &record, &after).await?;
        self.records.push(record);
        self.state = Some(after);
        Ok(())
    }

    /// Opens it, or goes on with it.
    pub(crate) async fn go_on(&mut self, journal: &dyn Journal) -> Result<()> {
        let event = match self.state {
            None => opened(self.id().as_str()),
            Some(_) => Event::Resumed { epoch: self.lease.epoch, worker: "w".into() },
        };
        self.tell(journal, event).await
    }

    pub(crate) async fn go_on_times(&mut self, journal: &dyn Journal, times: usize) {
        for _ in 0..times {
            self.go_on(journal).await.unwrap();
        }
    }

    pub(crate) async fn close(&mut self, journal: &dyn Journal) -> Result<()> {
        self.tell(journal, Event::Cancelled).await
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let at = self.records.last().unwrap().at;
        Snapshot { records: self.records.len() as u64, at, state: self.state.clone().unwrap() }
    }
}

pub(crate) fn opened(id: &str) -> Event {
    let resource = ResourceRef::new("fake", "thing", id);
    let redactor = selfheal_detect::redact::Redactor::builder().build();
    let evidence = vec![Evidence::new(EvidenceId(1), "log", 1, "error: it doesn't work", &redactor)];
    let incident = Incident {
        id: IncidentId::new(id),
        fingerprint: Fingerprint::of(&resource, &Facts::new(), &evidence),
        resource,
        environment: Environment::Staging,
        severity: Severity::Critical,
        facts: Facts::new(),
        evidence,
        observed_at: Timestamp::from_millis(1),
        opened_at: Timestamp::from_millis(1),
    };
    let allowed = Arc::new(Allowed::nothing(incident.resource.clone()));
    Event::Opened { incident: Arc::new(incident), seed: 1, limits: Arc::new(Limits::default()), allowed }
}

//! A store of a test's own, and incidents to put into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use selfheal_core::allowed::Allowed;
use selfheal_core::engine::{Event, SCHEMA_VERSION, State, transition};
use selfheal_core::error::Result;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::limits::Limits;
use selfheal_core::ports::{Claim, Journal, Lease, Record};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::SigningKey;
use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::server::Server;

/// Long enough for any test.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A schema that no other test uses.
pub(crate) struct Store {
    pub(crate) url: String,
    pub(crate) options: PostgresOptions,
}

impl Store {
    pub(crate) fn new(server: &Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("store_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { url: server.url(), options: PostgresOptions { schema, ..PostgresOptions::default() } }
    }

    /// As another process would.
    pub(crate) async fn open(&self) -> PostgresJournal {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<PostgresJournal> {
        PostgresJournal::connect(&self.url, key(), None, self.options.clone()).await
    }

    /// Does something to the tables behind the journal's back.
    pub(crate) async fn sql(&self, statements: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let statements = format!("SET search_path = {}; {statements}", self.options.schema);
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    }

    /// The one number that `query` finds.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let path = format!("SET search_path = {}", self.options.schema);
        sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut connection).await.unwrap()
    }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed("example.org/healer", &[7; 32]).unwrap()
}

pub(crate) fn claim(worker: &str, ttl: Duration) -> Claim {
    Claim { worker: worker.into(), ttl, holder_is_gone: false }
}

/// An incident as a worker lives through it.
pub(crate) struct Story {
    pub(crate) lease: Lease,
    state: Option<State>,
    pub(crate) records: Vec<Record>,
}

impl Story {
    pub(crate) fn new(id: &str, claim: &Claim) -> Self {
        Self { lease: Lease::first(IncidentId::new(id), claim), state: None, records: Vec::new() }
    }

    /// An incident with one record.
    pub(crate) async fn begun(journal: &PostgresJournal, id: &str, claim: &Claim) -> Self {
        let mut story = Self::new(id, claim);
        story.goes_on(journal).await.unwrap();
        story
    }

    pub(crate) fn id(&self) -> &IncidentId {
        &self.lease.incident
    }

    /// The next record, and the state it leads to.
    pub(crate) fn next(&self, event: Event) -> (Record, State) {
        let sequence = self.records.len() as u64;
        let at = Timestamp::from_millis(1_000 + sequence);
        let (state, _) = transition(self.state.clone(), at, event.clone()).unwrap();
        (Record { schema: SCHEMA_VERSION, sequence, at, event }, state)
    }

    /// Appends one more record; what was refused is not part of the story.
    pub(crate) async fn goes_on(&mut self, journal: &PostgresJournal) -> Result<()> {
        let event = match self.state {
            None => opened(self.id()),
            Some(_) => Event::Resumed { epoch: self.lease.epoch, worker: Arc::clone(&self.lease.worker) },
        };
        self.append(journal, event).await
    }

    pub(crate) async fn closes(&mut self, journal: &PostgresJournal) {
        self.append(journal, Event::Cancelled).await.unwrap();
    }

    async fn append(&mut self, journal: &PostgresJournal, event: Event) -> Result<()> {
        let (record, state) = self.next(event);
        journal.append(&self.lease, &record, &state).await?;
        self.records.push(record);
        self.state = Some(state);
        Ok(())
    }

    /// Where its records lead.
    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }

    /// What the journal has of it.
    pub(crate) async fn read(&self, journal: &PostgresJournal) -> Vec<Record> {
        journal.read(self.id()).await.unwrap().records
    }
}

fn opened(id: &IncidentId) -> Event {
    let resource = ResourceRef::new("fake", "thing", id.as_str());
    let incident = Incident {
        id: id.clone(),
        fingerprint: Fingerprint::of(&resource, &Facts::new(), &[]),
        resource,
        environment: Environment::Staging,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::from_millis(1_000),
        opened_at: Timestamp::from_millis(1_000),
    };
    let allowed = Arc::new(Allowed::nothing(incident.resource.clone()));
    Event::Opened { incident: Arc::new(incident), seed: 1, limits: Arc::new(Limits::default()), allowed }
}

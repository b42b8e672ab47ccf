//! Where everything is: the store in Postgres; in a directory the things, the ledger, the log's key and its witnesses.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::confidence::Autonomy;
use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::Orchestrator;
use selfheal_memory::audit::{FileWitness, SigningKey};
use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};
use selfheal_policy::guardrails::Guardrails;

use crate::Failure;
use crate::executor::ThingExecutor;
use crate::knowledge::{DegradedThings, GUARDRAILS, ThingsWork};
use crate::ledger::Ledger;
use crate::things::Things;

/// What all commands are told.
#[derive(Debug, clap::Args)]
pub(crate) struct Site {
    /// The database: postgres://user:password@host:port/database
    url: String,
    /// The directory; all workers use the same.
    directory: PathBuf,
    /// The schema that holds the store.
    #[arg(long, default_value = "selfheal")]
    schema: String,
    /// Milliseconds that an incident stays with a worker that gives no sign of life.
    #[arg(long, default_value_t = 30_000)]
    lease_ms: u64,
    /// Where this worker keeps the signed checkpoints that it saw of the log; `checkpoints` in the directory by default.
    /// A file of its own: what is shared is locked, and a worker that is paused in the middle keeps the others waiting.
    #[arg(long)]
    witness: Option<PathBuf>,
}

impl Site {
    pub(crate) fn things(&self) -> Things {
        Things::at(self.directory.join("things"))
    }

    /// The store, made if there is none.
    pub(crate) async fn journal(&self) -> Result<Arc<PostgresJournal>, Failure> {
        std::fs::create_dir_all(&self.directory)?;
        let key = key(&self.directory.join("journal.key"))?;
        let witness = self.witness.clone().unwrap_or_else(|| self.directory.join("checkpoints"));
        let witness = Arc::new(FileWitness::new(witness));
        let options = PostgresOptions { schema: self.schema.clone(), ..PostgresOptions::default() };
        Ok(Arc::new(PostgresJournal::connect(&self.url, key, Some(witness), options).await?))
    }

    /// The worker. Its name is drawn, so that no two share one.
    pub(crate) fn healer(&self, journal: Arc<PostgresJournal>) -> Result<Orchestrator, Failure> {
        let things = self.things();
        let ledger = Ledger::at(self.directory.join("ledger"));
        let limits = Limits {
            lease_ttl: Duration::from_millis(self.lease_ms),
            // Few: what one worker has in hand, the others can't share.
            concurrent_incidents: 4,
            ..Limits::default()
        };
        let healer = Orchestrator::builder()
            .runbooks(Arc::new(DegradedThings))
            .policy(Arc::new(Guardrails::from_text("guardrails.yaml", GUARDRAILS)?))
            // Things can't be rehearsed, and the guardrails say what may be done to them; by default a person would be asked first.
            .autonomy(Autonomy::by_policy_alone())
            .executor(Arc::new(ThingExecutor::new(things.clone(), ledger)))
            .probe(Arc::new(ThingsWork(things)))
            .journal(journal)
            .limits(limits);
        Ok(healer.build()?)
    }
}

/// The log's key: all workers sign with the same. The first that needs it makes it.
fn key(path: &Path) -> Result<SigningKey> {
    match SigningKey::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened,
    }
    match SigningKey::generate("example.org/things")?.create(path) {
        Err(error) if error.kind() == ErrorKind::Conflict => {}
        created => created?,
    }
    SigningKey::open(path)
}

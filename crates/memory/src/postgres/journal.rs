//! The journal as a worker holds it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::audit::{Erasure, SignedCheckpoint, Witness};
use selfheal_core::engine::State;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Claim, History, Journal, Lease, Query, Record, Snapshot, Standing};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::oneshot;

use super::commit::Append;
use super::options::PostgresOptions;
use super::schema::{self, Opening};
use super::server::{Server, check_encoding};
use super::tending::Tend;
use super::writer::{Job, Queue, Writer};
use super::{leases, reading, witness};
use crate::audit::SigningKey;
use crate::journal::rows::PreparedRecord;
use crate::journal::witnessing::Showing;

/// A journal, with its audit log, in a schema of a Postgres database (tested with version 15).
///
/// What is acknowledged survives a crash of the server as far as the server's own `fsync` is on. When the connection breaks
/// in the middle of an append, the journal reconnects and finds out what became of it; only if it can't within
/// [`settle_within`](PostgresOptions::settle_within) the answer is
/// [`Retry::UnknownOutcome`](selfheal_core::error::Retry::UnknownOutcome). Every other error means that nothing was stored.
///
/// Made and used within a tokio runtime with time and IO enabled. A connection pooler between it and the server must pool sessions, not
/// transactions.
#[derive(Clone)]
pub struct PostgresJournal {
    pub(super) server: Server,
    pub(super) pool: PgPool,
    queue: Option<Queue>,
    showing: Option<Arc<Showing>>,
}

impl PostgresJournal {
    /// Opens the store at `url` (`postgres://user:password@host:port/database`, or `…?host=/directory` for a unix socket;
    /// `sslmode=verify-full` to insist on TLS), creating or updating its schema. The store's log is signed with `key`;
    /// `witness` is shown each checkpoint.
    ///
    /// # Errors
    /// - [`ErrorKind::Unavailable`] if the server can't be reached within the timeout;
    /// - [`ErrorKind::Forbidden`] if it refuses the user, or the store's log is signed with another key;
    /// - [`ErrorKind::NotFound`] if there is no such database;
    /// - [`ErrorKind::Invalid`] if the URL or an option is no such thing, or the schema is of a newer version or somebody
    ///   else's: nothing is changed then;
    /// - [`ErrorKind::Conflict`] if the witness has seen more of the log than there is: the database lost something.
    pub async fn connect(
        url: &str,
        key: SigningKey,
        witness: Option<Arc<dyn Witness>>,
        options: PostgresOptions,
    ) -> Result<Self> {
        let server = Server::new(url, options)?;
        let mut connection = server.connect().await?;
        let public = key.public().to_string();
        let opened = open(&mut connection, &server, Some(&public), witness.as_deref()).await;
        opened.map_err(|error| server.located(error))?;
        let _ = connection.close().await;
        let showing = witness.map(|witness| {
            let (showing, shows) = Showing::to(witness);
            tokio::spawn(shows);
            Arc::new(showing)
        });
        let queue = Writer::start(server.clone(), Arc::new(key), showing.clone());
        Ok(Self { pool: server.pool(), server, queue: Some(queue), showing })
    }

    /// Opens an existing store to read: it needs no key, changes nothing, and refuses whatever would.
    ///
    /// # Errors
    /// As [`connect`](Self::connect); [`ErrorKind::NotFound`] if there is no store yet.
    pub async fn connect_read_only(url: &str, options: PostgresOptions) -> Result<Self> {
        let server = Server::new(url, options)?;
        let mut connection = server.connect().await?;
        open(&mut connection, &server, None, None).await.map_err(|error| server.located(error))?;
        let _ = connection.close().await;
        Ok(Self { pool: server.pool(), server, queue: None, showing: None })
    }

    /// Drops the opening of one field and says so in the log, signed. Erasing what is gone already changes nothing.
    ///
    /// When it returns, the value is gone for every later reader. The server keeps the bytes for longer: in the table's file until
    /// `VACUUM` and until something else is written there, in its write-ahead log, on replicas and in backups.
    ///
    /// Only the log's own words go. The incident's records and approvals, the snapshot that stands for compacted ones (a whole state,
    /// evidence included) and its line in [`list`](Journal::list) go with [`forget`](Journal::forget), once it is closed; what
    /// was learned from it lies in the memory; exports and checkpoints that were made before are as they were.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such leaf, or it never had such a field; [`ErrorKind::Invalid`] if the field ties a
    /// record or an entry to its leaf (`event`, `incident`, `record`, `sequence`, `snapshot`; `entry`, `note`, `place`, `stream`), or
    /// the leaf tells of an erasure, a compaction or a removal: all of that has to stay readable.
    pub async fn erase(&self, erasure: &Erasure) -> Result<()> {
        self.tend("audit.erase", Tend::Erase(erasure.clone())).await
    }

    /// Signs what no checkpoint covers yet.
    ///
    /// # Errors
    /// If the server or the key can't be reached.
    pub async fn checkpoint(&self) -> Result<()> {
        self.tend("audit.checkpoint", Tend::Sign).await
    }

    /// The newest checkpoint of the log.
    ///
    /// # Errors
    /// If it can't be read.
    pub async fn newest_checkpoint(&self) -> Result<Option<SignedCheckpoint>> {
        let mut connection = self.server.connect().await?;
        witness::newest_checkpoint(&mut connection).await
    }

    /// Signs what no checkpoint covers yet, waits until the witness has seen that, and closes the connections: worth a call before
    /// the process ends. Without it a later worker's checkpoint covers the rest.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint); the connections are closed all the same.
    pub async fn close(&self) -> Result<()> {
        let signed = match self.queue {
            Some(_) => self.checkpoint().await,
            None => Ok(()),
        };
        if let Some(showing) = &self.showing {
            showing.settled().await;
        }
        self.pool.close().await;
        signed
    }

    pub(super) fn limit(&self) -> Duration {
        self.server.options.statement_timeout
    }

    pub(super) fn queue(&self, operation: &'static str) -> Result<&Queue> {
        let read_only = || Error::new(ErrorKind::Forbidden, operation, "the journal was opened to read only");
        self.queue.as_ref().ok_or_else(read_only)
    }

    pub(super) async fn tend(&self, operation: &'static str, tend: Tend) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.queue(operation)?.ask(operation, Job::Tend(tend, answer), answered).await
    }
}

async fn open(
    connection: &mut PgConnection,
    server: &Server,
    key: Option<&str>,
    shown: Option<&dyn Witness>,
) -> Result<()> {
    check_encoding(connection).await?;
    schema::open(connection, Opening { schema: &server.options.schema, key }).await?;
    match shown {
        Some(shown) => witness::face(connection, shown).await,
        None => Ok(()),
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()> {
        let queue = self.queue("journal.append")?;
        let record = PreparedRecord::of(record, after)?;
        let (answer, answered) = oneshot::channel();
        let append = Append { lease: lease.clone(), record, answer };
        queue.ask("journal.append", Job::Append(Box::new(append)), answered).await
    }

    async fn read(&self, incident: &IncidentId) -> Result<History> {
        reading::read(&self.pool, self.limit(), incident).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Standing>> {
        reading::list(&self.pool, self.limit(), query).await
    }

    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
        self.queue("journal.lease")?;
        leases::lease(&self.pool, self.limit(), incident, claim).await
    }

    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        self.queue("journal.pick_up")?;
        leases::pick_up(&self.pool, self.limit(), claim, most).await
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        self.queue("journal.renew")?;
        leases::renew(&self.pool, self.limit(), lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        self.queue("journal.release")?;
        leases::release(&self.pool, self.limit(), lease).await
    }

    async fn wake(&self, incident: &IncidentId) -> Result<()> {
        self.queue("journal.wake")?;
        leases::wake(&self.pool, self.limit(), incident).await
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<()> {
        self.tend("journal.compact", Tend::compact(snapshot)?).await
    }

    async fn forget(&self, incident: &IncidentId) -> Result<()> {
        self.tend("journal.forget", Tend::Forget(incident.clone())).await
    }
}

impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresJournal").field("options", &self.server.options).finish_non_exhaustive()
    }
}

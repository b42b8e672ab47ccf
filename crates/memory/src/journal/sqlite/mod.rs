//! The journal in one SQLite file.

mod append;
mod batch;
mod failure;
mod file;
mod incidents;
mod log;
mod queue;
mod reading;
mod schema;
mod standing;
mod tidying;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::audit::{Signer, Witness};
use selfheal_core::engine::State;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{Claim, Clock, History, Journal, Lease, Query, Record, Snapshot, Standing};

use self::append::PreparedRecord;
use self::reading::Readers;
use self::standing::Columns;
use self::tidying::PreparedSnapshot;
use self::writer::{Desk, Writer};
use super::rows::{bounded_json, signed};
use crate::audit::{PublicKey, SigningKey};

pub use self::writer::Written;

/// With what a journal is opened for writing.
#[derive(Clone)]
pub struct JournalOptions {
    /// Signs the audit log.
    pub signer: Arc<dyn Signer>,
    /// Its public half, which lies in the store.
    pub public_key: PublicKey,
    /// Is shown every checkpoint.
    pub witness: Option<Arc<dyn Witness>>,
    /// The store's time: by it leases expire.
    pub clock: Arc<dyn Clock>,
}

impl JournalOptions {
    /// Signed with `key`, by the system's time, without a witness.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let public_key = key.public();
        Self { signer: Arc::new(key), public_key, witness: None, clock: Arc::new(SystemClock::default()) }
    }
}

/// Keeps incidents and their audit log in one private (0600) SQLite file: write-ahead log, `synchronous = FULL`.
///
/// Whatever waits is made durable in one transaction, by one thread; reads go on beside it. Several processes may use the
/// file at once. When the journal is dropped, what was asked for is durable, and the audit log is signed up to its end.
pub struct SqliteJournal {
    readers: Readers,
    writer: Option<Writer>,
}

impl SqliteJournal {
    /// Opens the file at `path`, or creates it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is no journal, a damaged one or one of a newer version; [`ErrorKind::Forbidden`] if it
    /// can't be written to, or its audit log is signed with another key; [`ErrorKind::Unavailable`] if it can't be opened. What
    /// is there is never overwritten.
    pub fn open(path: &Path, options: JournalOptions) -> Result<Self> {
        let connection = file::open(path, &options.public_key)?;
        let JournalOptions { signer, clock, .. } = options;
        let desk = Desk { connection, path: path.to_owned(), clock, signer, signed: Box::new(|_| ()) };
        Ok(Self { readers: Readers::new(path), writer: Some(Writer::start(desk)?) })
    }

    /// Opens an existing file for reading only: no key is needed, and every write is [`ErrorKind::Forbidden`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none; otherwise as [`SqliteJournal::open`].
    pub fn open_read_only(path: &Path) -> Result<Self> {
        file::open_read_only(path)?;
        Ok(Self { readers: Readers::new(path), writer: None })
    }

    /// What was written since it was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        self.writer.as_ref().map(Writer::written).unwrap_or_default()
    }

    fn writer(&self) -> Result<&Writer> {
        let read_only = || Error::new(ErrorKind::Forbidden, "journal.write", "the journal was opened for reading only");
        self.writer.as_ref().ok_or_else(read_only)
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, lease: &Lease, record: &Record, after: &State) -> Result<()> {
        let writer = self.writer()?;
        if after.incident.id != lease.incident {
            let message = "the state is another incident's than the lease";
            return Err(Error::new(ErrorKind::Conflict, "journal.append", message));
        }
        let (lease, record) = (lease.clone(), PreparedRecord::with(record, after, Columns::of)?);
        writer.write(record.json.len(), move |batch| append::append(batch, &lease, &record)).await
    }

    async fn read(&self, incident: &IncidentId) -> Result<History> {
        let incident = incident.clone();
        self.readers.read(move |connection| reading::history(connection, &incident)).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Standing>> {
        let query = query.clone();
        self.readers.read(move |connection| reading::list(connection, &query)).await
    }

    async fn lease(&self, incident: &IncidentId, claim: &Claim) -> Result<Lease> {
        let (incident, claim) = (incident.clone(), claim.clone());
        self.writer()?.write(0, move |batch| incidents::lease(batch, &incident, &claim)).await
    }

    async fn pick_up(&self, claim: &Claim, most: usize) -> Result<Vec<Lease>> {
        let claim = claim.clone();
        self.writer()?.write(0, move |batch| incidents::pick_up(batch, &claim, most)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let lease = lease.clone();
        self.writer()?.write(0, move |batch| incidents::renew(batch, &lease)).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let lease = lease.clone();
        self.writer()?.write(0, move |batch| incidents::release(batch, &lease)).await
    }

    async fn compact(&self, snapshot: &Snapshot) -> Result<()> {
        let writer = self.writer()?;
        let snapshot = PreparedSnapshot {
            incident: snapshot.state.incident.id.clone(),
            records: signed(snapshot.records),
            json: bounded_json("journal.compact", "snapshot", snapshot)?,
        };
        writer.write(snapshot.json.len(), move |batch| tidying::compact(batch, &snapshot)).await
    }

    async fn forget(&self, incident: &IncidentId) -> Result<()> {
        let incident = incident.clone();
        self.writer()?.write(0, move |batch| tidying::forget(batch, &incident)).await
    }
}

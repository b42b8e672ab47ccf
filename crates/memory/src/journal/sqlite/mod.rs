//! Journal and ledger in one SQLite file.

mod append;
mod audit;
mod batch;
mod crosscheck;
mod entries;
mod erasing;
mod failure;
mod file;
mod incidents;
mod log;
mod picking;
mod queue;
mod reading;
mod schema;
mod scrubbing;
mod standing;
mod tidying;
mod witnessing;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::audit::{Erasure, SignedCheckpoint, Signer, Witness};
use selfheal_core::engine::State;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::WallClock;
use selfheal_core::ports::{
    Claim, Clock, Entry, History, Journal, Lease, Ledger, Note, Query, Record, Snapshot, Standing, Stream,
};
use selfheal_core::time::Timestamp;

use self::append::PreparedRecord;
use self::batch::Batch;
use self::reading::Readers;
use self::standing::Columns;
use self::tidying::PreparedSnapshot;
use self::witnessing::Witnessing;
use self::writer::{Desk, Writer};
use super::entries::PreparedEntry;
use super::rows::{bounded_json, millis, signed};
use crate::audit::{PublicKey, SigningKey};

pub use self::audit::SqliteRows;
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
    /// Signed with `key`, by the system's wall clock, without a witness.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let public_key = key.public();
        Self { signer: Arc::new(key), public_key, witness: None, clock: Arc::new(WallClock::default()) }
    }
}

/// Keeps incidents, a ledger and their audit log in one private (0600) SQLite file: write-ahead log, `synchronous = FULL`.
/// Whoever forgets an incident forgets its approvals with it.
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
        let JournalOptions { signer, clock, witness, .. } = options;
        let witnessing = witness.map(Witnessing::start).transpose()?;
        if let (Some(witnessing), Some(newest)) = (&witnessing, file::newest_checkpoint(&connection, path)?) {
            // Whoever had the store before may have ended before showing it.
            witnessing.show(newest);
        }
        let signed = Box::new(move |checkpoint| {
            if let Some(witnessing) = &witnessing {
                witnessing.show(checkpoint);
            }
        });
        let desk = Desk { connection, path: path.to_owned(), clock, signer, signed };
        Ok(Self { readers: Readers::new(path), writer: Some(Writer::start(desk)?) })
    }

    /// The audit log as it is now, for [`verify`](crate::audit::verify) and [`export`](crate::audit::export).
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn audit_rows(&self) -> Result<SqliteRows> {
        SqliteRows::open(self.readers.path())
    }

    /// Opens an existing file for reading only: no key is needed, and every write is [`ErrorKind::Forbidden`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none; otherwise as [`SqliteJournal::open`].
    pub fn open_read_only(path: &Path) -> Result<Self> {
        let connection = file::open_read_only(path)?;
        Ok(Self { readers: Readers::with(path, connection), writer: None })
    }

    /// As [`open_read_only`](Self::open_read_only), of any version that this program knows. Only its checkpoints and its key may
    /// be read: other tables may not be there yet.
    pub(crate) fn open_to_inspect(path: &Path) -> Result<Self> {
        let (connection, _) = file::open_to_inspect(path)?;
        Ok(Self { readers: Readers::with(path, connection), writer: None })
    }

    /// What was written since it was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        self.writer.as_ref().map(Writer::written).unwrap_or_default()
    }

    /// Drops the opening of one field and says so in the audit log, signed. What is gone already stays gone.
    ///
    /// When it returns, the value is gone from the log for every later reader. The bytes are overwritten with it unless
    /// somebody reads the file just then: [`has_overwritten`](Self::has_overwritten) says so.
    ///
    /// Only the log's own words go. The incident's records and approvals, the snapshot that stands for compacted ones (a whole state,
    /// evidence included) and its line in [`list`](Journal::list) go with [`forget`](Journal::forget), once it is closed; what
    /// was learned from it lies in the memory; exports, checkpoints and copies that were made before are as they were.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such leaf or it never had such a field; [`ErrorKind::Invalid`] if the field ties a
    /// record or an entry to its leaf (`event`, `incident`, `record`, `sequence`, `snapshot`; `entry`, `note`, `place`, `stream`), or
    /// the leaf tells of an erasure, a compaction or a removal: all of that has to stay readable.
    pub async fn erase(&self, erasure: &Erasure) -> Result<()> {
        let erasure = erasure.clone();
        self.writer()?.write(0, move |batch| erasing::erase(batch, &erasure)).await
    }

    /// Whether the bytes of all that was erased, compacted or forgotten since the journal was opened are overwritten in the
    /// file and its write-ahead log. If not, somebody was reading a state that still had them; it is tried again after later
    /// writes, and when the journal is dropped.
    #[must_use]
    pub fn has_overwritten(&self) -> bool {
        self.writer.as_ref().is_none_or(Writer::has_overwritten)
    }

    /// Signs what no checkpoint covers yet. It is done anyway when the journal is dropped.
    ///
    /// # Errors
    /// If the key can't be reached, or the disk.
    pub async fn checkpoint(&self) -> Result<()> {
        self.writer()?.write(0, |batch: &mut Batch<'_>| batch.sign()).await
    }

    /// The newest checkpoint of the audit log. Blocks for as long as it takes to read one row.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn newest_checkpoint(&self) -> Result<Option<SignedCheckpoint>> {
        self.readers.read_blocking(|connection| Ok(log::newest_checkpoint(connection)?.map(|(_, newest)| newest)))
    }

    /// The newest checkpoint over at most so many leaves. Blocks.
    pub(crate) fn checkpoint_up_to(&self, leaves: u64) -> Result<Option<SignedCheckpoint>> {
        self.readers.read_blocking(|connection| Ok(log::checkpoint_up_to(connection, leaves)?.map(|(_, found)| found)))
    }

    /// The public key of the audit log. Blocks for as long as it takes to read one row.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is none; others if it can't be read.
    pub fn public_key(&self) -> Result<PublicKey> {
        let key = "SELECT key FROM audit_key";
        self.readers
            .read_blocking(|connection| Ok(connection.query_row(key, [], |row| row.get::<_, String>(0))?.parse()?))
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
        self.writer()?.write(0, move |batch| picking::pick_up(batch, &claim, most)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let lease = lease.clone();
        self.writer()?.write(0, move |batch| incidents::renew(batch, &lease)).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let lease = lease.clone();
        self.writer()?.write(0, move |batch| incidents::release(batch, &lease)).await
    }

    async fn wake(&self, incident: &IncidentId) -> Result<()> {
        let incident = incident.clone();
        self.writer()?.write(0, move |batch| incidents::wake(batch, &incident)).await
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

#[async_trait]
impl Ledger for SqliteJournal {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        let writer = self.writer()?;
        let entry = PreparedEntry::of(stream, expected, at, note)?;
        writer.write(entry.json.len(), move |batch| entries::append(batch, &entry)).await?;
        failpoint::hit("ledger.appended");
        Ok(())
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        let stream = stream.clone();
        self.readers.read(move |connection| entries::read(connection, &stream, from, most)).await
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        let stream = stream.clone();
        self.readers.read(move |connection| entries::len(connection, &stream)).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        let (stream, before) = (stream.clone(), millis(before));
        self.writer()?.write(0, move |batch| entries::forget(batch, &stream, before)).await
    }
}

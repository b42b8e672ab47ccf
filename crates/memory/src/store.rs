//! A store: one directory that holds all that outlives the process.

mod verifying;

use std::fs::DirBuilder;
use std::io::ErrorKind as IoKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

use crate::Sqlite;
use crate::audit::{AuditRows, FileWitness, PublicKey, SigningKey};
use crate::journal::{JournalOptions, SqliteJournal};

pub use self::verifying::{UnverifiedStore, VerifiedStore};

const OPEN: &str = "store.open";
/// With what a store is opened for writing.
#[derive(Clone)]
pub struct StoreOptions {
    /// Where the private key lies that signs the audit log: not in the store, so that a copy of it can't be forged with it.
    pub key_file: PathBuf,
    /// The store's time: by it leases expire.
    pub clock: Arc<dyn Clock>,
}

impl StoreOptions {
    /// By the system's time.
    #[must_use]
    pub fn new(key_file: impl Into<PathBuf>) -> Self {
        Self { key_file: key_file.into(), clock: Arc::new(SystemClock::default()) }
    }
}

/// A directory with the journal and its audit log (`journal.db`), the lessons (`memory.db`), the public key (`audit.pub`) and
/// the checkpoints that were signed (`checkpoints`).
///
/// It can be copied, and verifies wherever it lies. Only the private key lies elsewhere.
///
/// ```
/// use selfheal_core::ports::{Journal, Query};
/// use selfheal_memory::{Store, StoreOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let home = tempfile::tempdir()?;
/// # let (folder, state) = (home.path().join("store"), home.path().join("state"));
/// let store = Store::open(&folder, &StoreOptions::new(state.join("audit.key")))?;
/// assert!(store.journal().list(&Query::open(10)).await?.is_empty());
/// drop(store);
///
/// let verified = Store::verify_audit(&folder, None)?;
/// assert_eq!(verified.log.unsigned_tail, 0);
/// # Ok(())
/// # }
/// ```
pub struct Store {
    folder: PathBuf,
    journal: Arc<SqliteJournal>,
    memory: Option<Arc<Sqlite>>,
}

impl Store {
    /// Opens the store in `folder`, or creates it, and the private key with it.
    ///
    /// # Errors
    /// - [`ErrorKind::Forbidden`] if the key is missing or another than the store's, others can read it, or the store can't be
    ///   written to;
    /// - [`ErrorKind::Invalid`] if a file is not what it should be, or of a newer version;
    /// - [`ErrorKind::Conflict`] if the checkpoints beside the journal speak of more than it has: it lost something, or is an
    ///   older copy;
    /// - [`ErrorKind::Unavailable`] otherwise.
    ///
    /// What is there is never overwritten.
    pub fn open(folder: &Path, options: &StoreOptions) -> Result<Self> {
        create_folder(folder)?;
        let paths = Paths::of(folder);
        let key = key(&paths, &options.key_file)?;
        let public_key = key.public();
        let witness = FileWitness::new(&paths.checkpoints);
        let options = JournalOptions {
            signer: Arc::new(key),
            public_key: public_key.clone(),
            witness: Some(Arc::new(witness.clone())),
            clock: Arc::clone(&options.clock),
        };
        compare(&paths, &witness)?;
        let journal = SqliteJournal::open(&paths.journal, options)?;
        failpoint::hit("store.journal_opened");
        publish(&paths.public_key, &public_key)?;
        let memory = Sqlite::open(&paths.memory)?;
        Ok(Self { folder: folder.to_owned(), journal: Arc::new(journal), memory: Some(Arc::new(memory)) })
    }

    /// Opens an existing store for reading its journal; needs no key, and creates nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none; otherwise as [`Store::open`].
    pub fn open_read_only(folder: &Path) -> Result<Self> {
        let journal = SqliteJournal::open_read_only(&Paths::of(folder).journal)?;
        Ok(Self { folder: folder.to_owned(), journal: Arc::new(journal), memory: None })
    }

    /// Whether there is a store in `folder`.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        Paths::of(folder).journal.is_file()
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> Arc<SqliteJournal> {
        Arc::clone(&self.journal)
    }

    /// The lessons; `None` if it was opened for reading only.
    #[must_use]
    pub fn memory(&self) -> Option<Arc<Sqlite>> {
        self.memory.clone()
    }
}

struct Paths {
    journal: PathBuf,
    memory: PathBuf,
    public_key: PathBuf,
    checkpoints: PathBuf,
}

impl Paths {
    fn of(folder: &Path) -> Self {
        Self {
            journal: folder.join("journal.db"),
            memory: folder.join("memory.db"),
            public_key: folder.join("audit.pub"),
            checkpoints: folder.join("checkpoints"),
        }
    }
}

fn create_folder(folder: &Path) -> Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Ok(()) => Ok(()),
        Err(error) => Err(io(OPEN, "the directory can't be made", folder, &error)),
    }
}

/// The private key; a new one for a store that has none yet.
fn key(paths: &Paths, file: &Path) -> Result<SigningKey> {
    let known = public_key(paths)?;
    match (SigningKey::open(file), known) {
        (Ok(key), Some(known)) if key.public() != known => {
            let message = "this key is not the one that signs the audit log of this store";
            Err(at(Error::new(ErrorKind::Forbidden, OPEN, message), file)
                .with_context("expected", known.to_string())
                .with_context("given", key.public().to_string()))
        }
        (Ok(key), _) => Ok(key),
        (Err(error), None) if error.kind() == ErrorKind::NotFound => create_key(file),
        (Err(error), Some(known)) if error.kind() == ErrorKind::NotFound => {
            let message = "the private key of this store is missing: without it the store can only be read";
            Err(at(Error::new(ErrorKind::Forbidden, OPEN, message), file).with_context("expected", known.to_string()))
        }
        (Err(error), _) => Err(error),
    }
}

/// The key that the store has: in its own file or, if its writer ended before making that, in the journal.
fn public_key(paths: &Paths) -> Result<Option<PublicKey>> {
    match PublicKey::open(&paths.public_key) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return found.map(Some),
    }
    if !paths.journal.is_file() {
        return Ok(None);
    }
    match SqliteJournal::open_read_only(&paths.journal) {
        Ok(journal) => journal.audit_rows()?.public_key()?.parse().map(Some),
        // Made and not yet filled.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn create_key(file: &Path) -> Result<SigningKey> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder)?;
    }
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|error| Error::new(ErrorKind::Unavailable, OPEN, error.to_string()))?;
    let key = SigningKey::generate(&format!("selfheal/{:016x}", u64::from_be_bytes(id)))?;
    match key.create(file) {
        Ok(()) => Ok(key),
        // Another process was faster: there is one key.
        Err(error) if error.kind() == ErrorKind::Conflict => SigningKey::open(file),
        Err(error) => Err(error),
    }
}

/// Lays the public key beside the journal, for whoever gets a copy.
fn publish(file: &Path, key: &PublicKey) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    match key.create(file) {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        done => done,
    }
}

/// Refuses a journal that has less than was witnessed.
fn compare(paths: &Paths, witness: &FileWitness) -> Result<()> {
    let Some(seen) = witness.newest()? else { return Ok(()) };
    // In this order: what another process signs meanwhile is no loss.
    let there = match SqliteJournal::open_read_only(&paths.journal) {
        Ok(journal) => journal.newest_checkpoint()?.map_or(0, |newest| newest.checkpoint().size),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let seen = seen.checkpoint().size;
    if seen <= there {
        return Ok(());
    }
    let message = format!(
        "the journal is older than the checkpoints beside it: these speak of {seen} leaves of the audit log, the journal has \
         signed {there}"
    );
    Err(at(Error::new(ErrorKind::Conflict, OPEN, message), &paths.journal))
}

fn io(operation: &'static str, message: &str, path: &Path, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        IoKind::NotFound => ErrorKind::NotFound,
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => ErrorKind::Forbidden,
        _ => ErrorKind::Unavailable,
    };
    at(Error::new(kind, operation, format!("{message}: {error}")), path)
}

fn at(error: Error, path: &Path) -> Error {
    error.with_context("path", path.display().to_string())
}

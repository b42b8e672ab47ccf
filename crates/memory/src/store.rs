//! A store: one directory that holds all that outlives the process.

mod inspection;
mod verifying;

use std::fs::DirBuilder;
use std::io::ErrorKind as IoKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::orchestrator::WallClock;
use selfheal_core::ports::{Clock, Ledger};

use crate::Sqlite;
use crate::audit::{FileWitness, PublicKey, SigningKey};
use crate::journal::{JournalOptions, SqliteJournal};

use self::inspection::{check_room, check_writable, inspect, open_journal};
pub use self::verifying::{UnverifiedStore, VerifiedStore, read_checkpoints};

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
    /// By the system's wall clock, which processes agree on.
    #[must_use]
    pub fn new(key_file: impl Into<PathBuf>) -> Self {
        Self { key_file: key_file.into(), clock: Arc::new(WallClock::default()) }
    }
}

/// A directory with journal, ledger and their audit log (`journal.db`), the lessons (`memory.db`), the public key (`audit.pub`) and
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
/// let verified = Store::verify_audit(&folder, None, None)?;
/// assert_eq!(verified.log.unsigned_tail, 0);
/// # Ok(())
/// # }
/// ```
pub struct Store {
    folder: PathBuf,
    journal: Arc<SqliteJournal>,
    memory: Memory,
}

enum Memory {
    /// Only the journal was asked for.
    Unasked,
    Open(Arc<Sqlite>),
    Unusable(Error),
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
    /// What is there is never overwritten. Lessons that can't be read are no reason to refuse: see
    /// [`why_without_memory`](Self::why_without_memory).
    pub fn open(folder: &Path, options: &StoreOptions) -> Result<Self> {
        create_folder(folder)?;
        let paths = Paths::of(folder);
        let key = match inspect(&paths, &options.key_file)? {
            Some(key) => key,
            None => create_key(&options.key_file)?,
        };
        let public_key = key.public();
        let options = JournalOptions {
            signer: Arc::new(key),
            public_key: public_key.clone(),
            witness: Some(Arc::new(FileWitness::new(&paths.checkpoints))),
            clock: Arc::clone(&options.clock),
        };
        let journal = SqliteJournal::open(&paths.journal, options)?;
        failpoint::hit("store.journal_opened");
        publish(&paths.public_key, &public_key)?;
        let memory = match Sqlite::open(&paths.memory) {
            Ok(memory) => Memory::Open(Arc::new(memory)),
            Err(error) => Memory::Unusable(error),
        };
        Ok(Self { folder: folder.to_owned(), journal: Arc::new(journal), memory })
    }

    /// Refuses what [`Store::open`] would refuse, and a disk without room for an incident, before anything is at stake. Makes
    /// and changes nothing.
    ///
    /// # Errors
    /// As [`Store::open`]; [`ErrorKind::LimitReached`] if the disk is full.
    pub fn check(folder: &Path, options: &StoreOptions) -> Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        let paths = Paths::of(folder);
        inspect(&paths, &options.key_file)?;
        check_writable(&paths.journal)?;
        check_room(folder)
    }

    /// Opens an existing store for reading its journal; needs no key, and creates nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none; otherwise as [`Store::open`].
    pub fn open_read_only(folder: &Path) -> Result<Self> {
        let journal = open_journal(&Paths::of(folder))?;
        Ok(Self { folder: folder.to_owned(), journal: Arc::new(journal), memory: Memory::Unasked })
    }

    /// Whether there is a store in `folder`, or what is left of one: that its journal is gone, whoever opens it is told.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        let Paths { journal, public_key, checkpoints, .. } = Paths::of(folder);
        [journal, public_key, checkpoints].iter().any(|path| path.symlink_metadata().is_ok())
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

    /// What people and healers share: the ledger in the journal's file, written with it.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        self.journal.clone()
    }

    /// The lessons; `None` if it was opened for reading only, or they can't be used.
    #[must_use]
    pub fn memory(&self) -> Option<Arc<Sqlite>> {
        match &self.memory {
            Memory::Open(memory) => Some(Arc::clone(memory)),
            Memory::Unasked | Memory::Unusable(_) => None,
        }
    }

    /// Why a store that was opened for writing goes on without lessons. Their file is left as it is.
    #[must_use]
    pub fn why_without_memory(&self) -> Option<&Error> {
        match &self.memory {
            Memory::Unusable(error) => Some(error),
            Memory::Unasked | Memory::Open(_) => None,
        }
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

fn io(operation: &'static str, message: &str, path: &Path, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        IoKind::NotFound => ErrorKind::NotFound,
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => ErrorKind::Forbidden,
        IoKind::StorageFull | IoKind::QuotaExceeded => ErrorKind::LimitReached,
        _ => ErrorKind::Unavailable,
    };
    at(Error::new(kind, operation, format!("{message}: {error}")), path)
}

fn at(error: Error, path: &Path) -> Error {
    error.with_context("path", path.display().to_string())
}

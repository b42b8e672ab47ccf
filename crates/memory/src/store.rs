//! A store: one directory that holds all that outlives the process.

use std::fs::DirBuilder;
use std::io::ErrorKind as IoKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_core::audit::{SignedCheckpoint, Verified};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

use crate::Sqlite;
use crate::audit::{FileWitness, PublicKey, SigningKey, Unverified, verify};
use crate::journal::{CrossChecked, JournalOptions, Mismatch, SqliteJournal};

const OPEN: &str = "store.open";
const VERIFY: &str = "store.verify_audit";

/// The longest file of a checkpoint that is given from outside, in bytes.
const MAX_CHECKPOINTS_BYTES: u64 = 64 << 20;

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
pub struct Store {
    folder: PathBuf,
    journal: Arc<SqliteJournal>,
    memory: Option<Arc<Sqlite>>,
}

/// A store whose audit log and journal are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedStore {
    /// The log.
    pub log: Verified,
    /// What it vouches for.
    pub journal: CrossChecked,
    /// Checkpoints that lie outside the log, and that it was held against.
    pub witnessed: u64,
    /// The text of the public key.
    pub key: String,
}

/// A store that doesn't verify.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnverifiedStore {
    /// The log was changed, is another's, or can't be read.
    #[error(transparent)]
    Log(#[from] Unverified),
    /// The log is sound, and the journal is not what it speaks of.
    #[error("the audit log is sound, but the journal beside it is not what it speaks of: {}", first(.0))]
    Journal(Vec<Mismatch>),
    /// There is no store, or it can't be read.
    #[error(transparent)]
    Unreadable(#[from] Error),
}

fn first(mismatches: &[Mismatch]) -> String {
    let first = mismatches.first().map(ToString::to_string).unwrap_or_default();
    if mismatches.len() > 1 { format!("{first}, and {} more", mismatches.len() - 1) } else { first }
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

    /// Verifies the store in `folder` offline, wherever it was copied to: the audit log against its public key and the
    /// checkpoints beside it, and the journal against the audit log. `checkpoint` is a file that was kept elsewhere: one
    /// signed checkpoint, or a copy of a file of checkpoints.
    ///
    /// # Errors
    /// [`UnverifiedStore`] says what is wrong, or why that couldn't be found out.
    pub fn verify_audit(folder: &Path, checkpoint: Option<&Path>) -> Result<VerifiedStore, UnverifiedStore> {
        let paths = Paths::of(folder);
        let journal = SqliteJournal::open_read_only(&paths.journal)?;
        let rows = journal.audit_rows()?;
        let key = match PublicKey::open(&paths.public_key) {
            Ok(key) => Some(key),
            // Its writer ended before it had made the file; the log has the key too.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let mut witnessed = beside(&paths)?;
        if let Some(file) = checkpoint {
            witnessed.extend(given(file)?);
        }
        let log = verify(&rows, key.as_ref(), &witnessed)?;
        let checked = rows.cross_check(log.leaves)?.map_err(UnverifiedStore::Journal)?;
        let key = crate::audit::AuditRows::public_key(&rows)?;
        Ok(VerifiedStore { log, journal: checked, witnessed: witnessed.len() as u64, key })
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
        Ok(journal) => crate::audit::AuditRows::public_key(&journal.audit_rows()?)?.parse().map(Some),
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

/// The checkpoints in the store's own file; none if there is no file yet.
fn beside(paths: &Paths) -> Result<Vec<String>> {
    match FileWitness::new(&paths.checkpoints).all() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        found => found,
    }
}

/// The checkpoints in a file from elsewhere.
fn given(file: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| io(VERIFY, "the checkpoint can't be read", file, &error);
    let length = std::fs::metadata(file).map_err(failed)?.len();
    if length > MAX_CHECKPOINTS_BYTES {
        let message = format!("expected at most {MAX_CHECKPOINTS_BYTES} bytes of checkpoints, found {length}");
        return Err(at(Error::new(ErrorKind::LimitReached, VERIFY, message), file));
    }
    let text = std::fs::read_to_string(file).map_err(failed)?;
    if SignedCheckpoint::parse(&text).is_ok() {
        return Ok(vec![text]);
    }
    let all = FileWitness::new(file).all()?;
    if all.is_empty() {
        let message = "expected a signed checkpoint, or a file of them";
        return Err(at(Error::new(ErrorKind::Invalid, VERIFY, message), file));
    }
    Ok(all)
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

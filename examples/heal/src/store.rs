//! The store: where incidents are journaled and what healed them is remembered.

use std::fmt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_adapters::local::workspace::StateDir;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::journal::{Retention, retain};
use selfheal_core::ports::{Journal, MemoryStore};
use selfheal_memory::audit::AuditRows;
use selfheal_memory::journal::SqliteJournal;
use selfheal_memory::{Store as Folder, StoreOptions as FolderOptions};

use crate::cli::{StoreArgument, StoreOptions};
use crate::run::Refusal;
use crate::say::Voice;

/// Names the file of the private key by which checkpoints of the audit log are signed.
const KEY_FILE: &str = "SELFHEAL_AUDIT_KEY";

/// What that file is called where no other is named.
const KEY: &str = "audit.key";

/// Which store is meant, before it is opened.
#[derive(Clone)]
pub(crate) struct Place {
    journal: Kind,
    /// The folder of what stays on this machine: logs, and the memory of verified fixes.
    local: PathBuf,
    /// Where the private state of directories lies.
    states: PathBuf,
}

#[derive(Clone)]
enum Kind {
    Folder(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.journal {
            Kind::Folder(folder) => write!(out, "{}", folder.display()),
            // Its URL may hold a password.
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => out.write_str("the Postgres database"),
        }
    }
}

impl Place {
    /// The place that `given` names, or `default`; a folder is made if it isn't there, and must be writable.
    pub(crate) fn of(given: Option<&StoreArgument>, default: &Path) -> Result<Self, Refusal> {
        let states = default.to_owned();
        let local = |folder: PathBuf| Self { journal: Kind::Folder(folder.clone()), local: folder, states: states.clone() };
        match given {
            None => Ok(local(default.to_owned())),
            Some(StoreArgument::Folder(folder)) => writable(folder).map(local),
            Some(StoreArgument::Postgres(url)) => Ok(Self { journal: kind_of(url)?, local: default.to_owned(), states }),
        }
    }

    /// The place that a command about records names. Nothing is made.
    pub(crate) fn named(options: &StoreOptions, user_state: Option<PathBuf>) -> Result<Self, Refusal> {
        let refuse =
            |error: std::io::Error| Refusal::usage(format!("--dir {}: {error}", options.dir.display()));
        let dir = options.dir.canonicalize().map_err(refuse)?;
        let state = StateDir::of(&dir, user_state.as_deref()).map_err(refuse)?;
        match &options.store {
            Some(StoreArgument::Folder(folder)) => Ok(Self {
                journal: Kind::Folder(folder.clone()),
                local: folder.clone(),
                states: state.store().to_owned(),
            }),
            given => Self::of(given.as_ref(), state.store()),
        }
    }

    /// Its folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.journal {
            Kind::Folder(folder) => Some(folder),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => None,
        }
    }

    /// Where the private state of directories lies.
    pub(crate) fn states(&self) -> &Path {
        &self.states
    }

    /// The folder of what stays on this machine.
    pub(crate) fn local(&self) -> &Path {
        &self.local
    }

    /// Refuses a store that could not be used once something failed; nothing is made.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match &self.journal {
            Kind::Folder(folder) if self.exists() => Folder::open_read_only(folder).map(drop).map_err(refused),
            Kind::Folder(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => Ok(()),
        }
    }

    /// Whether anything was ever kept there.
    pub(crate) fn exists(&self) -> bool {
        match &self.journal {
            Kind::Folder(folder) => Folder::exists(folder),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => true,
        }
    }

    /// Opens it for writing; a store that isn't there yet is made.
    pub(crate) async fn open(&self) -> Result<Store, Refusal> {
        let key_file = key_file(&self.local);
        let (journal, memory) = match &self.journal {
            Kind::Folder(folder) => {
                let opened = Folder::open(folder, &FolderOptions::new(key_file)).map_err(refused)?;
                (Opened::Sqlite(opened.journal()), opened.memory().map(|memory| memory as Arc<dyn MemoryStore>))
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => {
                let journal = postgres::open(url, &key_file, &self.local).await?;
                // Lessons are this machine's: they come from its own pipelines.
                let memory = selfheal_memory::Sqlite::open(&self.local.join("memory.db")).map_err(refused)?;
                (Opened::Postgres(journal), Some(Arc::new(memory) as Arc<dyn MemoryStore>))
            }
        };
        Ok(Store { journal, memory, folder: self.folder().map(Path::to_owned) })
    }

    /// Opens it for reading; nothing is made, and no key is needed.
    pub(crate) async fn open_to_read(&self) -> Result<Store, Refusal> {
        let journal = match &self.journal {
            Kind::Folder(folder) => Opened::Sqlite(Folder::open_read_only(folder).map_err(refused)?.journal()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => Opened::Postgres(postgres::open_to_read(url).await?),
        };
        Ok(Store { journal, memory: None, folder: self.folder().map(Path::to_owned) })
    }
}

/// A store that was opened.
pub(crate) struct Store {
    journal: Opened,
    memory: Option<Arc<dyn MemoryStore>>,
    folder: Option<PathBuf>,
}

enum Opened {
    Sqlite(Arc<SqliteJournal>),
    #[cfg(feature = "postgres")]
    Postgres(Arc<selfheal_memory::postgres::PostgresJournal>),
}

impl Store {
    /// Where incidents are journaled.
    pub(crate) fn journal(&self) -> Arc<dyn Journal> {
        match &self.journal {
            Opened::Sqlite(journal) => journal.clone(),
            #[cfg(feature = "postgres")]
            Opened::Postgres(journal) => journal.clone(),
        }
    }

    /// What healed before; none in a store that is only read.
    pub(crate) fn memory(&self) -> Option<Arc<dyn MemoryStore>> {
        self.memory.clone()
    }

    /// Keeps so many closed incidents as usual, and signs the audit log up to its end. What can't be done now is done by the
    /// next process.
    pub(crate) async fn close(&self, voice: &Voice) {
        let tidied = retain(self.journal().as_ref(), &Retention::default()).await;
        if let Err(error) = tidied.map(drop) {
            voice.note(&format!("old incidents could not be tidied away: {error}"));
        }
        #[cfg(feature = "postgres")]
        if let Opened::Postgres(journal) = &self.journal
            && let Err(error) = journal.close().await
        {
            voice.note(&format!("the end of the audit log is not signed yet: {error}"));
        }
    }

    /// Its folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What `work` makes of the rows of its audit log; on a thread where it may block.
    pub(crate) async fn read_audit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn AuditRows) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let rows: Box<dyn AuditRows + Send> = match &self.journal {
            Opened::Sqlite(journal) => Box::new(journal.audit_rows().map_err(refused)?),
            #[cfg(feature = "postgres")]
            Opened::Postgres(journal) => Box::new(journal.audit_rows().await.map_err(refused)?),
        };
        tokio::task::spawn_blocking(move || work(rows.as_ref())).await.map_err(Refusal::failed)?
    }

    /// Drops the opening of a field of the audit log, which the log itself will tell.
    pub(crate) async fn erase(&self, erasure: &selfheal_core::audit::Erasure) -> Result<(), Refusal> {
        match &self.journal {
            Opened::Sqlite(journal) => journal.erase(erasure).await,
            #[cfg(feature = "postgres")]
            Opened::Postgres(journal) => journal.erase(erasure).await,
        }
        .map_err(refused)
    }
}

/// The file of the key by which this user signs audit logs. It lies with the user's configuration, not in the store, which
/// somebody may copy or rewrite; only where there is no such place, beside the store.
fn key_file(local: &Path) -> PathBuf {
    if let Some(given) = std::env::var_os(KEY_FILE).filter(|given| !given.is_empty()) {
        return PathBuf::from(given);
    }
    let beside = local.join(KEY);
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let usual = config.map(|config| config.join("selfheal")).filter(|_| !beside.exists());
    let usable = |folder: &PathBuf| private(folder).and_then(|()| tempfile::tempfile_in(folder)).is_ok();
    match usual {
        Some(folder) if folder.join(KEY).exists() || usable(&folder) => folder.join(KEY),
        _ => beside,
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    //! The store in a Postgres database.

    use super::*;
    use selfheal_adapters::local::workspace::ContentHash;
    use selfheal_memory::audit::{FileWitness, SigningKey};
    use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};

    pub(super) async fn open(url: &str, key_file: &Path, local: &Path) -> Result<Arc<PostgresJournal>, Refusal> {
        // Each database has a witness of its own on this machine.
        let name = ContentHash::of(url.as_bytes());
        let witness = FileWitness::new(local.join(format!("checkpoints-{}", &name.as_str()[..16])));
        let key = key(key_file)?;
        private(local).map_err(|error| refused_folder(local, &error))?;
        let connected = PostgresJournal::connect(url, key, Some(Arc::new(witness)), PostgresOptions::default()).await;
        connected.map(Arc::new).map_err(refused)
    }

    pub(super) async fn open_to_read(url: &str) -> Result<Arc<PostgresJournal>, Refusal> {
        let connected = PostgresJournal::connect_read_only(url, PostgresOptions::default()).await;
        connected.map(Arc::new).map_err(refused)
    }

    /// The key in `file`, made if there is none.
    fn key(file: &Path) -> Result<SigningKey, Refusal> {
        if file.exists() {
            return SigningKey::open(file).map_err(refused);
        }
        let key = SigningKey::generate("selfheal").map_err(refused)?;
        match key.create(file) {
            Ok(()) => Ok(key),
            // Another process was quicker.
            Err(error) if error.kind() == ErrorKind::Conflict => SigningKey::open(file).map_err(refused),
            Err(error) => Err(refused(error)),
        }
    }
}

#[cfg(feature = "postgres")]
fn kind_of(url: &str) -> Result<Kind, Refusal> {
    Ok(Kind::Postgres(url.to_owned()))
}

#[cfg(not(feature = "postgres"))]
fn kind_of(_: &str) -> Result<Kind, Refusal> {
    Err(Refusal::usage("--store postgres://…: this `heal` was built without the feature `postgres`"))
}

/// A store that can't be used is the user's to mend; one that is out of reach is nobody's fault here.
fn refused(error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Internal => Refusal::failed(error),
        _ => Refusal::usage(error),
    }
}

#[cfg(feature = "postgres")]
fn refused_folder(folder: &Path, error: &std::io::Error) -> Refusal {
    Refusal::usage(format!("{}: expected a folder to write to: {error}", folder.display()))
}

/// Makes a folder that only its owner can enter; one that is there already stays as it is.
pub(crate) fn private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The folder that `--store` names, made if it isn't there, and writable.
fn writable(given: &Path) -> Result<PathBuf, Refusal> {
    let refuse = |error: std::io::Error| {
        Refusal::usage(format!("--store {}: expected a folder to write to: {error}", given.display()))
    };
    private(given).map_err(refuse)?;
    tempfile::tempfile_in(given).map_err(refuse)?;
    given.canonicalize().map_err(refuse)
}

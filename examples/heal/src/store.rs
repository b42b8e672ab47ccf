//! The store: where incidents are journaled and what healed them is remembered.

mod identity;
mod key;
#[cfg(feature = "postgres")]
mod postgres;
mod refusals;

use std::fmt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_adapters::local::workspace::StateDir;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::journal::{Retention, retain};
use selfheal_core::ports::{Journal, Ledger, MemoryStore};
use selfheal_memory::audit::AuditRows;
use selfheal_memory::journal::SqliteJournal;
use selfheal_memory::{Store as Folder, StoreOptions as FolderOptions};

use crate::cli::{StoreArgument, StoreOptions};
use crate::run::Refusal;
use crate::say::Voice;
pub(crate) use identity::Identity;
use refusals::{refused, unusable};

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
        let local =
            |folder: PathBuf| Self { journal: Kind::Folder(folder.clone()), local: folder, states: states.clone() };
        match given {
            None => Ok(local(default.to_owned())),
            Some(StoreArgument::Folder(folder)) => writable(folder).map(local),
            Some(StoreArgument::Postgres(url)) => {
                Ok(Self { journal: kind_of(url)?, local: default.to_owned(), states })
            }
        }
    }

    /// The place that a command about records names. Nothing is made.
    pub(crate) fn named(options: &StoreOptions, user_state: Option<PathBuf>) -> Result<Self, Refusal> {
        let refuse = |error: std::io::Error| Refusal::usage(format!("--dir {}: {error}", options.dir.display()));
        let dir = options.dir.canonicalize().map_err(refuse)?;
        let state = StateDir::of(&dir, user_state.as_deref()).map(|state| state.store().to_owned());
        match &options.store {
            Some(StoreArgument::Folder(folder)) => {
                // Known by one name, however it is given.
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                // Who only reads has no need of any.
                let states = state.unwrap_or_else(|_| folder.clone());
                Ok(Self { journal: Kind::Folder(folder.clone()), local: folder, states })
            }
            given => Self::of(given.as_ref(), &state.map_err(refuse)?),
        }
    }

    /// Which store it is.
    pub(crate) fn identity(&self) -> Identity {
        match &self.journal {
            Kind::Folder(folder) => Identity::of_folder(folder),
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => Identity::of_url(url),
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

    /// The place of another store, if what is known of it is enough to open it. Nothing is made.
    pub(crate) fn of_identity(&self, identity: &Identity) -> Option<Self> {
        if self.identity() == *identity {
            return Some(self.clone());
        }
        let folder = identity.folder()?;
        Some(Self { journal: Kind::Folder(folder.clone()), local: folder, states: self.states.clone() })
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
            Kind::Folder(folder) => {
                let options = FolderOptions::new(key::file_to_be(&self.local));
                Folder::check(folder, &options).map_err(unusable).map_err(|refusal| Refusal::usage(refusal.message))
            }
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

    /// Opens it for writing; a store that isn't there yet is made. Without its memory of verified fixes, if that can't be
    /// used: then every failure is diagnosed as if for the first time.
    pub(crate) async fn open(&self, voice: &Voice) -> Result<Store, Refusal> {
        let key_file = key::file(&self.local);
        let (journal, memory) = match &self.journal {
            Kind::Folder(folder) => {
                let opened = Folder::open(folder, &FolderOptions::new(key_file)).map_err(unusable)?;
                let memory = opened.memory().map(|memory| memory as Arc<dyn MemoryStore>);
                let why_not = || Error::new(ErrorKind::Internal, "memory.open", "it was not opened");
                let memory = memory.ok_or_else(|| opened.why_without_memory().cloned().unwrap_or_else(why_not));
                (Opened::Sqlite(opened.journal()), memory)
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => {
                let journal = postgres::open(url, &key_file, &self.local).await?;
                // Lessons are this machine's: they come from its own pipelines.
                let memory = selfheal_memory::Sqlite::open(&self.local.join("memory.db"));
                (Opened::Postgres(journal), memory.map(|memory| Arc::new(memory) as Arc<dyn MemoryStore>))
            }
        };
        let without = |error: &Error| voice.note(&format!("going on without the memory of verified fixes: {error}"));
        let memory = memory.inspect_err(without).ok();
        Ok(Store { journal, memory, identity: self.identity() })
    }

    /// Opens it for reading; nothing is made, and no key is needed.
    pub(crate) async fn open_to_read(&self) -> Result<Store, Refusal> {
        let journal = match &self.journal {
            Kind::Folder(folder) => Opened::Sqlite(Folder::open_read_only(folder).map_err(unusable)?.journal()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => Opened::Postgres(postgres::open_to_read(url).await?),
        };
        Ok(Store { journal, memory: None, identity: self.identity() })
    }
}

/// A store that was opened.
pub(crate) struct Store {
    journal: Opened,
    memory: Option<Arc<dyn MemoryStore>>,
    identity: Identity,
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

    /// What people and healers note beside the histories of incidents.
    pub(crate) fn ledger(&self) -> Arc<dyn Ledger> {
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

    /// Which store it is.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
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

#[cfg(feature = "postgres")]
fn kind_of(url: &str) -> Result<Kind, Refusal> {
    Ok(Kind::Postgres(url.to_owned()))
}

#[cfg(not(feature = "postgres"))]
fn kind_of(_: &str) -> Result<Kind, Refusal> {
    Err(Refusal::usage("--store postgres://…: this `heal` was built without the feature `postgres`"))
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

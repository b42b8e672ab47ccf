//! The store: where incidents are journaled and what healed them is remembered.

use std::fmt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_adapters::local::workspace::StateDir;
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::ports::{Journal, MemoryStore};
use selfheal_memory::Sqlite;
use selfheal_memory::audit::{FileWitness, SigningKey};
use selfheal_memory::journal::{JournalOptions, SqliteJournal};

use crate::cli::{StoreArgument, StoreOptions};
use crate::run::Refusal;

/// Names the file of the private key by which checkpoints of the audit log are signed.
const KEY_FILE: &str = "SELFHEAL_AUDIT_KEY";

const JOURNAL: &str = "journal.db";
const WITNESS: &str = "checkpoints";
const KEY: &str = "audit.key";

/// Which store is meant, before it is opened.
#[derive(Clone)]
pub(crate) struct Place {
    journal: Kind,
    /// The folder of what stays on this machine: logs, and the memory of verified fixes.
    local: PathBuf,
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
        let local = |folder: PathBuf| Self { journal: Kind::Folder(folder.clone()), local: folder };
        match given {
            None => Ok(local(default.to_owned())),
            Some(StoreArgument::Folder(folder)) => writable(folder).map(local),
            Some(StoreArgument::Postgres(url)) => Ok(Self { journal: postgres(url)?, local: default.to_owned() }),
        }
    }

    /// The place that a command about records names. Nothing is made.
    pub(crate) fn named(options: &StoreOptions, user_state: Option<PathBuf>) -> Result<Self, Refusal> {
        if let Some(StoreArgument::Folder(folder)) = &options.store {
            return Ok(Self { journal: Kind::Folder(folder.clone()), local: folder.clone() });
        }
        let refuse =
            |error: std::io::Error| Refusal::usage(format!("--dir {}: {error}", options.dir.display()));
        let dir = options.dir.canonicalize().map_err(refuse)?;
        let state = StateDir::of(&dir, user_state.as_deref()).map_err(refuse)?;
        Self::of(options.store.as_ref(), state.store())
    }

    /// Its folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.journal {
            Kind::Folder(folder) => Some(folder),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => None,
        }
    }

    /// The folder of what stays on this machine.
    pub(crate) fn local(&self) -> &Path {
        &self.local
    }

    /// Refuses a store that could not be used once something failed; nothing is made.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match &self.journal {
            Kind::Folder(folder) if self.exists() => {
                SqliteJournal::open_read_only(&folder.join(JOURNAL)).map(drop).map_err(refused)
            }
            Kind::Folder(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => Ok(()),
        }
    }

    /// Whether anything was ever kept there.
    pub(crate) fn exists(&self) -> bool {
        match &self.journal {
            Kind::Folder(folder) => folder.join(JOURNAL).exists(),
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => true,
        }
    }

    /// Opens it for writing; a store that isn't there yet is made.
    pub(crate) async fn open(&self) -> Result<Store, Refusal> {
        let key = signing_key(&self.local)?;
        let journal: Arc<dyn Journal> = match &self.journal {
            Kind::Folder(folder) => {
                private(folder).map_err(|error| refused_folder(folder, &error))?;
                let witness = Arc::new(FileWitness::new(folder.join(WITNESS)));
                let options = JournalOptions { witness: Some(witness), ..JournalOptions::new(key) };
                Arc::new(SqliteJournal::open(&folder.join(JOURNAL), options).map_err(refused)?)
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(url) => {
                use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};
                let witness = Arc::new(FileWitness::new(self.local.join(WITNESS)));
                let connected = PostgresJournal::connect(url, key, Some(witness), PostgresOptions::default()).await;
                Arc::new(connected.map_err(refused)?)
            }
        };
        Ok(Store { journal, folder: self.folder().map(Path::to_owned) })
    }

    /// The memory of verified fixes.
    pub(crate) fn memory(&self) -> Result<Arc<dyn MemoryStore>, String> {
        private(&self.local).map_err(|error| error.to_string())?;
        let opened = Sqlite::open(&self.local.join("memory.db")).map_err(|error| error.to_string())?;
        Ok(Arc::new(opened))
    }
}

/// A store that was opened.
pub(crate) struct Store {
    journal: Arc<dyn Journal>,
    folder: Option<PathBuf>,
}

impl Store {
    pub(crate) fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal)
    }

    /// Its folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}

/// The key by which this user signs audit logs; made when it is first needed. It lies with the user's configuration, not in the
/// store, which somebody may copy or rewrite; only where there is no such place, beside the store.
fn signing_key(local: &Path) -> Result<SigningKey, Refusal> {
    if let Some(given) = std::env::var_os(KEY_FILE).filter(|given| !given.is_empty()) {
        return key_at(Path::new(&given));
    }
    let beside = local.join(KEY);
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    match config.map(|config| config.join("selfheal").join(KEY)).filter(|_| !beside.exists()) {
        Some(path) if path.exists() => key_at(&path),
        Some(path) => key_at(&path).or_else(|_| key_at(&beside)),
        None => key_at(&beside),
    }
}

/// The key in the file `path`, made if there is none.
fn key_at(path: &Path) -> Result<SigningKey, Refusal> {
    if path.exists() {
        return SigningKey::open(path).map_err(refused);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    private(folder).map_err(|error| refused_folder(folder, &error))?;
    let key = SigningKey::generate("selfheal").map_err(refused)?;
    match key.create(path) {
        Ok(()) => Ok(key),
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::Conflict => SigningKey::open(path).map_err(refused),
        Err(error) => Err(refused(error)),
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Kind, Refusal> {
    Ok(Kind::Postgres(url.to_owned()))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Kind, Refusal> {
    Err(Refusal::usage("--store postgres://…: this `heal` was built without the feature `postgres`"))
}

/// A store that can't be used is the user's to mend; one that is out of reach is nobody's fault here.
fn refused(error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Internal => Refusal::failed(error),
        _ => Refusal::usage(error),
    }
}

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

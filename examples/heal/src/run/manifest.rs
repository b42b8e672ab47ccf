//! What another process needs to go on with an incident of this directory: how its command was started.
//!
//! It holds the command line as it was given, which may contain what the journal must not: so it lies in the directory's
//! private state (0600), not in the store, and goes when the incident is closed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use selfheal_adapters::local::workspace::StateDir;
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::resource::Environment;
use serde::{Deserialize, Serialize};

use crate::cli::{RunOptions, StoreArgument};

const FOLDER: &str = "runs";
const VERSION: u32 = 1;

/// How the command of an incident was started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    pub(crate) incident: IncidentId,
    /// Where its journal is, if that is a folder.
    store: Option<OsString>,
    dir: OsString,
    name: Option<String>,
    env: Environment,
    policy: Vec<OsString>,
    runbooks: Vec<OsString>,
    env_file: Vec<OsString>,
    memory: Option<u64>,
    memory_max: Option<u64>,
    max_attempts: u32,
    no_rerun: bool,
    rerun_timeout: Option<u64>,
    webhook: Vec<String>,
    webhook_secret: Option<OsString>,
    propose: bool,
    patch: Option<OsString>,
    dry_run: bool,
    command: Vec<OsString>,
}

impl Manifest {
    /// Of `incident`, whose command was started by `options` in `dir`.
    pub(crate) fn new(incident: IncidentId, options: &RunOptions, dir: &Path, store: Option<&Path>) -> Self {
        // Another process starts elsewhere.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string();
        Self {
            version: VERSION,
            incident,
            store: store.map(|store| store.as_os_str().to_owned()),
            dir: dir.as_os_str().to_owned(),
            name: options.name.clone(),
            env: options.env.clone(),
            policy: options.policy.iter().map(absolute).collect(),
            runbooks: options.runbooks.iter().map(absolute).collect(),
            env_file: options.env_file.iter().map(absolute).collect(),
            memory: options.memory,
            memory_max: options.memory_max,
            max_attempts: options.max_attempts,
            no_rerun: options.no_rerun,
            rerun_timeout: options.rerun_timeout,
            webhook: options.webhook.clone(),
            webhook_secret: options.webhook_secret.as_ref().map(absolute),
            propose: options.propose,
            patch: options.patch.as_ref().map(absolute),
            dry_run: options.dry_run,
            command: options.command.clone(),
        }
    }

    /// The options as they were given, with paths made absolute.
    pub(crate) fn options(&self, json: bool) -> RunOptions {
        let paths = |list: &[OsString]| list.iter().map(PathBuf::from).collect();
        RunOptions {
            dir: PathBuf::from(&self.dir),
            name: self.name.clone(),
            env: self.env.clone(),
            policy: paths(&self.policy),
            runbooks: paths(&self.runbooks),
            env_file: paths(&self.env_file),
            memory: self.memory,
            memory_max: self.memory_max,
            max_attempts: self.max_attempts,
            no_rerun: self.no_rerun,
            store: self.store.as_ref().map(|store| StoreArgument::Folder(PathBuf::from(store))),
            rerun_timeout: self.rerun_timeout,
            webhook: self.webhook.clone(),
            webhook_secret: self.webhook_secret.as_ref().map(PathBuf::from),
            propose: self.propose,
            patch: self.patch.as_ref().map(PathBuf::from),
            dry_run: self.dry_run,
            json,
            command: self.command.clone(),
        }
    }

    /// As [`options`](Self::options), without the files that may be gone since: enough where nothing is run.
    pub(crate) fn bare_options(&self) -> RunOptions {
        let (policy, runbooks, env_file, webhook) = Default::default();
        RunOptions { policy, runbooks, env_file, webhook, webhook_secret: None, patch: None, ..self.options(true) }
    }

    /// Writes it durably and at once.
    pub(crate) fn keep(&self, state: &StateDir) -> io::Result<()> {
        let folder = state.path().join(FOLDER);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&folder)?;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path(state, &self.incident)).map_err(|error| error.error)?;
        std::fs::File::open(&folder)?.sync_all()?;
        failpoint::hit("heal.manifest_kept");
        Ok(())
    }

    /// That of `incident`, if this directory has it.
    ///
    /// # Errors
    /// If it can't be read or understood.
    pub(crate) fn read(state: &StateDir, incident: &IncidentId) -> io::Result<Option<Self>> {
        // The name comes from a command line or a shared journal, and must not lead elsewhere.
        if !incident.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(None);
        }
        let path = path(state, incident);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let strange = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| strange(error.to_string()))?;
        match manifest.version == VERSION && manifest.incident == *incident {
            true => Ok(Some(manifest)),
            false => Err(strange("it is another version's or another incident's".to_owned())),
        }
    }

    /// The incidents that this directory has one of, oldest name first.
    pub(crate) fn all(state: &StateDir) -> Vec<IncidentId> {
        let entries = std::fs::read_dir(state.path().join(FOLDER)).into_iter().flatten().flatten();
        let name = |entry: std::fs::DirEntry| Some(IncidentId::new(entry.file_name().to_str()?.strip_suffix(".json")?));
        let mut found: Vec<IncidentId> = entries.filter_map(name).collect();
        found.sort();
        found
    }

    /// The directory that the private state in `folder` belongs to, if an incident of it has a manifest.
    pub(crate) fn directory_of(folder: &Path) -> Option<PathBuf> {
        let files = std::fs::read_dir(folder.join(FOLDER)).ok()?.flatten();
        files.filter_map(|file| std::fs::read(file.path()).ok()).find_map(|text| {
            let manifest: Self = serde_json::from_slice(&text).ok()?;
            Some(PathBuf::from(manifest.dir))
        })
    }

    /// Whether its incident is journaled in the store of `folder`; `None` is a database.
    pub(crate) fn is_of(&self, folder: Option<&Path>) -> bool {
        self.store.as_deref().map(Path::new) == folder
    }

    /// Forgets that of an incident that is closed. One that stays is looked at and removed by the next healer.
    pub(crate) fn remove(state: &StateDir, incident: &IncidentId) {
        let _ = std::fs::remove_file(path(state, incident));
    }
}

fn path(state: &StateDir, incident: &IncidentId) -> PathBuf {
    state.path().join(FOLDER).join(format!("{incident}.json"))
}

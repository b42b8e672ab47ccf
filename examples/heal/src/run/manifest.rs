//! What another process needs to go on with an incident of this directory: how its command was started.
//!
//! It holds the command line as it was given, which may contain what the journal must not: so it lies in the directory's
//! private state (0600), not in the store, and goes when the incident is closed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use selfheal_adapters::local::workspace::{StateDir, private};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::resource::Environment;
use serde::{Deserialize, Serialize};

use crate::cli::{EnvFile, RunOptions, StoreArgument};
use crate::models::ModelsOptions;
use crate::people::EnrolledOptions;
use crate::store::Identity;

const FOLDER: &str = "runs";
const VERSION: u32 = 1;

/// Largest manifest that is read, in bytes; a command line has at most some megabytes.
const MAX_BYTES: u64 = 64 << 20;

/// How the command of an incident was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    pub(crate) incident: IncidentId,
    /// Where its journal is.
    pub(crate) store: Identity,
    dir: OsString,
    name: Option<String>,
    env: Environment,
    policy: Vec<OsString>,
    #[serde(default)]
    recovery_policy: Vec<OsString>,
    #[serde(default)]
    healing_policy: Vec<OsString>,
    #[serde(default)]
    fleet: Option<OsString>,
    #[serde(default)]
    approvers: Option<OsString>,
    /// The document of its models, if one was named; their keys are nowhere but where it says.
    #[serde(default)]
    models: Option<OsString>,
    #[serde(default)]
    no_models: bool,
    /// On whose behalf it was started: going on with it doesn't change that.
    #[serde(default)]
    requester: Option<String>,
    runbooks: Vec<OsString>,
    env_file: Vec<OsString>,
    /// The same, as the user named them.
    #[serde(default)]
    env_file_names: Vec<OsString>,
    memory: Option<u64>,
    memory_max: Option<u64>,
    max_attempts: u32,
    no_rerun: bool,
    #[serde(default)]
    allow_run_command: bool,
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
    pub(crate) fn new(incident: IncidentId, options: &RunOptions, dir: &Path, store: Identity) -> Self {
        // Another process starts elsewhere.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string();
        Self {
            version: VERSION,
            incident,
            store,
            dir: dir.as_os_str().to_owned(),
            name: options.name.clone(),
            env: options.env.clone(),
            policy: options.policy.iter().map(absolute).collect(),
            recovery_policy: options.recovery_policy.iter().map(absolute).collect(),
            healing_policy: options.healing_policy.iter().map(absolute).collect(),
            fleet: options.fleet.as_ref().map(absolute),
            approvers: options.enrolled.approvers.as_ref().map(absolute),
            models: options.models.models.as_ref().map(absolute),
            no_models: options.models.no_models,
            requester: None,
            runbooks: options.runbooks.iter().map(absolute).collect(),
            env_file: options.env_file.iter().map(|file| absolute(&file.path)).collect(),
            env_file_names: options.env_file.iter().map(|file| file.name.clone()).collect(),
            memory: options.memory,
            memory_max: options.memory_max,
            max_attempts: options.max_attempts,
            no_rerun: options.no_rerun,
            allow_run_command: options.allow_run_command,
            rerun_timeout: options.rerun_timeout,
            webhook: options.webhook.clone(),
            webhook_secret: options.webhook_secret.as_ref().map(absolute),
            propose: options.propose,
            patch: options.patch.as_ref().map(absolute),
            dry_run: options.dry_run,
            command: options.command.clone(),
        }
    }

    /// The same, started on behalf of `requester`.
    pub(crate) fn on_behalf_of(self, requester: Option<String>) -> Self {
        Self { requester, ..self }
    }

    /// On whose behalf it was started, if that was somebody who is enrolled.
    pub(crate) fn requester(&self) -> Option<&str> {
        self.requester.as_deref()
    }

    /// The options as they were given, with paths made absolute.
    pub(crate) fn options(&self, json: bool) -> RunOptions {
        let paths = |list: &[OsString]| list.iter().map(PathBuf::from).collect();
        RunOptions {
            dir: PathBuf::from(&self.dir),
            name: self.name.clone(),
            env: self.env.clone(),
            policy: paths(&self.policy),
            recovery_policy: paths(&self.recovery_policy),
            healing_policy: paths(&self.healing_policy),
            fleet: self.fleet.as_ref().map(PathBuf::from),
            enrolled: EnrolledOptions { approvers: self.approvers.as_ref().map(PathBuf::from) },
            models: ModelsOptions { models: self.models.as_ref().map(PathBuf::from), no_models: self.no_models },
            runbooks: paths(&self.runbooks),
            env_file: self.env_files(),
            memory: self.memory,
            memory_max: self.memory_max,
            max_attempts: self.max_attempts,
            no_rerun: self.no_rerun,
            allow_run_command: self.allow_run_command,
            store: self.store.folder().map(StoreArgument::Folder),
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

    /// The files whose variables it could be given.
    pub(crate) fn env_files(&self) -> Vec<EnvFile> {
        let mut names = self.env_file_names.iter();
        let named = |path: &OsString| EnvFile { name: names.next().unwrap_or(path).clone(), path: path.into() };
        self.env_file.iter().map(named).collect()
    }

    /// As [`options`](Self::options), without the files that may be gone since: enough where nothing is run.
    pub(crate) fn bare_options(&self) -> RunOptions {
        let (policy, recovery_policy, healing_policy) = Default::default();
        let (runbooks, env_file, webhook, enrolled) = Default::default();
        let models = ModelsOptions::NONE;
        let all = self.options(true);
        let (fleet, webhook_secret, patch) = (None, None, None);
        RunOptions {
            policy,
            recovery_policy,
            healing_policy,
            fleet,
            enrolled,
            models,
            runbooks,
            env_file,
            webhook,
            webhook_secret,
            patch,
            ..all
        }
    }

    /// Writes it durably and at once.
    pub(crate) fn keep(&self, state: &StateDir) -> io::Result<()> {
        private::write(&state.path().join(FOLDER), &file_name(&self.incident), &[&serde_json::to_vec(self)?])?;
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
        let strange = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let read = private::read(&path, MAX_BYTES).map_err(|error| strange(error.to_string()))?;
        let Some(text) = read else { return Ok(None) };
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

    /// The directory that its command runs in.
    pub(crate) fn dir(&self) -> &Path {
        Path::new(&self.dir)
    }

    /// That of `incident`, in whichever directory's private state in `states` it lies.
    pub(crate) fn find(states: &Path, incident: &IncidentId) -> Option<Self> {
        let folders = std::fs::read_dir(states).into_iter().flatten().flatten();
        let found = |folder: std::fs::DirEntry| {
            let state = StateDir::existing(&folder.path())?;
            Self::read(&state, incident).ok().flatten()
        };
        folders.into_iter().find_map(found)
    }

    /// Removes what a kill kept from becoming a manifest. The caller holds the directory's lock.
    pub(crate) fn sweep(state: &StateDir) {
        let entries = std::fs::read_dir(state.path().join(FOLDER)).into_iter().flatten().flatten();
        let unfinished = |entry: &std::fs::DirEntry| !entry.file_name().as_encoded_bytes().ends_with(b".json");
        // One that can't be removed is tried by the next healer.
        entries.filter(unfinished).for_each(|entry| drop(private::remove(&entry.path())));
    }

    /// Forgets that of an incident that is closed. One that stays is looked at and removed by the next healer.
    pub(crate) fn remove(state: &StateDir, incident: &IncidentId) {
        let _ = std::fs::remove_file(path(state, incident));
    }
}

fn path(state: &StateDir, incident: &IncidentId) -> PathBuf {
    state.path().join(FOLDER).join(file_name(incident))
}

fn file_name(incident: &IncidentId) -> String {
    format!("{incident}.json")
}

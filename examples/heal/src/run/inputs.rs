//! What the user gave, read and checked before the command runs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use selfheal_adapters::local::process::{Launcher, Passthrough};
use selfheal_adapters::local::workspace::{ContentHash, StateDir};
use selfheal_adapters::local::{ConfiguredVariable, Pipeline, PipelineConfig, command_line};
use selfheal_core::confidence::Autonomy;
use selfheal_core::engine::State;
use selfheal_core::fleet::FleetLimits;
use selfheal_core::incident::IncidentId;
use selfheal_core::limits::ModelLimits;
use selfheal_core::ports::{LlmProvider, Notifier, PolicyEngine};
use selfheal_core::resource::Environment;
use selfheal_detect::redact::{Redactor, RedactorBuilder};
use selfheal_policy::command::CommandGuard;
use selfheal_policy::fleet;
use selfheal_policy::guardrails::Guardrails;
use selfheal_policy::recovery::{Names, RecoveryPolicies, Tightened, Waiting};
use selfheal_policy::runbook::Catalogue;

use super::channels::channels;
use super::manifest::Manifest;
use super::{Refusal, commands, env_file};
use crate::cli::RunOptions;
use crate::models::Models;
use crate::people::Enrolled;
use crate::signals::Stop;
use crate::store::Place;

/// What the user gave. A wrong file is refused before the command runs, not after it failed.
pub(super) struct Inputs {
    pub(super) dir: PathBuf,
    pub(super) state: StateDir,
    pub(super) store: Place,
    pub(super) variables: BTreeMap<String, ConfiguredVariable>,
    pub(super) redactor: Arc<Redactor>,
    pub(super) channels: Vec<Arc<dyn Notifier>>,
    given_runbooks: Option<Arc<Catalogue>>,
    autonomy: Autonomy,
    policy: Policy,
    pub(super) enrolled: Enrolled,
    /// On whose behalf this runs, if they are enrolled.
    pub(super) requester: Option<String>,
    pub(super) fleet: Option<FleetLimits>,
    models: Option<Models>,
    command: Vec<OsString>,
}

impl Inputs {
    pub(super) fn read(options: &RunOptions, user_state: Option<PathBuf>) -> Result<Self, Refusal> {
        let dir = directory(&options.dir)?;
        check_patch(options.patch.as_deref())?;
        let mut variables = BTreeMap::new();
        for file in &options.env_file {
            env_file::read(file, &mut variables)?;
        }
        let state = StateDir::of(&dir, user_state.as_deref())
            .map_err(|error| Refusal::usage(format!("no place for the healer's own files: {error}")))?;
        let store = Place::of(options.store.as_ref(), state.store())?;
        let enrolled = Enrolled::find(&options.enrolled, &store);
        let given = guardrails(options)?;
        let models = Models::find(&options.models)?;
        Ok(Self {
            redactor: Arc::new(with_keys(redactor(&variables), models.as_ref())?.build()),
            channels: channels(options)?,
            given_runbooks: (!options.runbooks.is_empty())
                .then(|| catalogue(&options.runbooks))
                .transpose()?
                .map(Arc::new),
            autonomy: given.as_ref().and_then(|given| given.autonomy()).cloned().unwrap_or_default(),
            policy: Policy::read(options, given)?,
            requester: enrolled.read()?.own_name()?,
            models,
            enrolled,
            fleet: options.fleet.as_deref().map(fleet::from_file).transpose().map_err(Refusal::usage)?,
            store,
            command: options.command.clone(),
            variables,
            state,
            dir,
        })
    }

    /// The command line, for people; redacted.
    pub(super) fn command_line(&self) -> String {
        command_line(&self.command, &self.redactor)
    }

    /// The runbooks; the shipped ones alone are read only when they are needed.
    pub(super) fn runbooks(&self) -> Result<Arc<Catalogue>, Refusal> {
        match &self.given_runbooks {
            Some(given) => Ok(Arc::clone(given)),
            None => Catalogue::shipped().map(Arc::new).map_err(Refusal::failed),
        }
    }

    /// What decides; the shipped guardrails alone are read only when they are needed.
    pub(super) fn policy(&self) -> Result<Arc<dyn PolicyEngine>, Refusal> {
        Ok(match &self.policy {
            Policy::Shipped => Arc::new(Guardrails::shipped().map_err(Refusal::failed)?),
            Policy::Given(guardrails) => Arc::new(CommandGuard::of(Arc::clone(guardrails))),
            Policy::Tightened(tightened) => tightened.clone(),
        })
    }

    /// The language models to ask, if some are configured.
    pub(super) fn model(&self) -> Result<Option<Arc<dyn LlmProvider>>, Refusal> {
        self.models.as_ref().map(Models::provider).transpose()
    }

    /// What they may cost.
    pub(super) fn model_limits(&self) -> ModelLimits {
        self.models.as_ref().map(Models::limits).unwrap_or_default()
    }

    /// How sure the healer has to be to act by itself, as the user's guardrails say it.
    pub(super) fn autonomy(&self) -> Autonomy {
        self.autonomy.clone()
    }

    /// Whether a recovery policy is about `pipeline`.
    pub(super) fn has_recovery_policy(&self, pipeline: &str) -> bool {
        match &self.policy {
            Policy::Tightened(tightened) => tightened.policies().allowed_kinds(pipeline).is_some(),
            _ => false,
        }
    }

    /// Whether the healer lets `pipeline` fail more than once before it steps in.
    pub(super) fn is_patient(&self, pipeline: &str) -> bool {
        self.waiting(pipeline, 1).is_some()
    }

    /// What it still waits for after so many failures in a row.
    pub(super) fn waiting(&self, pipeline: &str, failures: u32) -> Option<Waiting> {
        match &self.policy {
            Policy::Tightened(tightened) => tightened.policies().waiting(pipeline, failures),
            _ => None,
        }
    }

    /// The pipeline of a command that has not been run yet.
    pub(super) fn pipeline(&self, options: &RunOptions, stop: &Stop) -> Result<Pipeline, Refusal> {
        Ok(Pipeline::new(self.config(options)?, stop.process.clone()))
    }

    /// The pipeline of an incident that another process opened.
    pub(super) fn resumed(&self, options: &RunOptions, stop: &Stop, state: &State) -> Result<Pipeline, Refusal> {
        let config = self.config(options)?;
        Pipeline::resumed(config, stop.process.clone(), &state.incident).map_err(Refusal::failed)
    }

    fn config(&self, options: &RunOptions) -> Result<PipelineConfig, Refusal> {
        let (program, args) =
            self.command.split_first().ok_or_else(|| Refusal::usage("expected a command after `--`"))?;
        let last_name = self.dir.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
        Ok(PipelineConfig {
            name: options.name.clone().unwrap_or(last_name),
            dir: self.dir.clone(),
            program: program.clone(),
            args: args.to_vec(),
            passthrough: if options.json { Passthrough::AllToStderr } else { Passthrough::Streams },
            memory: options.memory,
            memory_max: options.memory_max,
            max_starts: options.max_attempts,
            rerun_timeout: options.rerun_timeout.map(Duration::from_secs),
            variables: self.variables.clone(),
            redactor: Arc::clone(&self.redactor),
            leave_in_place: options.propose || options.env == Environment::Production,
            state: self.state.clone(),
            scratch: self.scratch(),
            launcher: Some(Launcher::this_executable().map_err(Refusal::failed)?),
        })
    }

    // Outside of the project, where no tool that looks upwards meets its manifests.
    fn scratch(&self) -> PathBuf {
        // As many places as locks: who holds this directory's lock may sweep this place.
        let lock = ContentHash::of(self.state.path().as_os_str().as_encoded_bytes());
        let name = format!("selfheal-{}", &lock.as_str()[..16]);
        let outside = |place: &PathBuf| place.canonicalize().is_ok_and(|place| !place.starts_with(&self.dir));
        let places = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
        places.into_iter().find(outside).unwrap_or_else(std::env::temp_dir).join(name)
    }
}

/// The file of the patch must be possible before the command runs; that it can't be written is no way to end a heal.
fn check_patch(given: Option<&Path>) -> Result<(), Refusal> {
    let Some(given) = given else { return Ok(()) };
    let folder = given.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.is_dir() && !given.is_dir() {
        true => Ok(()),
        false => Err(Refusal::usage(format!("--patch {}: expected a file in a folder that exists", given.display()))),
    }
}

fn directory(given: &Path) -> Result<PathBuf, Refusal> {
    let refuse = |problem: &dyn std::fmt::Display| Refusal::usage(format!("--dir {}: {problem}", given.display()));
    let dir = given.canonicalize().map_err(|error| refuse(&error))?;
    if !dir.is_dir() {
        return Err(refuse(&"expected a directory"));
    }
    std::fs::read_dir(&dir).map_err(|error| refuse(&error))?;
    Ok(dir)
}

/// The user's state directory, by the XDG base directory specification.
pub(crate) fn user_state() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
}

fn catalogue(folders: &[PathBuf]) -> Result<Catalogue, Refusal> {
    let shipped = Catalogue::builder().with_kinds(commands::kinds()).with_shipped().map_err(Refusal::failed)?;
    let all = folders.iter().try_fold(shipped, |builder, folder| builder.with_directory(folder));
    all.and_then(|builder| builder.build()).map_err(Refusal::usage)
}

/// The user's guardrails, if there are any.
fn guardrails(options: &RunOptions) -> Result<Option<Arc<Guardrails>>, Refusal> {
    match options.policy.as_slice() {
        [] => Ok(None),
        files => Ok(Some(Arc::new(Guardrails::from_files(files).map_err(Refusal::usage)?))),
    }
}

/// What decides about plans.
enum Policy {
    /// The shipped guardrails alone.
    Shipped,
    /// With the user's.
    Given(Arc<Guardrails>),
    /// Either, with recovery and healing policies laid over them.
    Tightened(Arc<Tightened>),
}

impl Policy {
    fn read(options: &RunOptions, given: Option<Arc<Guardrails>>) -> Result<Self, Refusal> {
        let files: Vec<&PathBuf> = options.recovery_policy.iter().chain(&options.healing_policy).collect();
        if files.is_empty() {
            return Ok(given.map_or(Self::Shipped, Self::Given));
        }
        let policies = RecoveryPolicies::from_files(&files, &Names::default()).map_err(Refusal::usage)?;
        let guardrails = match given {
            Some(given) => given,
            None => Arc::new(Guardrails::shipped().map_err(Refusal::failed)?),
        };
        Ok(Self::Tightened(Arc::new(policies.over(Arc::new(CommandGuard::of(guardrails))))))
    }
}

/// What the healer of `incident` redacts, as far as that is known on this machine: an env file may be gone, or another's.
pub(crate) fn redactor_of(incident: &IncidentId, states: &Path) -> Redactor {
    let mut variables = BTreeMap::new();
    let files = Manifest::find(states, incident).map(|manifest| manifest.env_files()).unwrap_or_default();
    for file in &files {
        // Without it, what any secret looks like is still refused.
        drop(env_file::read(file, &mut variables));
    }
    redactor(&variables).build()
}

/// The keys of models too, wherever they come from: found out before the command runs.
fn with_keys(redactor: RedactorBuilder, models: Option<&Models>) -> Result<RedactorBuilder, Refusal> {
    match models {
        Some(models) => models.redacting(redactor),
        None => Ok(redactor),
    }
}

/// Values that are redacted wherever they appear: those of env files, and of variables whose name says that they are secret.
fn redactor(variables: &BTreeMap<String, ConfiguredVariable>) -> RedactorBuilder {
    let mut builder = Redactor::builder();
    for (name, variable) in variables {
        builder = builder.known(name, variable.value.as_encoded_bytes());
    }
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if names_a_secret(name) && value.len() >= 8 {
            builder = builder.known(name, value);
        }
    }
    builder
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "PRIVATE_KEY", "LLM_KEY", "CREDENTIAL"]
        .iter()
        .any(|part| name.contains(part))
}

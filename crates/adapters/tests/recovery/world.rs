//! A project, and healer processes that work on it one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use selfheal_adapters::local::ecosystem::SystemTools;
use selfheal_adapters::local::process::{Cancel, Passthrough};
use selfheal_adapters::local::workspace::StateDir;
use selfheal_adapters::local::{
    COMMAND_SUCCEEDS, ConfiguredVariable, LocalExecutor, LocalLog, Pipeline, PipelineConfig, observation,
};
use selfheal_core::action::{Action, ActionKind, Parameter, Parameters, Value};
use selfheal_core::confidence::Confidence;
use selfheal_core::criterion::{Observation, SuccessCriterion};
use selfheal_core::diagnosis::Source;
use selfheal_core::error::Result;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{Compensation, Plan, PlanHash, Preview, Step, StepRetry};
use selfheal_core::ports::{
    Approved, EffectStatus, Executor, HealthProbe, LogSource, ProbeRequest, Rehearsal, Undone, Work,
};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

pub(crate) const SECRET: &str = "correct-horse-battery-staple";

pub(crate) struct Project {
    root: tempfile::TempDir,
    pub(crate) dir: PathBuf,
    script: String,
}

impl Project {
    /// A project whose command is `script`; it appends a letter to the file `$RUNS` per run in place.
    pub(crate) fn new(script: &str) -> Self {
        Self::in_directory("project".as_ref(), script)
    }

    /// The same, in a directory of this name.
    pub(crate) fn in_directory(name: &std::ffi::OsStr, script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().canonicalize().unwrap().join(name);
        fs::create_dir(&dir).unwrap();
        let runs = root.path().join("runs");
        let script = format!("printf x >> '{}'; {script}", runs.display());
        Self { root, dir, script }
    }

    pub(crate) fn runs(&self) -> usize {
        fs::read(self.root.path().join("runs")).map_or(0, |runs| runs.len())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap()
    }

    pub(crate) fn state(&self) -> StateDir {
        StateDir::of(&self.dir, Some(&self.root.path().join("state"))).unwrap()
    }

    /// All private files of the healer.
    pub(crate) fn kept(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut left = vec![self.state().path().to_owned()];
        while let Some(dir) = left.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { left.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    pub(crate) fn kept_file(&self, name: &str) -> PathBuf {
        let is = |path: &&PathBuf| path.file_name().is_some_and(|found| found == name);
        let kept = self.kept();
        kept.iter().find(is).unwrap_or_else(|| panic!("no {name} among {kept:?}")).clone()
    }

    fn config(&self, variables: BTreeMap<String, ConfiguredVariable>) -> PipelineConfig {
        PipelineConfig {
            name: "project".to_owned(),
            dir: self.dir.clone(),
            program: "sh".into(),
            args: vec!["-c".into(), self.script.clone().into()],
            passthrough: Passthrough::Silent,
            memory: None,
            memory_max: Some(8 << 30),
            max_starts: 5,
            rerun_timeout: None,
            variables,
            redactor: Arc::new(Redactor::builder().known("PASSPHRASE", SECRET).build()),
            leave_in_place: false,
            state: self.state(),
            scratch: self.root.path().join("scratch"),
            launcher: None,
        }
    }

    /// The process that runs the command first.
    pub(crate) fn first_process(&self) -> Process {
        let pipeline = Pipeline::new(self.config(variables()), Cancel::new());
        pipeline.run_in_place().unwrap();
        Process::over(pipeline)
    }

    /// A process that goes on with `incident` after the one before was killed.
    pub(crate) fn next_process(&self, incident: &Incident) -> Process {
        self.next_process_with(incident, variables())
    }

    pub(crate) fn next_process_with(
        &self,
        incident: &Incident,
        variables: BTreeMap<String, ConfiguredVariable>,
    ) -> Process {
        Process::over(Pipeline::resumed(self.config(variables), Cancel::new(), incident).unwrap())
    }
}

fn variables() -> BTreeMap<String, ConfiguredVariable> {
    variables_with(SECRET)
}

pub(crate) fn variables_with(value: &str) -> BTreeMap<String, ConfiguredVariable> {
    let value = ConfiguredVariable { value: value.into(), source: "test.env".to_owned() };
    BTreeMap::from([("PASSPHRASE".to_owned(), value)])
}

pub(crate) fn resource() -> ResourceRef {
    ResourceRef::new("local", "pipeline", "project")
}

pub(crate) fn incident(id: &str) -> Incident {
    let facts = Facts::new().with("exit_code", Fact::Number(1)).with("duration_ms", Fact::Number(5));
    Incident {
        id: IncidentId::new(id),
        fingerprint: Fingerprint::of(&resource(), &facts, &[]),
        resource: resource(),
        environment: Environment::Dev,
        severity: Severity::Error,
        facts,
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

/// What the journal would hold of a plan.
pub(crate) struct Journaled {
    pub(crate) incident: Incident,
    pub(crate) steps: Vec<Step>,
    pub(crate) previews: Vec<Preview>,
    pub(crate) hash: PlanHash,
}

impl Journaled {
    fn work(&self) -> Work<'_> {
        let Incident { id, resource, environment, .. } = &self.incident;
        Work::for_tests(id, resource, environment, &self.steps, &self.previews, Some(&self.hash))
    }
}

/// A healer; dropping it is what a kill leaves of it.
pub(crate) struct Process {
    pub(crate) pipeline: Arc<Pipeline>,
    executor: LocalExecutor,
}

impl Process {
    fn over(pipeline: Pipeline) -> Self {
        let pipeline = Arc::new(pipeline);
        let executor = LocalExecutor::new(Arc::clone(&pipeline), Arc::new(SystemTools::default()));
        Self { pipeline, executor }
    }

    /// The incident as the orchestrator opens it after the first run.
    pub(crate) async fn opened(&self, id: &str) -> Incident {
        let facts = observation::facts(&self.pipeline.last_run().unwrap(), None);
        let evidence = LocalLog::new(Arc::clone(&self.pipeline)).tail(&resource(), 500).await.unwrap();
        let fingerprint = Fingerprint::of(&resource(), &facts, &evidence);
        Incident { fingerprint, facts, evidence, ..incident(id) }
    }

    pub(crate) async fn preview(&self, incident: Incident, steps: Vec<Step>) -> Journaled {
        let work = Work::for_tests(&incident.id, &incident.resource, &incident.environment, &steps, &[], None);
        let previews = self.executor.preview(&work).await.unwrap();
        let plan = Plan {
            steps: steps.clone(),
            rationale: String::new(),
            source: Source::Nothing,
            confidence: Confidence::NONE,
        };
        Journaled { hash: PlanHash::of(&plan, &previews), incident, steps, previews }
    }

    pub(crate) async fn rehearse(&self, plan: &Journaled) -> Result<Rehearsal> {
        self.executor.rehearse(&plan.work()).await
    }

    pub(crate) async fn apply(&self, plan: &Journaled, step: usize) -> Result<()> {
        self.executor.apply(&Approved::for_tests(plan.work()), step, 1).await
    }

    pub(crate) async fn probe(&self, plan: &Journaled, step: usize) -> Result<EffectStatus> {
        Executor::probe(&self.executor, &plan.work(), step).await
    }

    pub(crate) async fn undo(&self, plan: &Journaled, step: usize) -> Result<Undone> {
        self.executor.undo(&plan.work(), step).await
    }

    pub(crate) async fn verify(&self, plan: &Journaled) -> Result<Observation> {
        let request =
            ProbeRequest { probe: COMMAND_SUCCEEDS, resource: &plan.incident.resource, incident: &plan.incident.id };
        self.executor.probe().observe(&request).await
    }

    pub(crate) async fn settle(&self, incident: &Incident) {
        self.executor.settle(&incident.id).await.unwrap();
    }

    pub(crate) fn patch(&self) -> String {
        self.executor.patch()
    }
}

fn step(kind: ActionKind, compensation: Compensation, parameters: &[(&str, Value)]) -> Step {
    let parameter = |value: &Value| Parameter::configured("test", value.clone());
    let parameters: Parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), parameter(value))).collect();
    let specs = standard_specs();
    let spec = specs.iter().find(|spec| spec.kind == kind).unwrap();
    Step {
        action: Action::for_tests(spec, resource(), parameters).unwrap(),
        criteria: vec![SuccessCriterion::Probe(COMMAND_SUCCEEDS.to_owned())],
        compensation,
        retry: StepRetry::ONCE,
    }
}

pub(crate) fn edit(path: &str, line: i64, expected: &str, replacement: &str) -> Step {
    let text = |text: &str| Value::Text(text.to_owned());
    let parameters = [
        ("path", text(path)),
        ("line", Value::Integer(line)),
        ("expected", text(expected)),
        ("replacement", text(replacement)),
    ];
    step(ActionKind::EDIT_FILE, Compensation::Undo, &parameters)
}

pub(crate) fn set_environment() -> Step {
    let text = |text: &str| Value::Text(text.to_owned());
    step(ActionKind::SET_ENVIRONMENT, Compensation::Undo, &[("name", text("PASSPHRASE")), ("source", text("test.env"))])
}

pub(crate) fn increase_memory(bytes: i64) -> Step {
    step(ActionKind::INCREASE_MEMORY, Compensation::Undo, &[("limit_bytes", Value::Integer(bytes))])
}

pub(crate) fn retry_stage() -> Step {
    let parameters = [("attempts", Value::Integer(3)), ("initial_backoff_ms", Value::Integer(0))];
    step(ActionKind::RETRY_STAGE, Compensation::NothingToUndo, &parameters)
}

pub(crate) fn mode_of(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

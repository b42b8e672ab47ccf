//! The local ports keep the obligations of core's "To be correct" lists.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_adapters::local::ecosystem::SystemTools;
use selfheal_adapters::local::process::{Cancel, Passthrough};
use selfheal_adapters::local::workspace::StateDir;
use selfheal_adapters::local::{LocalExecutor, LocalLog, Pipeline, PipelineConfig};
use selfheal_core::action::{Action, ActionKind, Parameter, Parameters, Value};
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::plan::{Compensation, Step, StepRetry};
use selfheal_core::ports::Executor;
use selfheal_core::resource::ResourceRef;
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::conformance::{self, ExecutorFixture, LogFixture};
use selfheal_detect::redact::Redactor;

struct Project {
    root: tempfile::TempDir,
    dir: PathBuf,
}

impl Project {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&dir).unwrap();
        Self { root, dir }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.join(name), text).unwrap();
    }

    fn pipeline(&self, script: &str, redactor: Redactor) -> Arc<Pipeline> {
        let config = PipelineConfig {
            name: "project".to_owned(),
            dir: self.dir.clone(),
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            passthrough: Passthrough::Silent,
            memory: None,
            memory_max: None,
            max_starts: 10,
            rerun_timeout: None,
            variables: BTreeMap::new(),
            redactor: Arc::new(redactor),
            leave_in_place: false,
            state: StateDir::of(&self.dir, Some(&self.root.path().join("state"))).unwrap(),
            scratch: self.root.path().join("scratch"),
            launcher: None,
        };
        Arc::new(Pipeline::new(config, Cancel::new()))
    }
}

struct Fixture {
    project: Project,
    executor: Arc<LocalExecutor>,
}

impl Fixture {
    fn boxed() -> Box<dyn ExecutorFixture> {
        let project = Project::new();
        project.write("service.conf", "# settings\nworkers = 0\n");
        project.write("notes.txt", "one\ntwo\n");
        let pipeline = project.pipeline("grep -q 'workers = 4' service.conf", Redactor::default());
        let executor = Arc::new(LocalExecutor::new(pipeline, Arc::new(SystemTools::default())));
        Box::new(Self { project, executor })
    }
}

fn edit(path: &str, line: i64, expected: &str, replacement: &str) -> Step {
    let text = |text: &str| Parameter::configured("test", Value::Text(text.to_owned()));
    let parameters = Parameters::from([
        ("path".to_owned(), text(path)),
        ("line".to_owned(), Parameter::configured("test", Value::Integer(line))),
        ("expected".to_owned(), text(expected)),
        ("replacement".to_owned(), text(replacement)),
    ]);
    let specs = standard_specs();
    let spec = specs.iter().find(|spec| spec.kind == ActionKind::EDIT_FILE).unwrap();
    Step {
        action: Action::for_tests(spec, ResourceRef::new("local", "pipeline", "project"), parameters).unwrap(),
        criteria: vec![SuccessCriterion::Probe("command_succeeds".to_owned())],
        compensation: Compensation::Undo,
        retry: StepRetry::ONCE,
    }
}

#[async_trait]
impl ExecutorFixture for Fixture {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    // The third edit stands on the first: previews are cumulative.
    fn steps(&self) -> Vec<Step> {
        vec![
            edit("service.conf", 2, "workers = 0", "workers = 2"),
            edit("notes.txt", 1, "one", "1"),
            edit("service.conf", 2, "workers = 2", "workers = 4"),
        ]
    }

    async fn observe(&self) -> String {
        let mut files: Vec<_> =
            std::fs::read_dir(&self.project.dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|path| format!("{}: {}", path.display(), std::fs::read_to_string(path).unwrap())).collect()
    }

    async fn disturb(&self) {
        self.project.write("service.conf", "# somebody else's\nworkers = 9\n");
    }
}

#[tokio::test]
async fn executor() {
    conformance::executor(|| async { Fixture::boxed() }).await.unwrap();
}

#[tokio::test]
async fn log_source() {
    let project = Project::new();
    let secret = "correct-horse-battery";
    let script = format!(
        "i=1; while [ $i -le 30 ]; do echo \"line $i\"; i=$((i+1)); done; printf '\\033[31msecret {secret}\\033[0m\\n'; exit 1"
    );
    let pipeline = project.pipeline(&script, Redactor::builder().known("PASSPHRASE", secret).build());
    pipeline.run_in_place().unwrap();
    let fixture = LogFixture {
        source: Arc::new(LocalLog::new(Arc::clone(&pipeline))),
        resource: pipeline.resource(),
        secret: secret.to_owned(),
    };
    conformance::log_source(fixture).await.unwrap();
}

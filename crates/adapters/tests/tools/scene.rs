//! A project to look into.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use selfheal_adapters::local::ecosystem::{SystemTools, Tools};
use selfheal_adapters::local::process::{Cancel, Passthrough};
use selfheal_adapters::local::workspace::StateDir;
use selfheal_adapters::local::{ConfiguredVariable, Pipeline, PipelineConfig, read_tools};
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::ports::{LookUp, ReadTool};
use selfheal_core::resource::ResourceRef;
use selfheal_detect::redact::Redactor;

pub(crate) struct Project {
    root: tempfile::TempDir,
    pub(crate) dir: PathBuf,
    tools: Arc<dyn Tools>,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::with_tools(Arc::new(SystemTools::default()))
    }

    pub(crate) fn with_tools(tools: Arc<dyn Tools>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().canonicalize().unwrap().join("project");
        fs::create_dir(&dir).unwrap();
        Self { root, dir, tools }
    }

    /// A directory beside the project.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        let path = self.root.path().canonicalize().unwrap().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a script in the project, with git as somebody who has no configuration.
    pub(crate) fn sh(&self, script: &str) {
        assert!(self.attempt(script), "{script}");
    }

    /// Whether a script of the same kind succeeds.
    pub(crate) fn attempt(&self, script: &str) -> bool {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(&self.dir);
        for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
            command.env(format!("{name}_NAME"), "Ada").env(format!("{name}_EMAIL"), "ada@example.com");
            command.env(format!("{name}_DATE"), "2026-01-02T03:04:05Z");
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.output().unwrap().status.success()
    }

    /// A repository with two commits: `a.txt` from `one` to `two`.
    pub(crate) fn with_history(self) -> Self {
        self.sh("git init -q -b main; echo one > a.txt; git add a.txt; git commit -qm 'first words'");
        self.sh("echo two > a.txt; git commit -qam 'say two'");
        self
    }

    pub(crate) fn pipeline(&self, dir: &Path) -> Arc<Pipeline> {
        let variable = ConfiguredVariable { value: "not-to-be-told".into(), source: ".env".to_owned() };
        Arc::new(Pipeline::new(
            PipelineConfig {
                name: "project".to_owned(),
                dir: dir.to_owned(),
                program: "true".into(),
                args: Vec::new(),
                passthrough: Passthrough::Silent,
                memory: None,
                memory_max: None,
                max_starts: 1,
                rerun_timeout: None,
                variables: BTreeMap::from([("DATABASE_URL".to_owned(), variable)]),
                redactor: Arc::new(Redactor::default()),
                leave_in_place: false,
                state: StateDir::of(dir, Some(&self.root.path().join("state"))).unwrap(),
                scratch: self.root.path().join("scratch"),
                launcher: None,
            },
            Cancel::new(),
        ))
    }

    pub(crate) fn tool(&self, name: &str) -> (Arc<dyn ReadTool>, ResourceRef) {
        self.tool_of(&self.dir, name)
    }

    fn tool_of(&self, dir: &Path, name: &str) -> (Arc<dyn ReadTool>, ResourceRef) {
        let pipeline = self.pipeline(dir);
        let tools = read_tools(&pipeline, Arc::clone(&self.tools));
        (tools.into_iter().find(|tool| tool.spec().name == name).unwrap(), pipeline.resource())
    }

    pub(crate) async fn look(&self, name: &str, arguments: &[(&str, &str)]) -> Result<String> {
        self.look_in(&self.dir, name, arguments).await
    }

    /// What the tool answers about a pipeline of `dir`.
    pub(crate) async fn look_in(&self, dir: &Path, name: &str, arguments: &[(&str, &str)]) -> Result<String> {
        let (tool, resource) = self.tool_of(dir, name);
        let arguments: BTreeMap<String, Untrusted<String>> =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), Untrusted::new((*value).to_owned()))).collect();
        let (facts, arguments) = (Facts::new(), &arguments);
        let what = LookUp { resource: &resource, facts: &facts, arguments };
        tool.look(&what).await.map(|said| said.read().clone())
    }
}

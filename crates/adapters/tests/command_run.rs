//! Commands of a person: what is run, in which environment, and what is not.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use selfheal_adapters::local::process::{Cancel, Passthrough};
use selfheal_adapters::local::workspace::StateDir;
use selfheal_adapters::local::{CommandExecutor, Pipeline, PipelineConfig};
use selfheal_core::action::{Action, Parameter, Parameters, Reversibility, Value};
use selfheal_core::confidence::Confidence;
use selfheal_core::diagnosis::Source;
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::evidence::Evidence;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{Compensation, Plan, PlanHash, Preview, Step, StepRetry};
use selfheal_core::ports::{Approved, CommandJudge, EffectStatus, Executor, JudgedCommand, Rehearsal, Undone, Work};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::run_command_spec;
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

/// Lets everything through as the words that it is, until it is told not to.
#[derive(Default)]
struct Lenient {
    refuses: AtomicBool,
}

impl CommandJudge for Lenient {
    fn judge(&self, text: &str) -> Result<JudgedCommand> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Forbidden, "command.judge", "destructive: deletes it all"));
        }
        let mut words = text.split_whitespace().map(str::to_owned);
        Ok(JudgedCommand { program: words.next().unwrap(), args: words.collect() })
    }
}

/// A project, and beside it a program `look` that writes down how it was run.
struct World {
    root: tempfile::TempDir,
    dir: PathBuf,
    judge: Arc<Lenient>,
}

impl World {
    /// `script` is what the program does after it wrote a line to `runs`.
    fn new(script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().canonicalize().unwrap().join("project");
        fs::create_dir_all(dir.join("sub")).unwrap();
        fs::write(dir.join("notes.txt"), "one\n").unwrap();
        let world = Self { dir, root, judge: Arc::default() };
        world.install(script);
        world
    }

    fn install(&self, script: &str) {
        let runs = self.path("runs");
        let text = format!("#!/bin/sh\necho \"$PWD $*\" >>'{}'\n{script}\n", runs.display());
        fs::write(self.path("look"), text).unwrap();
        fs::set_permissions(self.path("look"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    /// Where it was run, and with which arguments.
    fn runs(&self) -> Vec<String> {
        let all = fs::read_to_string(self.path("runs")).unwrap_or_default();
        all.lines().map(str::to_owned).collect()
    }

    fn config(&self) -> PipelineConfig {
        PipelineConfig {
            name: "project".to_owned(),
            dir: self.dir.clone(),
            program: "true".into(),
            args: Vec::new(),
            passthrough: Passthrough::Silent,
            memory: None,
            memory_max: None,
            max_starts: 10,
            rerun_timeout: None,
            variables: BTreeMap::new(),
            redactor: Arc::new(Redactor::builder().known("PASSPHRASE", "correct-horse-battery").build()),
            leave_in_place: false,
            state: StateDir::of(&self.dir, Some(&self.path("state"))).unwrap(),
            scratch: self.path("scratch"),
            launcher: None,
        }
    }

    fn executor(&self) -> CommandExecutor {
        let pipeline = Arc::new(Pipeline::new(self.config(), Cancel::new()));
        CommandExecutor::new(pipeline, self.judge.clone())
    }

    /// As another process would have it, after this one was killed.
    fn resumed(&self) -> CommandExecutor {
        let incident = Incident {
            id: IncidentId::new("inc-1"),
            fingerprint: Fingerprint::from_hex("00"),
            resource: resource(),
            environment: Environment::Dev,
            severity: Severity::Error,
            facts: Facts::new(),
            evidence: Vec::<Evidence>::new(),
            observed_at: Timestamp::default(),
            opened_at: Timestamp::default(),
        };
        let pipeline = Pipeline::resumed(self.config(), Cancel::new(), &incident).unwrap();
        CommandExecutor::new(Arc::new(pipeline), self.judge.clone())
    }

    /// The step that runs the program with these arguments and further parameters.
    fn look(&self, args: &str, more: &[(&str, Value)]) -> Step {
        command(&format!("{} {args}", self.path("look").display()), more)
    }
}

fn resource() -> ResourceRef {
    ResourceRef::new("local", "pipeline", "project")
}

fn command(text: &str, more: &[(&str, Value)]) -> Step {
    let all = [("command", Value::Text(text.to_owned()))].into_iter().chain(more.iter().cloned());
    let parameters: Parameters =
        all.map(|(name, value)| (name.to_owned(), Parameter::configured("test", value))).collect();
    Step {
        action: Action::for_tests(&run_command_spec(), resource(), parameters).unwrap(),
        criteria: Vec::new(),
        compensation: Compensation::NothingToUndo,
        retry: StepRetry::ONCE,
    }
}

/// One step that was previewed.
struct Bench {
    steps: [Step; 1],
    previews: Vec<Preview>,
    hash: PlanHash,
    incident: IncidentId,
}

impl Bench {
    async fn of(executor: &CommandExecutor, step: Step) -> Result<Self> {
        let (steps, incident) = ([step], IncidentId::new("inc-1"));
        let work = Work::for_tests(&incident, steps[0].action.target(), &Environment::Dev, &steps, &[], None);
        let previews = executor.preview(&work).await?;
        let source = Source::Nothing;
        let plan = Plan { steps: steps.to_vec(), rationale: String::new(), source, confidence: Confidence::NONE };
        Ok(Self { hash: PlanHash::of(&plan, &previews), steps, previews, incident })
    }

    fn work(&self) -> Work<'_> {
        let target = self.steps[0].action.target();
        Work::for_tests(&self.incident, target, &Environment::Dev, &self.steps, &self.previews, Some(&self.hash))
    }

    async fn apply(&self, executor: &CommandExecutor) -> Result<()> {
        executor.apply(&Approved::for_tests(self.work()), 0, 1).await
    }
}

async fn refused(world: &World, step: Step) -> Error {
    match Bench::of(&world.executor(), step).await {
        Ok(_) => panic!("it was previewed"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn runs_in_place_what_was_shown_and_leaves_a_note() {
    let world = World::new("");
    let executor = world.executor();
    let bench =
        Bench::of(&executor, world.look("-a b", &[("directory", Value::Text("sub".to_owned()))])).await.unwrap();
    let preview = &bench.previews[0];
    assert_eq!((preview.reversibility, preview.changes.len()), (Reversibility::Irreversible, 0));
    assert!(preview.summary.contains("look -a b` in sub"), "{}", preview.summary);
    assert_eq!(world.runs(), [""; 0], "a preview runs nothing");
    assert_eq!(executor.probe(&bench.work(), 0).await.unwrap(), EffectStatus::Absent);
    bench.apply(&executor).await.unwrap();
    assert_eq!(world.runs(), [format!("{}/sub -a b", world.dir.display())]);
    assert_eq!(executor.probe(&bench.work(), 0).await.unwrap(), EffectStatus::Applied);
    assert_eq!(world.resumed().probe(&bench.work(), 0).await.unwrap(), EffectStatus::Applied);
    assert_eq!(executor.undo(&bench.work(), 0).await.unwrap(), Undone::Nothing);
    executor.settle(&bench.incident).await.unwrap();
}

#[tokio::test]
async fn a_rehearsal_runs_nothing() {
    let world = World::new("");
    let executor = world.executor();
    let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
    assert_eq!(executor.rehearse(&bench.work()).await.unwrap(), Rehearsal::InPlace);
    assert_eq!(world.runs(), [""; 0]);
    assert_eq!(executor.probe(&bench.work(), 0).await.unwrap(), EffectStatus::Absent);
    world.install("rm -rf nothing");
    assert_eq!(executor.rehearse(&bench.work()).await.unwrap_err().kind(), ErrorKind::Conflict, "another program");
}

#[tokio::test]
async fn what_fails_is_told_without_secrets() {
    let world = World::new("echo 'no seat for correct-horse-battery' >&2; exit 3");
    let executor = world.executor();
    let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
    let error = bench.apply(&executor).await.unwrap_err();
    assert!(error.message().contains("ended with status 3: no seat for"), "{error}");
    assert!(!error.message().contains("battery") && error.retry() == Retry::Permanent);
}

#[tokio::test]
async fn a_misjudged_command_that_changes_files_is_caught() {
    for changed in ["notes.txt", ".git/hooks/pre-commit", ".git/config", ".git/HEAD"] {
        let world = World::new(&format!("echo two >>{changed}"));
        fs::create_dir_all(world.dir.join(".git/hooks")).unwrap();
        fs::write(world.dir.join(".git/config"), "").unwrap();
        fs::write(world.dir.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let executor = world.executor();
        let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
        let error = bench.apply(&executor).await.unwrap_err();
        assert_eq!(error.retry(), Retry::UnknownOutcome, "{changed}: {error}");
        for executor in [executor, world.resumed()] {
            assert_eq!(executor.probe(&bench.work(), 0).await.unwrap(), EffectStatus::Diverged, "{changed}");
        }
    }
}

#[tokio::test]
async fn a_program_of_the_checkout_around_the_project_is_not_run() {
    let world = World::new("");
    fs::create_dir(world.path(".git")).unwrap();
    let error = refused(&world, world.look("", &[])).await;
    assert!(error.message().contains("lies in the project"), "{error}");
}

#[tokio::test]
async fn the_judge_is_asked_each_time() {
    let world = World::new("");
    let executor = world.executor();
    let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
    world.judge.refuses.store(true, Ordering::SeqCst);
    assert_eq!(executor.rehearse(&bench.work()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let error = bench.apply(&executor).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Forbidden && error.message().contains("deletes it all"));
    assert_eq!(refused(&world, world.look("", &[])).await.kind(), ErrorKind::Forbidden);
    assert_eq!(world.runs(), [""; 0]);
    assert_eq!(executor.probe(&bench.work(), 0).await.unwrap(), EffectStatus::Absent);
}

#[tokio::test]
async fn another_program_than_was_shown_is_not_run() {
    let world = World::new("");
    let executor = world.executor();
    let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
    world.install("rm -rf nothing");
    assert_eq!(bench.apply(&executor).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(world.runs(), [""; 0]);
}

#[tokio::test]
async fn hands_on_no_variable_that_is_not_listed() {
    let world = World::new("env >\"${0%/look}/environment\"");
    let executor = world.executor();
    let bench = Bench::of(&executor, world.look("", &[])).await.unwrap();
    bench.apply(&executor).await.unwrap();
    let given = fs::read_to_string(world.path("environment")).unwrap();
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !given.contains("CARGO"), "{given}");
    assert!(given.contains("PATH="), "{given}");
}

#[tokio::test]
async fn is_stopped_when_its_time_is_up_with_its_children() {
    let world = World::new("sleep 600 & sleep 600");
    let executor = world.executor();
    let step = world.look("", &[("timeout_ms", Value::Integer(50))]);
    let bench = Bench::of(&executor, step).await.unwrap();
    let error = bench.apply(&executor).await.unwrap_err();
    assert!(error.message().contains("was stopped after"), "{error}");
}

#[tokio::test]
async fn what_is_out_of_bounds_is_refused_before_anything_runs() {
    let world = World::new("");
    fs::copy(world.path("look"), world.dir.join("look")).unwrap();
    let text = |value: &str| Value::Text(value.to_owned());
    let own = world.dir.join("look").display().to_string();
    std::os::unix::fs::symlink(world.dir.join("sub"), world.dir.join("linked")).unwrap();
    fs::create_dir(world.dir.join("sub/deeper")).unwrap();
    for step in [
        world.look("", &[("directory", text("../"))]),
        world.look("", &[("directory", text("/tmp"))]),
        world.look("", &[("directory", text("notes.txt"))]),
        world.look("", &[("directory", text("linked"))]),
        world.look("", &[("directory", text("linked/deeper"))]),
        world.look("", &[("timeout_ms", Value::Integer(0))]),
        world.look("", &[("timeout_ms", Value::Integer(600_001))]),
        world.look("correct-horse-battery", &[]),
        command(&own, &[]),
        command("./look", &[]),
        command("no-such-program-here", &[]),
    ] {
        let error = refused(&world, step.clone()).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{:?}: {error}", step.action);
    }
    assert_eq!(world.runs(), [""; 0]);
}

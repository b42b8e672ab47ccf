//! Incidents to read about: real runs against fakes, at a fixed time, journaled in memory.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clap::{Args, FromArgMatches};
use selfheal_core::action::ActionKind;
use selfheal_core::audit::account;
use selfheal_core::decision::{Clearance, Decision, RuleVoice, Verdict};
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::engine::{State, each_state};
use selfheal_core::error::Result;
use selfheal_core::evidence::{Citation, Evidence, EvidenceId, Untrusted};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::{IncidentId, Signal};
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{Clock, Journal, Moment, PolicyEngine, PolicyQuestion, Query, Reach, Record};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{FakeExecutor, FakeWorld, ScriptedProbe, ScriptedRunbooks, SeededEntropy, wrong_value};
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;
use selfheal_memory::audit::{InMemoryLog, SigningKey};

use super::super::Page;
use crate::run::Refusal;

/// 2026-11-20 09:00:00 UTC.
const BEGIN: u64 = 1_795_165_200_000;

/// What an attacker would like a log to do.
pub(super) const HOSTILE: &str = "error: mode is bad \u{1b}]0;owned\u{7}\u{9b}31m\u{202e}drow\u{2066} <script>alert(1)</script> | `x` ```\n# Heading\n[a](http://e.vil) {long}";

/// Every reading takes a quarter of a second, so that every record has its own time.
pub(super) struct Ticking(std::sync::atomic::AtomicU64);

impl Default for Ticking {
    fn default() -> Self {
        Self(BEGIN.into())
    }
}

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(250, std::sync::atomic::Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), std::sync::atomic::Ordering::SeqCst);
    }
}

/// A rule's verdict, with its reason.
struct OneRule(Verdict);

#[async_trait]
impl PolicyEngine for OneRule {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        let (rule, because) = match self.0 {
            Verdict::Deny => ("guardrails/frozen", "nobody changes it during the sale"),
            Verdict::Propose => ("guardrails/production", "production is changed by people"),
            _ => ("guardrails/undoable", "it can be taken back"),
        };
        let voice = RuleVoice { rule: rule.to_owned(), verdict: self.0, step: 0, because: because.to_owned() };
        Ok(Decision::new(self.0, format!("{because} (rule {rule})"), "sha256:5f1c").with_rules(vec![voice]))
    }
}

/// One incident to be.
pub(super) struct Run {
    pub(super) known: bool,
    pub(super) verdict: Verdict,
    pub(super) healthy: &'static [bool],
    pub(super) environment: Environment,
    pub(super) name: &'static str,
    pub(super) log: String,
    /// After this many records the worker is gone.
    pub(super) until: Option<usize>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            known: true,
            verdict: Verdict::Allow,
            healthy: &[true],
            environment: Environment::Dev,
            name: "checkout",
            log: "connecting\nerror: mode is bad\nexit 3".to_owned(),
            until: None,
        }
    }
}

/// A journal, and a clock that goes on.
pub(super) struct Stage {
    pub(super) journal: Arc<InMemoryJournal>,
    clock: Arc<Ticking>,
    runs: u64,
}

impl Default for Stage {
    fn default() -> Self {
        let clock = Arc::new(Ticking::default());
        Self { journal: Arc::new(InMemoryJournal::with_clock(clock.clone())), clock, runs: 0 }
    }
}

impl Stage {
    /// The journal of these runs, a day apart.
    pub(super) async fn of(runs: impl IntoIterator<Item = Run>) -> Self {
        let mut stage = Self::default();
        for run in runs {
            stage.run(run).await;
            stage
                .clock
                .sleep_until(Timestamp::from_millis(BEGIN).after(Duration::from_secs(86_400 * stage.runs)))
                .await;
        }
        stage
    }

    pub(super) async fn run(&mut self, run: Run) {
        self.runs += 1;
        let world = FakeWorld::default();
        world.set("mode", "bad");
        let probe: Arc<ScriptedProbe> = Arc::new(ScriptedProbe::healthy(run.healthy));
        let known = if run.known { vec![hypothesis(&run.log)] } else { Vec::new() };
        let journal = Arc::new(InMemoryJournal::with_clock(self.clock.clone()));
        let host = Orchestrator::builder()
            .runbooks(Arc::new(ScriptedRunbooks::new(vec![known])))
            .executor(Arc::new(FakeExecutor::new(world)))
            .policy(Arc::new(OneRule(run.verdict)))
            .probe(probe)
            .entropy(Arc::new(SeededEntropy::new(self.runs << 60)))
            .clock(self.clock.clone())
            .journal(journal.clone())
            .build()
            .unwrap();
        let evidence = Evidence::new(EvidenceId(1), "log", 41, &run.log, &Redactor::builder().build());
        let seen = Timestamp::from_millis(self.clock.now().as_millis() - 1_500);
        let signal = Signal::new(ResourceRef::new("fake", "service", run.name), run.environment)
            .with_observed_at(seen)
            .with_facts(Facts::new().with("exit_code", Fact::Number(3)))
            .with_evidence(evidence);
        host.heal(signal, &Cancellation::new()).await.unwrap();
        self.keep(&journal, run.until).await;
    }

    /// Copies the only incident of `from`, up to a record.
    async fn keep(&self, from: &InMemoryJournal, until: Option<usize>) {
        let id = from.incidents().remove(0);
        let mut history = from.read(&id).await.unwrap();
        history.records.truncate(until.unwrap_or(usize::MAX));
        let claim =
            selfheal_core::ports::Claim { worker: "test".into(), ttl: Duration::from_secs(1), holder_is_gone: false };
        let lease = selfheal_core::ports::Lease::first(id, &claim);
        let mut state = None;
        for record in history.records {
            let (after, _) = selfheal_core::engine::transition(state, record.at, record.event.clone()).unwrap();
            self.journal.append(&lease, &record, &after).await.unwrap();
            state = Some(after);
        }
    }

    /// The ids, newest first.
    pub(super) async fn ids(&self) -> Vec<IncidentId> {
        let standings = self.journal.list(&Query::newest(100)).await.unwrap();
        standings.into_iter().map(|standing| standing.incident).collect()
    }

    /// The audit log of all its records.
    pub(super) async fn audited(&self) -> InMemoryLog {
        self.audited_but(&IncidentId::new("")).await
    }

    /// The same without what happened in one incident.
    pub(super) async fn audited_but(&self, left_out: &IncidentId) -> InMemoryLog {
        let mut log = InMemoryLog::new(SigningKey::generate("test").unwrap().public());
        for id in self.ids().await.iter().filter(|id| *id != left_out) {
            let history = self.journal.read(id).await.unwrap();
            let tell = |record: Option<&Record>, after: &State| {
                record.into_iter().for_each(|record| log.append(account(record, after)).unwrap());
            };
            each_state(history, tell).unwrap();
        }
        log
    }

    /// Noon on the tenth day.
    pub(super) fn now() -> Timestamp {
        Timestamp::from_millis(BEGIN + 1000 * (9 * 86_400 + 3 * 3_600))
    }
}

fn hypothesis(log: &str) -> Hypothesis {
    let second = Citation { evidence: EvidenceId(1), line: 42 };
    let line = log.lines().nth(1).unwrap_or(log);
    let mut hypothesis = wrong_value("mode", "good");
    hypothesis.cause.summary = Untrusted::new(format!("the service says: {line}"));
    hypothesis.advice = Some(Untrusted::new("Set `mode` to what the service expects.".to_owned()));
    hypothesis.reference = Some("https://example.org/modes".to_owned());
    Hypothesis { citations: vec![second], ..hypothesis }
}

/// The options as the command line gives them.
pub(super) fn options<T: Args + FromArgMatches>(arguments: &[&str]) -> std::result::Result<T, String> {
    let command = T::augment_args(clap::Command::new("heal"));
    let matches = command.try_get_matches_from(["heal"].iter().chain(arguments)).map_err(|error| error.to_string())?;
    T::from_arg_matches(&matches).map_err(|error| error.to_string())
}

/// What `write` writes, without colours.
pub(super) async fn written(
    width: Option<usize>,
    write: impl AsyncFnOnce(&mut Page<'_>) -> std::result::Result<i32, Refusal>,
) -> std::result::Result<String, Refusal> {
    let mut out = Vec::new();
    assert_eq!(write(&mut Page::new(&mut out, width, Stage::now())).await?, 0);
    Ok(anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string())
}

//! The stage of these tests: a world whose `mode` is `bad`, a probe that looks at it, and ports that are told what to do.

mod journal;
mod knowledge;
mod memory;
mod office;
mod people;
mod probe;
mod spy;

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::engine::{self, Event, Outcome, State, Trouble};
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::incident::Signal;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder, Report};
use selfheal_core::ports::{Claim, History, Journal, Lease, Record, Rehearsal};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ManualClock, ScriptedRunbooks, SeededEntropy};
use selfheal_detect::redact::Redactor;

pub(crate) use journal::MeddledJournal;
pub(crate) use knowledge::{KnownLines, hypothesis, retry_hypothesis};
pub(crate) use memory::Remembering;
pub(crate) use office::Office;
pub(crate) use people::{Answers, Pager};
pub(crate) use probe::WorldProbe;
pub(crate) use spy::Spy;

/// World, executor, clock and journal of one test.
pub(crate) struct Scene {
    pub(crate) world: FakeWorld,
    pub(crate) executor: Arc<Spy>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) journal: Arc<InMemoryJournal>,
    pub(crate) probe: Arc<WorldProbe>,
}

impl Scene {
    /// `mode` is `bad`; healthy is `good`.
    pub(crate) fn broken() -> Self {
        Self::rehearsing(Vec::new())
    }

    /// The same, with what the rehearsals say in order; past them, verified.
    pub(crate) fn rehearsing(outcomes: Vec<Rehearsal>) -> Self {
        let world = FakeWorld::default();
        world.set("mode", "bad");
        let clock: Arc<ManualClock> = Arc::default();
        Self {
            executor: Arc::new(Spy::new(FakeExecutor::new(world.clone()).rehearsing(outcomes))),
            probe: Arc::new(WorldProbe::new(world.clone(), &[("mode", "good")])),
            journal: Arc::new(InMemoryJournal::with_clock(clock.clone())),
            clock,
            world,
        }
    }

    /// All but policy and knowledge.
    pub(crate) fn host(&self) -> OrchestratorBuilder {
        Orchestrator::builder()
            .executor(self.executor.clone())
            .probe(self.probe.clone())
            .clock(self.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(7)))
            .journal(self.journal.clone())
    }

    /// A host that may do everything, and knows these remedies: each a list of `key = value` steps.
    pub(crate) fn knowing(&self, remedies: &[&[(&str, &str)]]) -> OrchestratorBuilder {
        let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", remedies)]]);
        self.host().policy(Arc::new(AllowAll)).runbooks(Arc::new(runbooks))
    }

    pub(crate) async fn heal(&self, host: OrchestratorBuilder) -> Report {
        self.heal_until(host, &Cancellation::new()).await
    }

    /// Heals, and checks what holds for every run: the journal alone gives the same state again.
    pub(crate) async fn heal_until(&self, host: OrchestratorBuilder, cancel: &Cancellation) -> Report {
        let orchestrator = host.build().unwrap();
        let report = orchestrator.heal(signal(), cancel).await.unwrap();
        let records = self.journal.read(&report.incident().id).await.unwrap().records;
        assert_eq!(replay(&records).as_ref(), Some(&report.state), "replay differs from the run");
        report
    }

    /// The lease of another worker that knows that the one before is gone.
    pub(crate) async fn taken_over(&self) -> Lease {
        let claim = Claim { worker: "second".into(), ttl: Duration::from_secs(30), holder_is_gone: true };
        self.journal.lease(&self.journal.incidents()[0], &claim).await.unwrap()
    }

    /// The records of the only incident.
    pub(crate) async fn records(&self) -> Vec<Record> {
        let incidents = self.journal.incidents();
        assert_eq!(incidents.len(), 1, "expected one incident");
        self.journal.read(&incidents[0]).await.unwrap().records
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.records().await.into_iter().map(|record| record.event).collect()
    }

    pub(crate) fn mode(&self) -> String {
        self.world.get("mode").unwrap_or_default()
    }
}

/// The state that the records lead to.
pub(crate) fn replay(records: &[Record]) -> Option<State> {
    engine::replay(History { snapshot: None, records: records.to_vec() }).unwrap().0
}

pub(crate) fn thing() -> ResourceRef {
    ResourceRef::new("fake", "thing", "one")
}

pub(crate) fn evidence(text: &str) -> Evidence {
    Evidence::new(EvidenceId(1), "log", 1, text, &Redactor::builder().build())
}

pub(crate) fn signal() -> Signal {
    Signal::new(thing(), Environment::Dev).with_evidence(evidence("error: mode is bad"))
}

pub(crate) fn escalated(because: Trouble) -> Option<Outcome> {
    Some(Outcome::Escalated { because, acknowledged: false })
}

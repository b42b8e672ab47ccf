//! A fleet: resources that are ill or well, hands that set them right, and a ledger that all healers share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, Reversibility};
use selfheal_core::confidence::{Autonomy, ByEnvironment, ByRisk};
use selfheal_core::criterion::Observation;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::engine::{Event, Outcome, Trouble};
use selfheal_core::error::{Error, Result};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::fleet::{Budget, FleetLimits};
use selfheal_core::incident::{IncidentId, Signal};
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder, Report};
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{
    Approved, Claim, Clock, EffectStatus, Executor, HealthProbe, Journal, Ledger, ProbeRequest, Rehearsal, Scope,
    Stream, Switched, Undone, Work,
};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ManualClock, ScriptedRunbooks, SeededEntropy};
use selfheal_core::time::Timestamp;

use crate::scene::{evidence, hypothesis};

type Hook = Box<dyn Fn(&str, &Work<'_>) -> Option<Error> + Send + Sync>;

/// Sets right what it is told to, and keeps what it did.
pub(crate) struct Hands {
    kinds: Vec<ActionSpec>,
    pub(crate) well: Mutex<BTreeSet<ResourceRef>>,
    /// Those that no plan helps.
    pub(crate) stubborn: Mutex<BTreeSet<ResourceRef>>,
    done: Mutex<Vec<String>>,
    before: Mutex<Option<Hook>>,
}

impl Hands {
    fn note(&self, what: &str, work: &Work<'_>) -> Result<()> {
        let hook = self.before.lock().unwrap();
        hook.as_ref().and_then(|hook| hook(what, work)).map_or(Ok(()), Err)?;
        self.done.lock().unwrap().push(format!("{what} {}", work.resource.name));
        Ok(())
    }

    /// Asks `hook` before each call (`rehearse`, `apply 0`, `undo 0`) whether it fails.
    pub(crate) fn before(&self, hook: impl Fn(&str, &Work<'_>) -> Option<Error> + Send + Sync + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }

    /// What was done, in order, as `apply 0 NAME`.
    pub(crate) fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.done().iter().filter(|done| done.starts_with(what)).count()
    }
}

#[async_trait]
impl Executor for Hands {
    fn system(&self) -> &str {
        "fake"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let preview = Preview {
            summary: format!("{} is set right", work.resource),
            changes: Vec::new(),
            fences: Vec::new(),
            blast_radius: BlastRadius { resources: 1, changes: 3, ..BlastRadius::default() },
            undo_hash: None,
            reversibility: Reversibility::Undoable,
        };
        Ok(vec![preview; work.steps.len()])
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.note("rehearse", work)?;
        Ok(Rehearsal::Verified { facts: Facts::new() })
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _: u32) -> Result<()> {
        self.note(&format!("apply {step}"), work)?;
        if !self.stubborn.lock().unwrap().contains(work.resource) {
            self.well.lock().unwrap().insert(work.resource.clone());
        }
        Ok(())
    }

    async fn probe(&self, _: &Work<'_>, _: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Absent)
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        self.note(&format!("undo {step}"), work)?;
        Ok(Undone::Restored)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl HealthProbe for Hands {
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation> {
        Ok(match self.well.lock().unwrap().contains(request.resource) {
            true => Observation::Healthy { facts: Facts::new() },
            false => Observation::Unhealthy { facts: Facts::new(), evidence: vec![evidence("error: still ill")] },
        })
    }
}

/// Resources, hands, clock, journal and ledger of one test.
pub(crate) struct Fleet {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ledger: Arc<InMemoryLedger>,
    pub(crate) journal: Arc<InMemoryJournal>,
    pub(crate) hands: Arc<Hands>,
}

impl Default for Fleet {
    fn default() -> Self {
        let clock: Arc<ManualClock> = Arc::default();
        clock.advance_to(Timestamp::from_millis(1_000_000_000));
        let retry = standard_specs().into_iter().filter(|spec| spec.kind == ActionKind::RETRY_STAGE);
        let hands = Hands {
            kinds: FakeExecutor::new(FakeWorld::default()).kinds().iter().cloned().chain(retry).collect(),
            well: Mutex::default(),
            stubborn: Mutex::default(),
            done: Mutex::default(),
            before: Mutex::default(),
        };
        Self {
            journal: Arc::new(InMemoryJournal::with_clock(clock.clone())),
            ledger: Arc::default(),
            hands: Arc::new(hands),
            clock,
        }
    }
}

impl Fleet {
    /// What stands last in the ledger stands there twice: its outcome was lost, and it was noted again.
    pub(crate) async fn note_the_last_once_more(&self) {
        let stream = Stream::activity();
        let len = self.ledger.len(&stream).await.unwrap();
        let last = self.ledger.read(&stream, len - 1, 1).await.unwrap().remove(0);
        self.ledger.append(&stream, len, last.at, &last.note).await.unwrap();
    }

    /// A healer that knows one remedy of two steps, and is allowed it.
    pub(crate) fn healer(&self, limits: FleetLimits) -> OrchestratorBuilder {
        self.knowing("bad_mode", &[("mode", "good")], limits)
    }

    /// A healer for which everything is explained by `cause`, and set right by `steps`.
    pub(crate) fn knowing(&self, cause: &str, steps: &[(&str, &str)], limits: FleetLimits) -> OrchestratorBuilder {
        self.believing(hypothesis(cause, &[steps]), limits)
    }

    /// A healer that explains everything so.
    pub(crate) fn believing(&self, hypothesis: Hypothesis, limits: FleetLimits) -> OrchestratorBuilder {
        let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis]]);
        Orchestrator::builder()
            .executor(self.hands.clone())
            .probe(self.hands.clone())
            .policy(Arc::new(AllowAll))
            .autonomy(bold())
            .runbooks(Arc::new(runbooks))
            .clock(self.clock.clone())
            // Different at each time: incidents must not share an id.
            .entropy(Arc::new(SeededEntropy::new(self.journal.incidents().len() as u64 * 1_000)))
            .journal(self.journal.clone())
            .ledger(self.ledger.clone())
            .fleet(limits)
    }

    /// `name` falls ill and is looked after.
    pub(crate) async fn heal(&self, name: &str, healer: OrchestratorBuilder) -> Report {
        self.look_after(ill(name), healer).await
    }

    pub(crate) async fn look_after(&self, signal: Signal, healer: OrchestratorBuilder) -> Report {
        self.hands.well.lock().unwrap().remove(&signal.resource);
        healer.build().unwrap().heal(signal, &Cancellation::new()).await.unwrap()
    }

    /// Whoever finds the incident goes on with it.
    pub(crate) async fn go_on(&self, incident: &IncidentId, healer: OrchestratorBuilder) -> Report {
        let orchestrator = healer.build().unwrap();
        let claim = Claim { holder_is_gone: true, ..orchestrator.claim() };
        let lease = self.journal.lease(incident, &claim).await.unwrap();
        orchestrator.resume(lease, &Cancellation::new()).await.unwrap()
    }

    /// Until when the incident is held, and why; `None` if its last word is another.
    pub(crate) async fn held(&self, report: &Report) -> Option<(Option<Timestamp>, String)> {
        let records = self.journal.read(&report.incident().id).await.unwrap().records;
        match records.into_iter().next_back()?.event {
            Event::Held { until, because, .. } => Some((until, because)),
            _ => None,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance_to(self.now().after(time));
    }

    pub(crate) fn ledger(&self) -> &dyn Ledger {
        self.ledger.as_ref()
    }
}

/// Sure enough of everything: what these tests are about is not how sure one is.
fn bold() -> Autonomy {
    let environment = ByEnvironment { dev: 0.0, staging: 0.0, production: 0.0, other: BTreeMap::new() };
    let risk = ByRisk { low: 0.0, medium: 0.0, high: 0.0, critical: 0.0 };
    Autonomy { threshold: 0.001, floor: 0.0, environment, risk, suggest_below: 0, ..Autonomy::default() }
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

pub(crate) fn resource(name: &str) -> ResourceRef {
    ResourceRef::new("fake", "service", name)
}

/// A signal whose evidence is its own, in a place where guards stand.
pub(crate) fn ill(name: &str) -> Signal {
    Signal::new(resource(name), Environment::Production)
        .with_evidence(evidence(&format!("error: {name} is out of order")))
}

/// The same, at a place.
pub(crate) fn ill_at(name: &str, namespace: &str, cluster: &str) -> Signal {
    let text = |text: &str| Fact::Text(text.to_owned());
    ill(name).with_facts(Facts::new().with("namespace", text(namespace)).with("cluster", text(cluster)))
}

/// So many starts an hour, and nothing else is guarded.
pub(crate) fn starts(scope: Scope, most: u32) -> FleetLimits {
    FleetLimits { budgets: vec![budget(scope, most)], ..FleetLimits::off() }
}

pub(crate) fn budget(scope: Scope, starts: u32) -> Budget {
    let per_seconds = HOUR.as_secs();
    Budget { scope, per_seconds, starts: Some(starts), resources: None, changes: None, environments: BTreeSet::new() }
}

pub(crate) fn ada() -> Switched {
    Switched { by: "ada".to_owned(), because: "the database is being moved".to_owned() }
}

/// Why a person was told that the healer was stopped.
pub(crate) fn halted(report: &Report) -> String {
    match report.trouble() {
        Some(Trouble::Halted { because }) => because.clone(),
        other => panic!("expected a halt, found {other:?} at {:?}", report.state.phase),
    }
}

pub(crate) fn is_healed(report: &Report) -> bool {
    report.outcome() == Some(&Outcome::Healed)
}

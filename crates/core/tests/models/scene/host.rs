//! The host: a world whose `mode` is wrong, a repertoire, observed modes, tools that look things up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, Reversibility, Value};
use selfheal_core::confidence::Autonomy;
use selfheal_core::criterion::{Observation, SuccessCriterion};
use selfheal_core::diagnosis::{ActionTemplate, ParameterSource, Remedy, RowQuery};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::{Orchestrator, OrchestratorBuilder};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Preview};
use selfheal_core::ports::{
    Approved, ArgumentSpec, CandidateQuery, Candidates, EffectStatus, Executor, HealthProbe, LookUp, Offer, OfferInput,
    ProbeRequest, ReadTool, ReadToolSpec, Rehearsal, Repertoire, Row, Undone, Work,
};
use selfheal_core::standard::standard_specs;
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ManualClock, SET_VALUE, SeededEntropy};
use selfheal_core::value_type::ValueType;

/// The world and what reaches it.
pub(crate) struct Host {
    pub(crate) world: FakeWorld,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) executor: Arc<FakeExecutor>,
}

impl Default for Host {
    fn default() -> Self {
        let world = FakeWorld::default();
        world.set("mode", "bad");
        Self { executor: Arc::new(FakeExecutor::new(world.clone())), clock: Arc::default(), world }
    }
}

impl Host {
    /// All but model and journal; what policy allows is done.
    pub(crate) fn builder(&self) -> OrchestratorBuilder {
        Orchestrator::builder()
            .executor(self.executor.clone())
            .policy(Arc::new(AllowAll))
            .probe(Arc::new(WellWhenGood(self.world.clone())))
            .candidates(Arc::new(Modes))
            .repertoire(Arc::new(Known(vec![set_mode()])))
            .clock(self.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(7)))
            .autonomy(Autonomy { threshold: 0.001, floor: 0.0, suggest_below: 0, ..Autonomy::default() })
    }

    pub(crate) fn mode(&self) -> String {
        self.world.get("mode").unwrap_or_default()
    }
}

struct WellWhenGood(FakeWorld);

#[async_trait]
impl HealthProbe for WellWhenGood {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        Ok(match self.0.get("mode").as_deref() {
            Some("good") => Observation::Healthy { facts: Facts::new() },
            _ => Observation::Unhealthy { facts: Facts::new(), evidence: Vec::new() },
        })
    }
}

/// Observed: the modes `good` and `fine`; text selects among them.
struct Modes;

#[async_trait]
impl Candidates for Modes {
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        if query.set != "modes" {
            return Err(Error::new(ErrorKind::Unsupported, "candidates.rows", "unknown set"));
        }
        let given = query.given.get("mode").map(Vec::as_slice).unwrap_or_default();
        let named = |mode: &&str| given.iter().any(|text| text.read() == mode);
        let row = |mode: &str| Row::from([("mode".to_owned(), Value::Text(mode.to_owned()))]);
        Ok(["good", "fine"].iter().filter(|mode| named(mode)).map(|mode| row(mode)).collect())
    }
}

/// Offers that are known.
pub(crate) struct Known(pub(crate) Vec<Offer>);

#[async_trait]
impl Repertoire for Known {
    async fn offers(&self, _: &Facts) -> Result<Vec<Offer>> {
        Ok(self.0.clone())
    }
}

/// Sets the mode to an observed one that the evidence names.
fn set_mode() -> Offer {
    let mode = OfferInput { name: "mode".to_owned(), value_type: ValueType::Command };
    let given = BTreeMap::from([("mode".to_owned(), "mode".to_owned())]);
    let from = Some(RowQuery { set: "modes".to_owned(), given });
    let key = ParameterSource::Value(Value::Text("mode".to_owned()));
    offer(
        "set-mode/1",
        vec![mode],
        from,
        SET_VALUE,
        &[("key", key), ("value", ParameterSource::Row("mode".to_owned()))],
    )
}

pub(crate) fn offer(
    id: &str,
    inputs: Vec<OfferInput>,
    from: Option<RowQuery>,
    kind: ActionKind,
    parameters: &[(&str, ParameterSource)],
) -> Offer {
    let parameters = parameters.iter().map(|(name, source)| ((*name).to_owned(), source.clone())).collect();
    let remedy = Remedy {
        from,
        actions: vec![ActionTemplate { kind, parameters }],
        criteria: vec![SuccessCriterion::Probe("healthy".to_owned())],
        compensation: Compensation::Undo,
    };
    Offer { id: id.to_owned(), what: format!("what {id} does"), inputs, remedy: Arc::new(remedy) }
}

/// A tool that answers each question by a text, and keeps what it was asked by.
pub(crate) struct Page {
    spec: ReadToolSpec,
    text: Result<String>,
    pub(crate) asked: Mutex<Vec<BTreeMap<String, String>>>,
}

impl Page {
    pub(crate) fn new(name: &str, arguments: &[&str], text: Result<&str>) -> Self {
        let argument = |name: &&str| ArgumentSpec {
            name: (*name).to_owned(),
            description: "what it is asked by".to_owned(),
            required: true,
        };
        let arguments = arguments.iter().map(argument).collect();
        let description = format!("What {name} knows.");
        let spec = ReadToolSpec { name: name.to_owned(), description, categories: Vec::new(), arguments };
        Self { spec, text: text.map(str::to_owned), asked: Mutex::default() }
    }

    pub(crate) fn helping_with(mut self, category: selfheal_core::category::FailureCategory) -> Self {
        self.spec.categories.push(category);
        self
    }
}

#[async_trait]
impl ReadTool for Page {
    fn spec(&self) -> &ReadToolSpec {
        &self.spec
    }

    async fn look(&self, what: &LookUp<'_>) -> Result<Untrusted<String>> {
        let plain = what.arguments.iter().map(|(name, value)| (name.clone(), value.read().clone()));
        self.asked.lock().unwrap().push(plain.collect());
        self.text.clone().map(Untrusted::new)
    }
}

/// Edits files, as far as a test can tell: it sets the mode right when it is applied.
pub(crate) struct Editor {
    kinds: Vec<ActionSpec>,
    world: FakeWorld,
}

impl Editor {
    pub(crate) fn of(world: FakeWorld) -> Self {
        let kinds = standard_specs().into_iter().filter(|spec| spec.kind == ActionKind::EDIT_FILE).collect();
        Self { kinds, world }
    }
}

#[async_trait]
impl Executor for Editor {
    fn system(&self) -> &str {
        "fake"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let preview = |step: &selfheal_core::plan::Step| {
            let what = step.action.text("path").unwrap_or_default().to_owned();
            let diff = step.action.text("replacement").unwrap_or_default().to_owned();
            Preview {
                summary: format!("edits {what}"),
                changes: vec![Change { what, before: None, after: None, diff }],
                fences: Vec::new(),
                blast_radius: BlastRadius::default(),
                undo_hash: None,
                reversibility: Reversibility::Undoable,
            }
        };
        Ok(work.steps.iter().map(preview).collect())
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Verified { facts: Facts::new() })
    }

    async fn apply(&self, _: &Approved<'_>, _: usize, _: u32) -> Result<()> {
        self.world.set("mode", "good");
        Ok(())
    }

    async fn probe(&self, _: &Work<'_>, _: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Applied)
    }

    async fn undo(&self, _: &Work<'_>, _: usize) -> Result<Undone> {
        Ok(Undone::Restored)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

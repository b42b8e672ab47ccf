//! A pipeline that no rule explains, and a model that says what a test tells it to.

mod host;
mod model;

use std::sync::Arc;

use selfheal_core::diagnosis::Diagnosis;
use selfheal_core::engine::{Consultation, ConsultationEnd, Event};
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Signal;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::{Cancellation, OrchestratorBuilder, Report};
use selfheal_core::ports::{Journal, Record};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_detect::redact::Redactor;
use serde_json::{Value, json};

pub(crate) use host::{Editor, Known, Page, offer};
pub(crate) use model::{Model, Said};

/// What the failed command printed.
pub(crate) const LOG: &str = "\
$ run checks
checking the configuration
error: mode bad is not known; known modes: good fine
exited with code 1
";

/// One test's ports.
pub(crate) struct Scene {
    pub(crate) host: host::Host,
    pub(crate) journal: Arc<InMemoryJournal>,
    pub(crate) model: Arc<Model>,
}

impl Scene {
    /// A model that answers by `script`: the agent's name, how often it was asked before, and the request.
    pub(crate) fn of(script: impl Fn(&str, usize) -> Said + Send + Sync + 'static) -> Self {
        let host = host::Host::default();
        let journal = Arc::new(InMemoryJournal::with_clock(host.clock.clone()));
        Self { journal, model: Arc::new(Model::of(script)), host }
    }

    /// A model that answers well and calls itself `name`.
    pub(crate) fn called(name: &str) -> Self {
        let mut model = Model::of(|agent, _| well(agent));
        model.name = name.to_owned();
        Self { model: Arc::new(model), ..Self::of(|agent, _| well(agent)) }
    }

    /// A model that answers well but for what `script` says otherwise.
    pub(crate) fn but(script: impl Fn(&str, usize) -> Option<Said> + Send + Sync + 'static) -> Self {
        Self::of(move |agent, nth| script(agent, nth).unwrap_or_else(|| well(agent)))
    }

    /// All ports that the model's path needs.
    pub(crate) fn builder(&self) -> OrchestratorBuilder {
        self.host.builder().journal(self.journal.clone()).model(self.model.clone())
    }

    /// Heals the failure that printed `log`.
    pub(crate) async fn heal(&self, host: OrchestratorBuilder, log: &str) -> Report {
        let healer = host.build().unwrap();
        healer.heal(signal(log), &Cancellation::new()).await.unwrap()
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        self.journal.read(&self.journal.incidents()[0]).await.unwrap().records
    }

    /// What models were asked, in the order of the record.
    pub(crate) async fn consultations(&self) -> Vec<Consultation> {
        let records = self.records().await;
        let consulted = |record: Record| match record.event {
            Event::Consulted(consultations) => consultations.to_vec(),
            _ => Vec::new(),
        };
        records.into_iter().flat_map(consulted).collect()
    }

    /// The diagnosis that was made.
    pub(crate) async fn diagnosis(&self) -> Arc<Diagnosis> {
        let analysed = |record: Record| match record.event {
            Event::Analysed(diagnosis) => Some(diagnosis),
            _ => None,
        };
        self.records().await.into_iter().find_map(analysed).unwrap()
    }
}

pub(crate) fn thing() -> ResourceRef {
    ResourceRef::new("fake", "pipeline", "one")
}

pub(crate) fn signal(log: &str) -> Signal {
    let evidence = Evidence::new(EvidenceId(1), "command output", 1, log, &Redactor::default());
    let facts = Facts::new().with("exit_code", Fact::Number(1));
    Signal::new(thing(), Environment::Dev).with_facts(facts).with_evidence(evidence)
}

/// Good answers about [`LOG`].
pub(crate) fn well(agent: &str) -> Said {
    Said::Json(match agent {
        "classifier" => json!({ "category": "missing_configuration" }),
        "analyst" => analysis(),
        "strategist" => choice(),
        _ => json!({ "objects": false, "because": "it sets the one value that is wrong" }),
    })
}

pub(crate) fn analysis() -> Value {
    json!({
        "conclusive": true,
        "category": "missing_configuration",
        "cause": "unknown_mode",
        "summary": "The mode is one that the program does not know.",
        "advice": "Set a mode that the program knows.",
        "citations": ["e1:3"],
        "fields": [
            { "name": "wrong_mode", "type": "command", "value": "bad", "citation": "e1:3" },
            { "name": "known_mode", "type": "command", "value": "good", "citation": "e1:3" },
        ],
        "wanted": [],
    })
}

pub(crate) fn choice() -> Value {
    json!({
        "choice": "set-mode/1",
        "inputs": [{ "name": "mode", "field": "f2" }],
        "rationale": "The program does not know mode bad; good is one that it knows.",
        "advice": "Look at the list of modes.",
    })
}

/// `base` with one of its values replaced.
pub(crate) fn with(mut base: Value, pointer: &str, value: Value) -> Value {
    *base.pointer_mut(pointer).unwrap() = value;
    base
}

/// How the first question to `agent` ended.
pub(crate) fn end_of(agent: &str, consultations: &[Consultation]) -> ConsultationEnd {
    consultations.iter().find(|asked| asked.agent.to_string() == agent).unwrap().end.clone()
}

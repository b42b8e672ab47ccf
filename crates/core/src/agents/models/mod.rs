//! The agents that ask language models, for what deterministic knowledge leaves open.
//!
//! What a model says is untrusted. It *selects*: a category from a list, lines of evidence by id, values that stand in those lines,
//! one of the operator's remedies. None of that can leave [`Allowed`](crate::allowed::Allowed): the plan is drawn up from its choice by
//! the same [`Strategist`](super::Strategist) as any other.

mod analyst;
mod auditor;
mod classifier;
mod consultant;
mod digest;
mod facts;
mod legible;
mod marking;
mod patience;
mod prompts;
mod schema;
mod strategist;
mod word;

use std::sync::Arc;

use selfheal_detect::redact::Redactor;

use super::Analyst;
use crate::diagnosis::Diagnosis;
use crate::engine::State;
use crate::ports::{Clock, LlmProvider, MemoryStore, ReadTool, Repertoire};
use crate::spending::{Budget, Meter};
use consultant::Consultant;
use marking::Marker;

/// What the agents need to ask models.
pub struct ModelPorts {
    /// The models.
    pub provider: Arc<dyn LlmProvider>,
    /// The remedies that may be chosen from.
    pub repertoire: Vec<Arc<dyn Repertoire>>,
    /// What may be looked up.
    pub tools: Vec<Arc<dyn ReadTool>>,
    /// What a day allows.
    pub budget: Arc<Budget>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What redacts all that models are to read.
    pub redactor: Arc<Redactor>,
    /// What became of models' diagnoses before, if that is remembered.
    pub memory: Option<Arc<dyn MemoryStore>>,
    /// What the marks around quoted text are made of; random, so that whoever wrote the text can't make them.
    pub mark_secret: u64,
}

/// A fix that a model chose: the diagnosis with the remedy in it, and why, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The diagnosis, whose only hypothesis has the chosen remedy.
    pub diagnosis: Diagnosis,
    /// Why this fix, in the model's words.
    pub rationale: String,
}

/// The agents that ask models.
pub struct Models {
    consultant: Consultant,
    analyst: Analyst,
    marker: Marker,
    ports: ModelPorts,
}

impl Models {
    /// Agents that ask through `ports`.
    #[must_use]
    pub fn new(ports: ModelPorts) -> Self {
        let consultant = Consultant {
            provider: Arc::clone(&ports.provider),
            clock: Arc::clone(&ports.clock),
            redactor: Arc::clone(&ports.redactor),
        };
        let marker = Marker::new(ports.mark_secret);
        Self { consultant, analyst: Analyst::new(ports.memory.clone()), marker, ports }
    }

    /// Gives back what was taken of the day's ceilings and not used, for other processes. What can't be given back is lost for the day.
    pub(crate) async fn settle(&self) {
        if let Err(error) = self.ports.budget.settle(self.ports.clock.now()).await {
            tracing::warn!(%error, "what models did not use of the day's ceilings could not be given back");
        }
    }

    fn meter(&self, state: &State) -> Meter {
        let left = state.limits.models.ceilings.per_incident.without(state.counters.spent);
        Meter::new(left, Arc::clone(&self.ports.budget), Arc::clone(&self.ports.clock))
    }
}

//! Wiring an orchestrator: a host gives what it has, the rest has safe defaults.

use std::sync::Arc;
use std::time::Duration;

use selfheal_detect::redact::Redactor;

use super::{Agents, Orchestrator, Ports, SystemClock, SystemEntropy};
use crate::agents::models::{ModelPorts, Models};
use crate::agents::{Analyst, Auditor, Classifier, Scholar, Strategist};
use crate::confidence::{Autonomy, InvalidAutonomy};
use crate::fleet::{FleetLimits, InvalidFleetLimits, Watch};
use crate::limits::Limits;
use crate::ports::{
    Approver, Candidates, Clock, ContextSource, Entropy, Executor, HealthProbe, Journal, Ledger, LlmProvider,
    LogSource, MemoryStore, Notifier, PolicyEngine, Progress, ReadTool, Repertoire, Runbooks,
};
use crate::spending::Budget;

/// What is missing for an orchestrator that can do anything.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nothing would ever be allowed.
    #[error("no policy engine: give one with `.policy(…)`, nothing is allowed without")]
    NoPolicy,
    /// Nothing could ever be done.
    #[error("no executor: give one with `.executor(…)`")]
    NoExecutor,
    /// Nothing could ever be called healed.
    #[error("no health probe: give one with `.probe(…)`, nothing is healed that wasn't observed to be")]
    NoProbe,
    /// A lease that would expire between two signs of life.
    #[error("limit `lease_ttl` must be at least 100 ms")]
    LeaseTooShort,
    /// Settings of the adaptive gate that contradict themselves.
    #[error(transparent)]
    Autonomy(#[from] InvalidAutonomy),
    /// Bounds of the fleet's guards that can't be kept.
    #[error(transparent)]
    Fleet(#[from] InvalidFleetLimits),
    /// A bound that would stop everything.
    #[error("limit `{0}` must be at least 1")]
    ZeroLimit(&'static str),
}

/// Collects ports. Policy, an executor and a probe are needed; without the others:
/// no log source or context: the signal's own evidence and facts; no runbooks: every failure is unknown;
/// no candidates: only remedies without observed rows; no memory: nothing is remembered;
/// no model: what no rule explains goes to a person;
/// no approver: what needs approval escalates; no notifier: the outcome is returned;
/// no journal: nothing survives the process; no ledger: no switches, and no guards that count over several incidents.
#[derive(Default)]
#[must_use]
pub struct OrchestratorBuilder {
    log_source: Option<Arc<dyn LogSource>>,
    context: Vec<Arc<dyn ContextSource>>,
    runbooks: Vec<Arc<dyn Runbooks>>,
    candidates: Vec<Arc<dyn Candidates>>,
    policies: Vec<Arc<dyn PolicyEngine>>,
    executors: Vec<Arc<dyn Executor>>,
    probes: Vec<Arc<dyn HealthProbe>>,
    memory: Option<Arc<dyn MemoryStore>>,
    approver: Option<Arc<dyn Approver>>,
    notifiers: Vec<Arc<dyn Notifier>>,
    journal: Option<Arc<dyn Journal>>,
    ledger: Option<Arc<dyn Ledger>>,
    model: Option<Arc<dyn LlmProvider>>,
    repertoire: Vec<Arc<dyn Repertoire>>,
    read_tools: Vec<Arc<dyn ReadTool>>,
    progress: Option<Arc<dyn Progress>>,
    clock: Option<Arc<dyn Clock>>,
    entropy: Option<Arc<dyn Entropy>>,
    worker: Option<Arc<str>>,
    redactor: Option<Arc<Redactor>>,
    limits: Limits,
    autonomy: Autonomy,
    fleet: FleetLimits,
}

macro_rules! setters {
    (
        one { $($(#[$one_doc:meta])* $one:ident: $one_port:ident;)* }
        many { $($(#[$many_doc:meta])* $many:ident -> $list:ident: $many_port:ident;)* }
    ) => {
        impl OrchestratorBuilder {
            $($(#[$one_doc])*
            pub fn $one(mut self, port: Arc<dyn $one_port>) -> Self {
                self.$one = Some(port);
                self
            })*
            $($(#[$many_doc])*
            pub fn $many(mut self, port: Arc<dyn $many_port>) -> Self {
                self.$list.push(port);
                self
            })*
        }
    };
}

setters! {
    one {
    /// Where logs are read if a signal brings no evidence.
    log_source: LogSource;
    /// What was verified before.
    memory: MemoryStore;
    /// Who asks people.
    approver: Approver;
    /// Where events are kept.
    journal: Journal;
    /// Where operators' switches and the fleet's activity are kept.
    ledger: Ledger;
    /// The language models that agents ask for what deterministic knowledge leaves open; none by default.
    model: LlmProvider;
    /// Who hears which phase is entered.
    progress: Progress;
    /// Time; the system's by default.
    clock: Clock;
    /// Chance; the system's by default.
    entropy: Entropy;
    }
    many {
    /// Adds a source of facts.
    context -> context: ContextSource;
    /// Adds runbooks.
    runbooks -> runbooks: Runbooks;
    /// Adds a source of observed values; the first that knows a set answers.
    candidates -> candidates: Candidates;
    /// Adds remedies that a model may choose from.
    repertoire -> repertoire: Repertoire;
    /// Adds something that the analyst's model may look up.
    read_tool -> read_tools: ReadTool;
    /// Adds a policy engine; the strictest of all decides.
    policy -> policies: PolicyEngine;
    /// Adds a channel to tell people by; they are tried in order until somebody acknowledges.
    notifier -> notifiers: Notifier;
    /// Adds an executor; the first that declares a kind for a system performs it.
    executor -> executors: Executor;
    /// Adds a health probe; the first that knows a probe's name answers.
    probe -> probes: HealthProbe;
    }
}

impl OrchestratorBuilder {
    /// Sets the bounds.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how sure is sure enough to act without asking.
    pub fn autonomy(mut self, autonomy: Autonomy) -> Self {
        self.autonomy = autonomy;
        self
    }

    /// Sets the bounds of what many incidents together may come to. They need a ledger: without one no guard stands. Where autonomy
    /// must be granted people are asked all the same.
    pub fn fleet(mut self, limits: FleetLimits) -> Self {
        self.fleet = limits;
        self
    }

    /// What redacts the words of ports before they are journaled or told; by default one that knows the usual forms of
    /// credentials. A host that knows values to hide gives its own.
    pub fn redactor(mut self, redactor: Arc<Redactor>) -> Self {
        self.redactor = Some(redactor);
        self
    }

    /// Names this worker in leases and audit; drawn from the entropy by default. Two workers must not share a name.
    pub fn worker(mut self, name: &str) -> Self {
        self.worker = Some(name.into());
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// [`BuildError`] names what is missing.
    pub fn build(self) -> Result<Orchestrator, BuildError> {
        self.check()?;
        let limits = Arc::new(self.limits);
        let entropy = self.entropy.unwrap_or_else(|| Arc::new(SystemEntropy::default()));
        let worker = self.worker.unwrap_or_else(|| format!("worker-{:016x}", entropy.next_u64()).into());
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::default()));
        let redactor = self.redactor.unwrap_or_default();
        let models = self.model.map(|provider| {
            let budget = match &self.ledger {
                Some(ledger) => Budget::shared(limits.models.ceilings.per_day, Arc::clone(ledger)),
                None => Budget::of_this_process(limits.models.ceilings.per_day),
            };
            Models::new(ModelPorts {
                provider,
                repertoire: self.repertoire,
                tools: self.read_tools,
                budget: Arc::new(budget),
                clock: Arc::clone(&clock),
                redactor: Arc::clone(&redactor),
                memory: self.memory.clone(),
                mark_secret: entropy.next_u64(),
            })
        });
        let agents = Agents {
            models,
            classifier: Classifier::new(self.runbooks),
            analyst: Analyst::new(self.memory.clone()),
            strategist: Strategist::new(self.candidates, limits.as_ref().clone()),
            auditor: Auditor::new(self.policies, Arc::clone(&clock), limits.policy_timeout),
            scholar: Scholar::new(self.memory.clone()),
        };
        let ports = Ports {
            log_source: self.log_source,
            context: self.context,
            executors: self.executors,
            probes: self.probes,
            memory: self.memory,
            approver: self.approver,
            notifiers: self.notifiers,
            journal: self.journal,
            progress: self.progress,
            clock,
            entropy,
        };
        let must_be_granted = self.fleet.autonomy_must_be_granted.clone();
        Ok(Orchestrator {
            fleet: self.ledger.map(|ledger| Watch::new(self.fleet, ledger)),
            must_be_granted,
            bulkhead: tokio::sync::Semaphore::new(limits.concurrent_incidents),
            ports,
            agents,
            limits,
            worker,
            redactor,
            autonomy: self.autonomy,
            experience: Default::default(),
            breakers: Default::default(),
            serial: Default::default(),
        })
    }

    fn check(&self) -> Result<(), BuildError> {
        let limits = &self.limits;
        for (name, zero) in [
            ("concurrent_incidents", limits.concurrent_incidents == 0),
            ("calls_per_visit", limits.calls_per_visit == 0),
            ("plans_per_incident", limits.plans_per_incident == 0),
            ("diagnoses_per_incident", limits.diagnoses_per_incident == 0),
            ("attempts_per_step", limits.attempts_per_step == 0),
            ("stability_observations", limits.stability_observations == 0),
        ] {
            if zero {
                return Err(BuildError::ZeroLimit(name));
            }
        }
        if limits.lease_ttl < Duration::from_millis(100) {
            return Err(BuildError::LeaseTooShort);
        }
        self.autonomy.check()?;
        self.fleet.check()?;
        match (self.policies.is_empty(), self.executors.is_empty(), self.probes.is_empty()) {
            (true, _, _) => Err(BuildError::NoPolicy),
            (_, true, _) => Err(BuildError::NoExecutor),
            (_, _, true) => Err(BuildError::NoProbe),
            _ => Ok(()),
        }
    }
}

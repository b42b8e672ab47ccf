//! The incident that is healed: a failed stage, three observed values that may mend it, of which policy rejects the
//! first and the executor fails on the second.

use std::collections::BTreeMap;
use std::sync::Arc;

use selfheal_core::action::Value;
use selfheal_core::category::FailureCategory;
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::decision::Verdict;
use selfheal_core::diagnosis::{ActionTemplate, Hypothesis, ParameterSource, Remedy, RootCause, RowQuery, Source};
use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::evidence::{Citation, Evidence, EvidenceId, Untrusted};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::OrchestratorBuilder;
use selfheal_core::plan::Compensation;
use selfheal_core::ports::{Candidates, Executor, HealthProbe, MemoryStore, PolicyEngine, Row, Runbooks};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{
    FakeExecutor, FakeWorld, SET_VALUE, ScriptedCandidates, ScriptedPolicy, ScriptedProbe, ScriptedRunbooks,
};
use selfheal_detect::redact::Redactor;

use crate::ports::{Forgetful, Steady};

/// The set of observed values that the remedy chooses from.
pub const SET: &str = "fake.values";

/// The ports of an orchestrator, or of a loop that does without one.
#[derive(Clone)]
pub struct InMemoryPorts {
    /// What was verified before.
    pub memory: Arc<dyn MemoryStore>,
    /// What is known of failures.
    pub runbooks: Arc<dyn Runbooks>,
    /// Observed values.
    pub candidates: Arc<dyn Candidates>,
    /// What may be done.
    pub policy: Arc<dyn PolicyEngine>,
    /// Who does it.
    pub executor: Arc<dyn Executor>,
    /// Who sees whether it helped.
    pub probe: Arc<dyn HealthProbe>,
}

impl InMemoryPorts {
    /// Ports for `incidents` of which each has its first plan rejected and its second fail to apply.
    #[must_use]
    pub fn with_detours(incidents: usize) -> Self {
        use Verdict::{Allow, Deny};
        // Audit of the first plan, then audit and gate of the second and of the third.
        let verdicts = [Deny, Allow, Allow, Allow, Allow].repeat(incidents);
        let refused = Error::new(ErrorKind::Forbidden, "fake.apply", "refused before anything was done");
        let applications = (0..incidents).flat_map(|_| [Some(refused.clone()), None]);
        let failing = FakeExecutor::new(FakeWorld::default()).failing(applications.collect());
        Self { policy: Arc::new(ScriptedPolicy::new(verdicts)), executor: Arc::new(failing), ..Self::straight() }
    }

    /// Ports of incidents that are healed by the first plan.
    #[must_use]
    pub fn straight() -> Self {
        let row = |value: &str| Row::from([("value".to_owned(), Value::Text(value.to_owned()))]);
        let rows = vec![row("one"), row("two"), row("three")];
        Self {
            memory: Arc::new(Forgetful),
            runbooks: Arc::new(ScriptedRunbooks::new(vec![vec![hypothesis()]])),
            candidates: Arc::new(ScriptedCandidates(BTreeMap::from([(SET.to_owned(), rows)]))),
            policy: Arc::new(ScriptedPolicy::new(vec![Verdict::Allow])),
            executor: Arc::new(Steady::default()),
            probe: Arc::new(ScriptedProbe::healthy(&[true])),
        }
    }

    /// An orchestrator's builder that has them.
    pub fn builder(&self) -> OrchestratorBuilder {
        OrchestratorBuilder::default()
            .memory(Arc::clone(&self.memory))
            .runbooks(Arc::clone(&self.runbooks))
            .candidates(Arc::clone(&self.candidates))
            .policy(Arc::clone(&self.policy))
            .executor(Arc::clone(&self.executor))
            .probe(Arc::clone(&self.probe))
    }
}

/// `count` failures of as many resources, with somewhat less than 1 KiB of evidence each.
#[must_use]
pub fn signals(count: usize) -> Vec<Signal> {
    let redactor = Redactor::default();
    (0..count).map(|number| signal(number, &redactor)).collect()
}

fn signal(number: usize, redactor: &Redactor) -> Signal {
    let mut log = String::new();
    for case in 0..16 {
        log.push_str(&format!("test orders::case_{case:02} of stage {number:04} ... ok\n"));
    }
    log.push_str("thread 'main' panicked at src/orders.rs:88:14:\nexpected `limit` to be set for the order service\n");
    log.push_str("error: test failed, to rerun pass `--lib`\n");
    let resource = ResourceRef::new("fake", "pipeline", &format!("stage-{number:04}"));
    Signal::new(resource, Environment::Dev)
        .with_facts(Facts::new().with("exit_code", Fact::Number(101)))
        .with_evidence(Evidence::new(EvidenceId(1), "command output", 1, &log, redactor))
}

fn hypothesis() -> Hypothesis {
    let key = ParameterSource::Value(Value::Text("limit".to_owned()));
    let parameters = [("key".to_owned(), key), ("value".to_owned(), ParameterSource::Row("value".to_owned()))];
    Hypothesis {
        category: FailureCategory::MISSING_CONFIGURATION,
        cause: RootCause {
            kind: "limit_not_set".to_owned(),
            summary: Untrusted::new("`limit` is not set for the order service".to_owned()),
            extracted: BTreeMap::from([("name".to_owned(), vec![Untrusted::new("limit".to_owned())])]),
        },
        citations: vec![Citation { evidence: EvidenceId(1), line: 18 }],
        source: Source::Runbook { id: "limit-not-set".to_owned(), version: 1 },
        priority: 50,
        remedies: vec![Arc::new(Remedy {
            from: Some(RowQuery { set: SET.to_owned(), given: BTreeMap::new() }),
            actions: vec![ActionTemplate { kind: SET_VALUE, parameters: BTreeMap::from(parameters) }],
            criteria: vec![SuccessCriterion::Probe("healthy".to_owned())],
            compensation: Compensation::Undo,
        })],
        advice: Some(Untrusted::new("Set `limit`.".to_owned())),
        reference: None,
    }
}

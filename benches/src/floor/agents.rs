//! The floor of a hand-written loop over the same agents.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use selfheal_core::agents::{Analyst, Assignment, Auditor, Classifier, Scholar, Strategist};
use selfheal_core::decision::Verdict;
use selfheal_core::incident::Fingerprint;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::{Approved, RehearsalEvidence};

use super::{Step, ensure};
use crate::incident::InMemoryPorts;

/// The five agents and the ports that are called without one.
pub struct Crew {
    classifier: Classifier,
    analyst: Analyst,
    strategist: Strategist,
    auditor: Auditor,
    scholar: Scholar,
    ports: InMemoryPorts,
}

impl Crew {
    /// Agents over `ports`.
    #[must_use]
    pub fn new(ports: &InMemoryPorts) -> Self {
        let memory = Some(Arc::clone(&ports.memory));
        let clock = Arc::new(SystemClock::default());
        Self {
            classifier: Classifier::new(vec![Arc::clone(&ports.runbooks)]),
            analyst: Analyst::new(memory.clone()),
            strategist: Strategist::new(vec![Arc::clone(&ports.candidates)], Limits::default()),
            auditor: Auditor::new(vec![Arc::clone(&ports.policy)], clock, Duration::from_secs(5)),
            scholar: Scholar::new(memory),
            ports: ports.clone(),
        }
    }
}

/// A visit that is the work of an agent.
pub(super) type Visit = Step<Crew>;

/// The visits of the path with one rejected and one failed plan.
#[must_use]
pub fn of_agents() -> Vec<Step<Crew>> {
    use RehearsalEvidence::{Pending, Verified};
    vec![
        recall(),
        classify(),
        analyse(),
        plan(0),
        preview(0),
        decide("audit", 0, Pending, Verdict::Deny),
        plan(1),
        preview(1),
        decide("audit", 1, Pending, Verdict::Allow),
        rehearse(1),
        decide("gate", 1, Verified, Verdict::Allow),
        apply(1, false),
        analyse(),
        plan(2),
        preview(2),
        decide("audit", 2, Pending, Verdict::Allow),
        rehearse(2),
        decide("gate", 2, Verified, Verdict::Allow),
        apply(2, true),
        verify(),
        learn(),
    ]
}

fn recall() -> Visit {
    Visit::new("recall", |crew, inputs| {
        async move {
            let incident = &inputs.state.incident;
            let fingerprint = Fingerprint::of(&incident.resource, &incident.facts, &incident.evidence);
            ensure(crew.ports.memory.recall(&fingerprint).await?.is_none(), "recall")
        }
        .boxed()
    })
}

fn classify() -> Visit {
    Visit::new("classify", |crew, inputs| {
        async move { ensure(crew.classifier.classify(&inputs.case()).await?.len() == 1, "classify") }.boxed()
    })
}

fn analyse() -> Visit {
    Visit::new("analyse", |crew, inputs| {
        async move {
            let diagnosis = crew.analyst.analyse(Arc::clone(&inputs.state.hypotheses)).await;
            ensure(diagnosis.category == inputs.lesson.diagnosis.category, "analyse")
        }
        .boxed()
    })
}

fn plan(number: usize) -> Visit {
    Visit::new("plan", move |crew, inputs| {
        async move {
            let Some(attack) = inputs.state.attacks.first() else { return ensure(false, "plan") };
            let (allowed, tried) = (&inputs.state.allowed, &inputs.state.tried[..number]);
            let assignment = Assignment { allowed, attack, tried, specs: inputs.specs() };
            let plan = crew.strategist.plan(&assignment).await?;
            ensure(plan.as_ref() == Some(inputs.proposal(number).plan.as_ref()), "plan")
        }
        .boxed()
    })
}

fn preview(plan: usize) -> Visit {
    Visit::new("preview", move |crew, inputs| {
        async move {
            let previews = crew.ports.executor.preview(&inputs.unseen(plan)).await?;
            let hash = PlanHash::of(&inputs.proposal(plan).plan, &previews);
            ensure(Some(&hash) == inputs.proposal(plan).hash.as_ref(), "preview")
        }
        .boxed()
    })
}

fn decide(name: &'static str, plan: usize, rehearsal: RehearsalEvidence, verdict: Verdict) -> Visit {
    Visit::new(name, move |crew, inputs| {
        async move { ensure(crew.auditor.decide(&inputs.question(plan, rehearsal)).await.verdict == verdict, name) }
            .boxed()
    })
}

fn rehearse(plan: usize) -> Visit {
    Visit::new("rehearse", move |crew, inputs| {
        async move { crew.ports.executor.rehearse(&inputs.previewed(plan)).await.map(drop) }.boxed()
    })
}

fn apply(plan: usize, works: bool) -> Visit {
    Visit::new("apply", move |crew, inputs| {
        let work = Approved::for_tests(inputs.previewed(plan));
        async move { ensure(crew.ports.executor.apply(&work, 0, 1).await.is_ok() == works, "apply") }.boxed()
    })
}

fn verify() -> Visit {
    Visit::new("verify", |crew, inputs| {
        async move { ensure(crew.ports.probe.observe(&inputs.probe()).await?.is_healthy(), "verify") }.boxed()
    })
}

fn learn() -> Visit {
    Visit::new("learn", |crew, inputs| {
        async move {
            crew.scholar.learn(&inputs.state, inputs.lesson.at).await?;
            crew.ports.executor.settle(&inputs.state.incident.id).await
        }
        .boxed()
    })
}

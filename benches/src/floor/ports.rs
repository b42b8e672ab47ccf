//! The floor of port calls alone.

use futures::FutureExt;
use selfheal_core::decision::Verdict;
use selfheal_core::ports::{Approved, RehearsalEvidence};

use super::{Step, ensure};
use crate::incident::InMemoryPorts;

/// A visit that is one port call.
pub(super) type PortCall = Step<InMemoryPorts>;

/// The port calls of the path with one rejected and one failed plan.
#[must_use]
pub fn of_ports() -> Vec<Step<InMemoryPorts>> {
    use RehearsalEvidence::{Pending, Verified};
    vec![
        recall(),
        classify(),
        analyse(),
        plan(),
        preview(0),
        decide("audit", 0, Pending, Verdict::Deny),
        plan(),
        preview(1),
        decide("audit", 1, Pending, Verdict::Allow),
        rehearse(1),
        decide("gate", 1, Verified, Verdict::Allow),
        apply(1, false),
        analyse(),
        plan(),
        preview(2),
        decide("audit", 2, Pending, Verdict::Allow),
        rehearse(2),
        decide("gate", 2, Verified, Verdict::Allow),
        apply(2, true),
        verify(),
        learn(),
    ]
}

fn recall() -> PortCall {
    PortCall::new("recall", |ports, inputs| {
        async move { ensure(ports.memory.recall(&inputs.state.incident.fingerprint).await?.is_none(), "recall") }
            .boxed()
    })
}

fn classify() -> PortCall {
    PortCall::new("classify", |ports, inputs| {
        async move { ensure(ports.runbooks.explain(&inputs.case()).await?.len() == 1, "classify") }.boxed()
    })
}

fn analyse() -> PortCall {
    PortCall::new("analyse", |ports, inputs| {
        let source = &inputs.lesson.diagnosis.source;
        async move { ensure(ports.memory.track_record(source).await?.healed == 0, "analyse") }.boxed()
    })
}

fn plan() -> PortCall {
    PortCall::new("plan", |ports, inputs| {
        async move { ensure(ports.candidates.rows(&inputs.query).await?.len() == 3, "plan") }.boxed()
    })
}

fn preview(plan: usize) -> PortCall {
    PortCall::new("preview", move |ports, inputs| {
        async move {
            let previews = ports.executor.preview(&inputs.unseen(plan)).await?;
            ensure(*previews == *inputs.proposal(plan).previews, "preview")
        }
        .boxed()
    })
}

fn decide(name: &'static str, plan: usize, rehearsal: RehearsalEvidence, verdict: Verdict) -> PortCall {
    PortCall::new(name, move |ports, inputs| {
        async move { ensure(ports.policy.decide(&inputs.question(plan, rehearsal)).await?.verdict == verdict, name) }
            .boxed()
    })
}

fn rehearse(plan: usize) -> PortCall {
    PortCall::new("rehearse", move |ports, inputs| {
        async move { ports.executor.rehearse(&inputs.previewed(plan)).await.map(drop) }.boxed()
    })
}

fn apply(plan: usize, works: bool) -> PortCall {
    PortCall::new("apply", move |ports, inputs| {
        let work = Approved::for_tests(inputs.previewed(plan));
        async move { ensure(ports.executor.apply(&work, 0, 1).await.is_ok() == works, "apply") }.boxed()
    })
}

fn verify() -> PortCall {
    PortCall::new("verify", |ports, inputs| {
        async move { ensure(ports.probe.observe(&inputs.probe()).await?.is_healthy(), "verify") }.boxed()
    })
}

fn learn() -> PortCall {
    PortCall::new("learn", |ports, inputs| {
        async move {
            ports.memory.record(&inputs.lesson).await?;
            ports.executor.settle(&inputs.state.incident.id).await
        }
        .boxed()
    })
}

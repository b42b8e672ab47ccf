//! Ports that take their time: each call sleeps, and is counted, before the port behind it answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec};
use selfheal_core::confidence::TrackRecord;
use selfheal_core::criterion::Observation;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::diagnosis::{Hypothesis, Source};
use selfheal_core::error::Result;
use selfheal_core::incident::{Fingerprint, IncidentId};
use selfheal_core::plan::Preview;
use selfheal_core::ports::{
    Approved, CandidateQuery, Candidates, Case, EffectStatus, Executor, HealthProbe, Lesson, MemoryStore, Moment,
    PastOutcome, PolicyEngine, PolicyQuestion, ProbeRequest, ProvenFix, Reach, Rehearsal, Row, Runbooks, Undone, Work,
};

use crate::incident::InMemoryPorts;

/// How long calls take, and how many there were.
#[derive(Debug)]
pub struct Pace {
    delay: Duration,
    calls: AtomicUsize,
}

impl Pace {
    /// Calls of `delay` each, none made yet.
    #[must_use]
    pub fn new(delay: Duration) -> Arc<Self> {
        Arc::new(Self { delay, calls: AtomicUsize::new(0) })
    }

    /// Calls made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.delay).await;
    }
}

/// The same ports at the given pace.
#[must_use]
pub fn slowed(ports: InMemoryPorts, pace: &Arc<Pace>) -> InMemoryPorts {
    InMemoryPorts {
        memory: slow(ports.memory, pace),
        runbooks: slow(ports.runbooks, pace),
        candidates: slow(ports.candidates, pace),
        policy: slow(ports.policy, pace),
        executor: slow(ports.executor, pace),
        probe: slow(ports.probe, pace),
    }
}

struct Slow<P: ?Sized> {
    port: Arc<P>,
    pace: Arc<Pace>,
}

fn slow<P: ?Sized>(port: Arc<P>, pace: &Arc<Pace>) -> Arc<Slow<P>> {
    Arc::new(Slow { port, pace: Arc::clone(pace) })
}

#[async_trait]
impl MemoryStore for Slow<dyn MemoryStore> {
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>> {
        self.pace.call().await;
        self.port.recall(fingerprint).await
    }

    async fn record(&self, lesson: &Lesson) -> Result<()> {
        self.pace.call().await;
        self.port.record(lesson).await
    }

    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>> {
        self.pace.call().await;
        self.port.past(most).await
    }

    async fn track_record(&self, source: &Source) -> Result<TrackRecord> {
        self.pace.call().await;
        self.port.track_record(source).await
    }
}

#[async_trait]
impl Runbooks for Slow<dyn Runbooks> {
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        self.pace.call().await;
        self.port.explain(case).await
    }
}

#[async_trait]
impl Candidates for Slow<dyn Candidates> {
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        self.pace.call().await;
        self.port.rows(query).await
    }
}

#[async_trait]
impl PolicyEngine for Slow<dyn PolicyEngine> {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        self.pace.call().await;
        self.port.decide(question).await
    }
}

#[async_trait]
impl HealthProbe for Slow<dyn HealthProbe> {
    async fn observe(&self, request: &ProbeRequest<'_>) -> Result<Observation> {
        self.pace.call().await;
        self.port.observe(request).await
    }
}

#[async_trait]
impl Executor for Slow<dyn Executor> {
    fn system(&self) -> &str {
        self.port.system()
    }

    fn kinds(&self) -> &[ActionSpec] {
        self.port.kinds()
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.pace.call().await;
        self.port.preview(work).await
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.pace.call().await;
        self.port.rehearse(work).await
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        self.pace.call().await;
        self.port.apply(work, step, attempt).await
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        self.pace.call().await;
        self.port.probe(work, step).await
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        self.pace.call().await;
        self.port.undo(work, step).await
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        self.port.settle(incident).await
    }
}

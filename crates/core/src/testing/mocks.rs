//! mockall mocks of the five main ports, for tests that check how a port is called.
#![allow(missing_docs, reason = "mockall generates the items")]

use async_trait::async_trait;
use mockall::mock;

use std::collections::BTreeSet;

use crate::action::{ActionKind, ActionSpec};
use crate::confidence::TrackRecord;
use crate::decision::{Clearance, Decision};
use crate::diagnosis::Source;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::incident::{Fingerprint, IncidentId};
use crate::plan::{Plan, Preview, Step};
use crate::ports::{
    Approved, EffectStatus, Executor, Lesson, LlmProvider, LlmRequest, LlmResponse, LogSource, MemoryStore, Moment,
    PastOutcome, PolicyEngine, PolicyQuestion, ProvenFix, Reach, Rehearsal, RehearsalEvidence, Undone, Work,
};
use crate::resource::ResourceRef;
use crate::spending::Meter;

mock! {
    #[derive(Debug)]
    pub LogSource {}

    #[async_trait]
    impl LogSource for LogSource {
        async fn tail(&self, resource: &ResourceRef, lines: usize) -> Result<Vec<Evidence>>;
    }
}

mock! {
    #[derive(Debug)]
    pub LlmProvider {}

    #[async_trait]
    impl LlmProvider for LlmProvider {
        async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse>;
    }
}

// mockall can't mock an async method whose argument borrows (`PolicyQuestion<'_>`, `Work<'_>`); the expectations of
// these two ports are on plain methods that see the owned parts.
mock! {
    #[derive(Debug)]
    pub PolicyEngine {
        pub fn on_decide(&self, plan: &Plan, rehearsal: RehearsalEvidence) -> Result<Decision>;
    }
}

#[async_trait]
impl PolicyEngine for MockPolicyEngine {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        self.on_decide(question.plan, question.rehearsal)
    }
}

mock! {
    #[derive(Debug)]
    pub Executor {
        pub fn on_system(&self) -> &'static str;
        pub fn on_kinds(&self) -> &'static [ActionSpec];
        pub fn on_preview(&self, steps: &[Step]) -> Result<Vec<Preview>>;
        pub fn on_rehearse(&self, steps: &[Step]) -> Result<Rehearsal>;
        pub fn on_apply(&self, step: &Step, attempt: u32) -> Result<()>;
        pub fn on_probe(&self, step: &Step) -> Result<EffectStatus>;
        pub fn on_undo(&self, step: &Step) -> Result<Undone>;
        pub fn on_settle(&self, incident: &IncidentId) -> Result<()>;
    }
}

#[async_trait]
impl Executor for MockExecutor {
    fn system(&self) -> &str {
        self.on_system()
    }

    fn kinds(&self) -> &[ActionSpec] {
        self.on_kinds()
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.on_preview(work.steps)
    }

    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.on_rehearse(work.steps)
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()> {
        self.on_apply(&work.steps[step], attempt)
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        self.on_probe(&work.steps[step])
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        self.on_undo(&work.steps[step])
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        self.on_settle(incident)
    }
}

mock! {
    #[derive(Debug)]
    pub MemoryStore {}

    #[async_trait]
    impl MemoryStore for MemoryStore {
        async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>>;
        async fn record(&self, lesson: &Lesson) -> Result<()>;
        async fn track_record(&self, source: &Source) -> Result<TrackRecord>;
        async fn past(&self, most: usize) -> Result<Vec<PastOutcome>>;
    }
}

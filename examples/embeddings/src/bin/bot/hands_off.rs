//! The ports of a host that proposes and never touches anything.

use std::collections::BTreeSet;

use async_trait::async_trait;
use selfheal_core::action::{Action, ActionKind, ActionSpec, Reversibility};
use selfheal_core::criterion::Observation;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{
    Approved, CandidateQuery, Candidates, EffectStatus, Executor, HealthProbe, Moment, PolicyEngine, PolicyQuestion,
    ProbeRequest, Reach, Rehearsal, Row, Undone, Work,
};
use selfheal_core::standard::standard_specs;

/// Knows every kind by name, offers no observed values, allows nothing beyond a proposal.
pub(crate) struct HandsOff {
    kinds: Vec<ActionSpec>,
}

impl Default for HandsOff {
    fn default() -> Self {
        Self { kinds: standard_specs() }
    }
}

fn not_here<T>(operation: &'static str) -> Result<T> {
    Err(Error::new(ErrorKind::Forbidden, operation, "this bot only proposes"))
}

#[async_trait]
impl PolicyEngine for HandsOff {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        let because = "a bot proposes, a person applies";
        Ok(Decision { verdict: Verdict::Propose, ..Decision::denied(because, "bot-1") })
    }
}

#[async_trait]
impl Candidates for HandsOff {
    // What would have to be looked up (a version, a name) is not proposed: a bot that can't look doesn't guess.
    async fn rows(&self, _: &CandidateQuery) -> Result<Vec<Row>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl HealthProbe for HandsOff {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        Ok(Observation::NoData { why: "nothing is run here".to_owned() })
    }
}

#[async_trait]
impl Executor for HandsOff {
    fn system(&self) -> &str {
        "chat"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        Ok(work.steps.iter().map(|step| described(&step.action)).collect())
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Unsupported { why: "nothing is run here".to_owned() })
    }

    async fn apply(&self, _: &Approved<'_>, _: usize, _: u32) -> Result<()> {
        not_here("bot.apply")
    }

    async fn probe(&self, _: &Work<'_>, _: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Absent)
    }

    async fn undo(&self, _: &Work<'_>, _: usize) -> Result<Undone> {
        Ok(Undone::Nothing)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

fn described(action: &Action) -> Preview {
    let parameters = action.parameters().iter().map(|(name, parameter)| format!("{name} {}", parameter.value));
    Preview {
        summary: format!("{} ({})", action.kind(), parameters.collect::<Vec<_>>().join(", ")),
        changes: Vec::new(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: Reversibility::NothingToUndo,
    }
}

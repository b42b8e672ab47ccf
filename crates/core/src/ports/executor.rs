//! Executor: previews, rehearses, applies, probes and undoes typed actions.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::action::ActionSpec;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::facts::Facts;
use crate::incident::IncidentId;
use crate::plan::{PlanHash, Preview, Step};
use crate::resource::{Environment, ResourceRef};

/// The steps of one plan that one executor is responsible for.
///
/// Only the orchestrator makes one; what it holds has been checked against the executor's specs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Work<'a> {
    /// The incident.
    pub incident: &'a IncidentId,
    /// What the incident is about.
    pub resource: &'a ResourceRef,
    /// Where it runs.
    pub environment: &'a Environment,
    /// The steps, in order.
    pub steps: &'a [Step],
    /// Their previews, one each; empty while they are being previewed.
    pub previews: &'a [Preview],
    /// Identity of plan and previews; `None` while they are being previewed. Together with the incident it
    /// is the idempotency key of every effect.
    pub plan_hash: Option<&'a PlanHash>,
    /// The worker's fencing token for this incident: a target that can compare tokens refuses effects of the same incident with
    /// a smaller one. Another incident's tokens begin anew.
    pub epoch: u64,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        incident: &'a IncidentId,
        resource: &'a ResourceRef,
        environment: &'a Environment,
        steps: &'a [Step],
        epoch: u64,
    ) -> Self {
        Self { incident, resource, environment, steps, previews: &[], plan_hash: None, epoch }
    }

    pub(crate) fn previewed(mut self, previews: &'a [Preview], plan_hash: &'a PlanHash) -> Self {
        self.previews = previews;
        self.plan_hash = Some(plan_hash);
        self
    }

    /// Work as the orchestrator would hand it over, for tests of an executor.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn for_tests(
        incident: &'a IncidentId,
        resource: &'a ResourceRef,
        environment: &'a Environment,
        steps: &'a [Step],
        previews: &'a [Preview],
        plan_hash: Option<&'a PlanHash>,
    ) -> Self {
        Self { incident, resource, environment, steps, previews, plan_hash, epoch: 1 }
    }
}

/// Work that passed policy, gate and, where asked for, a person: the only thing that can be applied.
#[derive(Debug, Clone)]
pub struct Approved<'a>(Work<'a>);

impl<'a> Approved<'a> {
    pub(crate) fn by_the_gate(work: Work<'a>) -> Self {
        Self(work)
    }

    /// Work as if it had passed the gate, for tests of an executor.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn for_tests(work: Work<'a>) -> Self {
        Self(work)
    }
}

impl<'a> std::ops::Deref for Approved<'a> {
    type Target = Work<'a>;

    fn deref(&self) -> &Work<'a> {
        &self.0
    }
}

/// How a rehearsal ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rehearsal {
    /// Every criterion held on the copy.
    Verified {
        /// What was observed there.
        facts: Facts,
    },
    /// It ran and did not help; the evidence is what it said.
    Failed {
        /// What was observed there.
        facts: Facts,
        /// What can be read of it.
        evidence: Vec<Evidence>,
    },
    /// The steps change nothing that a copy could show (a rerun, an environment variable): the first
    /// application is the test.
    InPlace,
    /// It can't be rehearsed; the gate has less evidence.
    Unsupported {
        /// Why.
        why: String,
    },
}

/// What became of an effect whose outcome was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectStatus {
    /// The world is as after the step.
    Applied,
    /// The world is as before the step: it may be sent again.
    Absent,
    /// Neither: somebody else changed it, or it can't be told.
    Diverged,
}

/// How an undo ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// All is as it was before the step.
    Restored,
    /// There was nothing to take back.
    Nothing,
    /// Somebody else changed it meanwhile; it was left alone.
    ForeignChange {
        /// What, for the person who is told.
        what: String,
    },
}

/// Performs actions of one system.
///
/// # To be correct
/// 1. [`kinds`](Executor::kinds) is constant, and every action that fits one of its specs is previewed or refused with
///    [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid): no kind is silently ignored.
/// 2. [`preview`](Executor::preview) changes nothing that others see and returns one preview per step, each on top of
///    the steps before it. Same world, same steps: same previews, or the plan hash would lie.
/// 3. [`rehearse`](Executor::rehearse) leaves the target as it was, whatever happens to it.
/// 4. [`apply`](Executor::apply) does exactly what the preview said, only while every fence of the preview holds; a
///    fence that no longer holds is [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) and nothing was done.
/// 5. What is needed to undo is durable before the first change.
/// 6. An error of `apply` says truthfully whether something may have happened
///    ([`Retry::UnknownOutcome`](crate::error::Retry::UnknownOutcome)); only then [`probe`](Executor::probe) decides.
/// 7. `probe` changes nothing that others see, and says `Absent` only if the step surely did not happen, and will not: where an
///    effect of a worker that was paused may still be on its way, the target is shown the new [`epoch`](Work::epoch) first.
/// 8. [`undo`](Executor::undo) restores the state before the step exactly, may be called twice, tolerates that the step
///    never happened, and stops at a foreign change.
/// 9. Every rerun of a command is an effect: it happens only in `rehearse` and `apply`.
#[async_trait]
pub trait Executor: Send + Sync {
    /// The system whose resources it changes; actions are routed by (kind, system of the target).
    fn system(&self) -> &str;

    /// The kinds it performs.
    fn kinds(&self) -> &[ActionSpec];

    /// What each step would change.
    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>>;

    /// Tries all steps without touching the target.
    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal>;

    /// Performs step `step` (index into `work.steps`), the `attempt`th time (1-based).
    async fn apply(&self, work: &Approved<'_>, step: usize, attempt: u32) -> Result<()>;

    /// What became of step `step`.
    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus>;

    /// Takes step `step` back.
    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone>;

    /// Tells that the incident ended and nothing of it will be undone any more; undo material may go.
    async fn settle(&self, incident: &IncidentId) -> Result<()>;
}

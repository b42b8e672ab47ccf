//! The ports of one run. They do what they are told, and note whatever should not have been asked of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, Reversibility};
use selfheal_core::criterion::Observation;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::facts::Facts;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{BlastRadius, Change, Preview, Step};
use selfheal_core::ports::{
    Approved, CandidateQuery, Candidates, EffectClass, EffectStatus, Executor, HealthProbe, Moment, PolicyEngine,
    PolicyQuestion, ProbeRequest, Reach, Rehearsal, RehearsalEvidence, Row, Undone, Work,
};

use super::breach::{Bounds, Breach};
use super::stage::Stage;

/// Policy, executor, probe and candidates of one run.
pub(super) struct Watch {
    stage: Arc<Stage>,
    /// Why the first plan is refused, if it is.
    reason: Option<String>,
    was_refused: AtomicBool,
    mended: AtomicBool,
    pub(super) applied: AtomicUsize,
    cleared: AtomicUsize,
    permitted: Mutex<BTreeSet<ActionKind>>,
    /// The plans that policy allowed at the gate.
    allowed: Mutex<Vec<Vec<Step>>>,
    breaches: Mutex<BTreeSet<Breach>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    pub(super) fn new(stage: Arc<Stage>, reason: Option<String>) -> Self {
        Self {
            stage,
            reason,
            was_refused: AtomicBool::new(false),
            mended: AtomicBool::new(false),
            applied: AtomicUsize::new(0),
            cleared: AtomicUsize::new(0),
            permitted: Mutex::default(),
            allowed: Mutex::default(),
            breaches: Mutex::default(),
        }
    }

    /// Notes a breach.
    pub(super) fn note(&self, breach: Breach) {
        held(&self.breaches).insert(breach);
    }

    /// What was noted.
    pub(super) fn breaches(&self) -> BTreeSet<Breach> {
        held(&self.breaches).clone()
    }

    fn look_at(&self, steps: &[Step], applied: bool) {
        let permitted = held(&self.permitted).clone();
        let target = &self.stage.scenario.resource;
        let bounds = Bounds { target, permitted: &permitted, values: &self.stage.values };
        held(&self.breaches).extend(bounds.breaches(steps, applied));
    }

    fn preview(&self, step: &Step) -> Preview {
        let action = &step.action;
        let touched = ["path", "manifest"].iter().find_map(|name| action.text(name));
        let what = touched.unwrap_or(&self.stage.scenario.resource.name).to_owned();
        let values: Vec<String> =
            action.parameters().iter().map(|(name, parameter)| format!("+{name} {}", parameter.value)).collect();
        let spec = self.stage.specs.iter().find(|spec| spec.kind == *action.kind());
        Preview {
            summary: format!("{} of {what}", action.kind()),
            changes: vec![Change { what, before: None, after: None, diff: values.join("\n") }],
            fences: Vec::new(),
            blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 0 },
            undo_hash: None,
            reversibility: spec.map_or(Reversibility::Irreversible, |spec| spec.reversibility),
        }
    }
}

#[async_trait]
impl PolicyEngine for Watch {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        let kinds = self.stage.policy.permits(reach).await?;
        held(&self.permitted).clone_from(&kinds);
        Ok(kinds)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let decision = self.stage.policy.decide(question).await?;
        if question.rehearsal != RehearsalEvidence::Pending && decision.verdict == Verdict::Allow {
            held(&self.allowed).push(question.plan.steps.clone());
        }
        Ok(decision)
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        if matches!(moment.effect, EffectClass::Apply | EffectClass::Retry) {
            self.cleared.fetch_add(1, Ordering::Relaxed);
        }
        self.stage.policy.clear(moment).await
    }
}

#[async_trait]
impl Executor for Watch {
    fn system(&self) -> &str {
        &self.stage.scenario.resource.system
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.stage.specs
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        self.look_at(work.steps, false);
        match &self.reason {
            Some(reason) if !self.was_refused.swap(true, Ordering::Relaxed) => {
                Err(Error::new(ErrorKind::Forbidden, "watch.preview", reason.clone()))
            }
            _ => Ok(work.steps.iter().map(|step| self.preview(step)).collect()),
        }
    }

    /// As good as it can be: whatever policy lets through is applied then.
    async fn rehearse(&self, work: &Work<'_>) -> Result<Rehearsal> {
        self.look_at(work.steps, false);
        Ok(Rehearsal::Verified { facts: Facts::new() })
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _: u32) -> Result<()> {
        self.look_at(work.steps, true);
        if !held(&self.allowed).iter().any(|allowed| allowed == work.steps) {
            self.note(Breach::NotAllowed);
        }
        if self.applied.fetch_add(1, Ordering::Relaxed) >= self.cleared.load(Ordering::Relaxed) {
            self.note(Breach::NotCleared);
        }
        let mends = work.steps.get(step).is_some_and(|step| *step.action.kind() == self.stage.scenario.kind);
        self.mended.fetch_or(mends, Ordering::Relaxed);
        Ok(())
    }

    async fn probe(&self, _: &Work<'_>, _: usize) -> Result<EffectStatus> {
        Ok(EffectStatus::Applied)
    }

    async fn undo(&self, work: &Work<'_>, _: usize) -> Result<Undone> {
        self.look_at(work.steps, true);
        Ok(Undone::Restored)
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl HealthProbe for Watch {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        Ok(match self.mended.load(Ordering::Relaxed) {
            true => Observation::Healthy { facts: Facts::new() },
            false => Observation::Unhealthy { facts: Facts::new(), evidence: Vec::new() },
        })
    }
}

#[async_trait]
impl Candidates for Watch {
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        let observed = self.stage.scenario.observed.get(query.set.as_str());
        let named = |row: &&Row| {
            query.given.iter().all(|(column, texts)| {
                let value = row.get(column).map(ToString::to_string);
                texts.iter().any(|text| value.as_deref() == Some(text.read().as_str()))
            })
        };
        // A column that selects only is no column of the answer's rows; one more does no harm.
        Ok(observed.into_iter().flatten().filter(named).cloned().collect())
    }
}

//! All that the engine knows of one incident.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::consultation::{Agent, Consultation, Opinion};
use super::phase::{Effect, Phase, Trouble};
use crate::allowed::Allowed;
use crate::approval::Terms;
use crate::decision::{Decision, Verdict};
use crate::diagnosis::{Diagnosis, Hypothesis};
use crate::evidence::{Evidence, EvidenceId, Untrusted};
use crate::facts::Facts;
use crate::incident::Incident;
use crate::limits::Limits;
use crate::plan::{BlastRadius, Plan, PlanHash, Preview, Step};
use crate::ports::Rehearsal;
use crate::resource::ResourceRef;
use crate::spending::Amount;
use crate::time::Timestamp;

/// Version of [`State`] and [`Event`](super::Event) as they are serialised.
pub const SCHEMA_VERSION: u16 = 1;

/// All that the engine knows of one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Version of this shape.
    pub schema: u16,
    /// The incident as it was opened.
    pub incident: Arc<Incident>,
    /// Drives the jitter of this incident.
    pub seed: u64,
    /// What bounds it.
    pub limits: Arc<Limits>,
    /// What may be done about it at all. An incident of before this was kept may have nothing new planned.
    #[serde(default = "nothing_known")]
    pub allowed: Arc<Allowed>,
    /// The fencing token of the worker that has it, for executors whose target can check one.
    pub epoch: u64,
    /// Where it stands.
    pub phase: Phase,
    /// Whether the effect of this phase was recorded as intended, and so may have been sent; of an approval, whether it
    /// was asked for.
    pub intended: bool,
    /// What is bounded.
    pub counters: Counters,
    /// What the classifier found in the latest evidence.
    pub hypotheses: Arc<[Hypothesis]>,
    /// Lines of attack, the current one last. A plan that moved the failure on opens a new one on top.
    pub attacks: Vec<Attack>,
    /// The plan being worked on.
    pub proposal: Option<Proposal>,
    /// Plans that ended, in order.
    pub tried: Vec<Tried>,
    /// What was seen when the last plan failed; the next diagnosis looks at this instead of the first evidence.
    pub fresh: Option<(Facts, Vec<Evidence>)>,
    /// What was looked up for diagnoses, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gathered: Vec<Evidence>,
}

/// What is bounded per incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Plans drawn up.
    pub plans: u32,
    /// Diagnoses made.
    pub diagnoses: u32,
    /// Calls made for the present visit that ended "retryable".
    pub calls: u32,
    /// Evidence pieces numbered.
    pub evidence: u32,
    /// Rounds of telling people in which nobody acknowledged.
    pub undelivered: u32,
    /// Plans that policy, an executor or a person refused.
    #[serde(default)]
    pub rejections: u32,
    /// Times that the present effect was held; looks before a hold's own time are not counted.
    #[serde(default)]
    pub holds: u32,
    /// Times that a plan, or its last step once more, was sent. The later steps of a plan go on with a start that was counted.
    #[serde(default)]
    pub starts: u32,
    /// What language models took.
    #[serde(default)]
    pub spent: Amount,
}

/// A line of attack: what is believed, and what must be done before because it helped already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// Steps that moved the failure on; every plan of this line begins with them.
    pub base: Vec<Step>,
    /// What is believed to be wrong after them.
    pub diagnosis: Arc<Diagnosis>,
}

/// The plan being worked on, with what is known of it so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// What is to be done.
    pub plan: Arc<Plan>,
    /// What it changes.
    pub previews: Arc<[Preview]>,
    /// Identity of both.
    pub hash: Option<PlanHash>,
    /// Policy's latest word.
    pub decision: Option<Arc<Decision>>,
    /// How the rehearsal ended.
    pub rehearsal: Option<Rehearsal>,
    /// How many of its steps are applied.
    pub applied: usize,
    /// Starts of the last step.
    pub attempts: u32,
    /// What it may not exceed, if a person made it by narrowing another plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Box<Within>>,
    /// When silence escalates, whatever is asked from now on: policy changed while people were being asked. Boxed: it is rare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_until: Option<Box<Timestamp>>,
    /// Whether a step of it was sent, whatever came of it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub sent: bool,
    /// Whether it was held, or another worker took over, since it was decided: it is decided again before it is begun.
    #[serde(default, skip_serializing_if = "is_not")]
    pub doubted: bool,
    /// A model's second opinion, where one was given. Boxed: it is rare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Box<Opinion>>,
}

/// What a plan that was narrowed may not exceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// Who narrowed it.
    pub by: String,
    /// What the plan that was shown would have changed.
    pub what: std::collections::BTreeSet<String>,
    /// How far it would have reached, over all steps.
    pub blast_radius: BlastRadius,
    /// Who had to agree to it: no fewer have to agree to what is left.
    #[serde(default)]
    pub terms: Terms,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_not(flag: &bool) -> bool {
    !flag
}

/// What may be done about an incident of before that was kept.
pub(super) fn nothing_known() -> Arc<Allowed> {
    Arc::new(Allowed::nothing(ResourceRef::new("", "", "")))
}

impl Proposal {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        let previews = Arc::from([]);
        Self {
            plan,
            previews,
            hash: None,
            decision: None,
            rehearsal: None,
            applied: 0,
            attempts: 0,
            within: None,
            ask_until: None,
            sent: false,
            doubted: false,
            opinion: None,
        }
    }
}

impl Within {
    pub(super) fn of(by: String, shown: &Proposal) -> Self {
        let previews = &shown.previews;
        let what = previews.iter().flat_map(|preview| &preview.changes).map(|change| change.what.clone()).collect();
        let terms = shown.decision.as_ref().and_then(|decision| decision.approval.clone()).unwrap_or_default();
        Self { by, what, blast_radius: reach(previews), terms }
    }

    /// What is said about the narrowed plan besides policy: people must agree to it, as they had to before.
    pub(crate) fn decision(&self, policy_version: &str) -> Decision {
        let because = format!("{} narrowed a plan that people had to agree to", self.by);
        let mut asked = Decision::new(Verdict::RequireApproval, because, policy_version);
        asked.approval = Some(self.terms.clone());
        asked
    }

    /// What goes beyond the plan that was shown; `None` if nothing does.
    pub(super) fn objection(&self, previews: &[Preview]) -> Option<String> {
        let mut changed = previews.iter().flat_map(|preview| &preview.changes).map(|change| &change.what);
        if let Some(stray) = changed.find(|what| !self.what.contains(*what)) {
            return Some(format!(
                "what {} narrowed it to changes {stray}, which the plan that was shown did not",
                self.by
            ));
        }
        let (now, then) = (reach(previews), &self.blast_radius);
        let wider = now.resources > then.resources || now.changes > then.changes;
        let longer = now.lines_added > then.lines_added || now.lines_removed > then.lines_removed;
        (wider || longer)
            .then(|| format!("what {} changed it to reaches further than the plan that was shown", self.by))
    }
}

fn reach(previews: &[Preview]) -> BlastRadius {
    let radii = previews.iter().map(|preview| preview.blast_radius);
    radii.fold(BlastRadius::default(), BlastRadius::and)
}

/// A plan that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The plan with what was known of it.
    pub proposal: Proposal,
    /// How it ended.
    pub result: TriedResult,
    /// Why, in plain words.
    pub reason: String,
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriedResult {
    /// It was applied and verified.
    Applied,
    /// It was rehearsed and waits for a person.
    Proposed,
    /// Policy or an executor refused it, or a person changed it, before anything happened.
    Rejected,
    /// A person refused it before anything happened.
    Refused,
    /// It did not help where it was rehearsed; the target was not touched.
    RehearsalFailed,
    /// It was applied and taken back.
    RolledBack,
    /// It was applied and could not be taken back entirely.
    Stuck,
}

impl State {
    /// What is to be done next; `None` when the incident is closed.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        self.phase.effect()
    }

    /// The first diagnosis: what was wrong with what the user saw.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&Arc<Diagnosis>> {
        self.attacks.first().map(|attack| &attack.diagnosis)
    }

    /// The facts that the next diagnosis looks at.
    #[must_use]
    pub fn current_facts(&self) -> Cow<'_, Facts> {
        let facts = &self.incident.facts;
        self.fresh.as_ref().map_or(Cow::Borrowed(facts), |(fresh, _)| Cow::Owned(facts.updated(fresh)))
    }

    /// The evidence that the next diagnosis looks at.
    #[must_use]
    pub fn current_evidence(&self) -> &[Evidence] {
        self.fresh.as_ref().map_or(&self.incident.evidence, |(_, evidence)| evidence)
    }

    /// How many plans were sent and ended, whatever came of them.
    #[must_use]
    pub fn plans_applied(&self) -> u32 {
        let applied = |tried: &&Tried| {
            let took_hold = matches!(tried.result, TriedResult::Applied | TriedResult::RolledBack | TriedResult::Stuck);
            took_hold || tried.proposal.sent
        };
        u32::try_from(self.tried.iter().filter(applied).count()).unwrap_or(u32::MAX)
    }

    /// Whether what was decided about its plan has to be asked again before the plan is begun, or its last step started once more.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        let Some(proposal) = self.proposal.as_ref().filter(|proposal| proposal.doubted) else { return false };
        let starts = match *self.phase.awake() {
            // What follows the first step goes on with it: half a change is worse.
            Phase::Applying { step: 0, attempt: 1 } => proposal.applied == 0,
            Phase::Applying { attempt, .. } => attempt > 1,
            _ => false,
        };
        starts && !self.intended
    }

    /// Whether the next effect is the first of its plan.
    pub(crate) fn begins(&self) -> bool {
        matches!(self.phase.awake(), Phase::Applying { step: 0, attempt: 1 })
    }

    /// Whether a request to stop changes what is done next. What is being taken back because of one goes on as it is.
    #[must_use]
    pub fn may_be_cancelled(&self) -> bool {
        match self.phase.awake() {
            Phase::Compensating { because: Trouble::Cancelled, .. } => false,
            awake if awake.is_ending() => matches!(self.phase, Phase::BackingOff { .. }),
            _ => true,
        }
    }

    /// Whether its next effect was held, and it waits until that is asked about again.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.counters.holds > 0 && matches!(self.phase, Phase::BackingOff { .. })
    }

    /// Every piece of evidence that a diagnosis may cite, oldest first.
    pub fn all_evidence(&self) -> impl Iterator<Item = &Evidence> {
        let fresh = self.fresh.iter().flat_map(|(_, evidence)| evidence);
        self.incident.evidence.iter().chain(fresh).chain(&self.gathered)
    }

    /// The state in which another process takes over: an effect that may have been sent is not sent again
    /// but looked at, or, where a look can't tell, taken back.
    #[must_use]
    pub fn recovered(mut self) -> Self {
        // A person who was asked stays asked.
        if !self.intended || matches!(self.phase, Phase::AwaitingApproval { .. }) {
            return self;
        }
        self.intended = false;
        self.phase = match self.phase {
            Phase::Applying { step, attempt } => Phase::Probing { step, attempt },
            // These may be repeated: a rehearsal leaves the target alone, an undo tolerates being done, and a probe that runs
            // something remembers that it began.
            other => other,
        };
        self
    }

    /// The same, with nothing allowed if what is allowed is not about this incident.
    pub(super) fn confined(mut self) -> Self {
        if self.allowed.target() != &self.incident.resource {
            self.allowed = Arc::new(Allowed::nothing(self.incident.resource.clone()));
        }
        self
    }

    /// What was decided about the plan may have been overtaken.
    pub(super) fn doubt(&mut self) {
        if let Some(proposal) = &mut self.proposal {
            proposal.doubted = true;
        }
    }

    /// Models were asked: what it took counts, whatever becomes of the visit.
    pub(super) fn consulted(&mut self, consultations: &[Consultation]) {
        for consultation in consultations {
            self.counters.spent = self.counters.spent.and(consultation.spent());
            for piece in consultation.evidence() {
                self.counters.evidence = self.counters.evidence.max(piece.id().0);
                self.gathered.push(piece.clone());
            }
            if let (Some(opinion), Some(proposal)) = (&consultation.opinion, &mut self.proposal) {
                proposal.opinion = Some(Box::new(opinion.clone()));
            }
            if let (Agent::Strategist, Some(advice)) = (consultation.agent, &consultation.advice) {
                self.advised(advice);
            }
        }
        let bytes = |piece: &Evidence| piece.text().read().len();
        let mut total: usize = self.gathered.iter().map(bytes).sum();
        while total > self.limits.evidence_bytes && self.gathered.len() > 1 {
            total -= bytes(&self.gathered.remove(0));
        }
    }

    /// Who looked for a fix knows better what a person should do than who looked for the cause.
    fn advised(&mut self, advice: &Untrusted<String>) {
        let Some(attack) = self.attacks.last_mut() else { return };
        let mut hypotheses = attack.diagnosis.hypotheses.to_vec();
        if let Some(best) = hypotheses.first_mut() {
            best.advice = Some(advice.clone());
        }
        Arc::make_mut(&mut attack.diagnosis).hypotheses = hypotheses.into();
    }

    pub(super) fn enter(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self.intended = false;
        self.counters.calls = 0;
        self.counters.holds = 0;
        self
    }

    pub(super) fn compensate(mut self, because: Trouble) -> Self {
        match self.proposal.as_ref().map_or(0, |proposal| proposal.applied) {
            0 => {
                self.retire(TriedResult::Rejected, because.in_words());
                self.enter(Phase::Escalating { because })
            }
            applied => self.enter(Phase::Compensating { step: applied - 1, because }),
        }
    }

    pub(super) fn retire(&mut self, result: TriedResult, reason: impl Into<String>) {
        if let Some(proposal) = self.proposal.take() {
            // Mostly there is one; a vector's own growth would make room for four.
            self.tried.reserve_exact(1);
            self.tried.push(Tried { proposal, result, reason: reason.into() });
        }
    }

    pub(super) fn number(&mut self, evidence: Vec<Evidence>) -> Vec<Evidence> {
        evidence
            .into_iter()
            .map(|piece| {
                self.counters.evidence += 1;
                piece.renumbered(EvidenceId(self.counters.evidence))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Reversibility;
    use crate::plan::Change;

    fn preview(what: &[&str], blast_radius: BlastRadius) -> Preview {
        let change = |what: &&str| Change { what: (*what).into(), before: None, after: None, diff: String::new() };
        Preview {
            summary: String::new(),
            changes: what.iter().map(change).collect(),
            fences: Vec::new(),
            blast_radius,
            undo_hash: None,
            reversibility: Reversibility::Undoable,
        }
    }

    const SHOWN: BlastRadius = BlastRadius { resources: 1, changes: 2, lines_added: 5, lines_removed: 3 };

    fn within() -> Within {
        let what = ["a.txt", "b.txt"].map(str::to_owned).into();
        Within { by: "ada".into(), what, blast_radius: SHOWN, terms: Terms::default() }
    }

    #[test]
    fn a_plan_that_was_narrowed_may_do_as_much_as_was_shown_and_less() {
        let less = BlastRadius { changes: 1, lines_added: 0, ..SHOWN };
        for (what, radius) in [(&["a.txt", "b.txt"][..], SHOWN), (&["b.txt"], less), (&[], BlastRadius::default())] {
            assert_eq!(within().objection(&[preview(what, radius)]), None, "{what:?}");
        }
    }

    #[test]
    fn what_was_not_shown_is_named() {
        let said = within().objection(&[preview(&["a.txt"], SHOWN), preview(&["c.txt"], BlastRadius::default())]);
        assert_eq!(
            said.as_deref(),
            Some("what ada narrowed it to changes c.txt, which the plan that was shown did not")
        );
    }

    #[test]
    fn it_reaches_further_in_no_respect_and_not_by_more_steps() {
        for wider in [
            BlastRadius { resources: 2, ..SHOWN },
            BlastRadius { changes: 3, ..SHOWN },
            BlastRadius { lines_added: 6, ..SHOWN },
            BlastRadius { lines_removed: 4, ..SHOWN },
        ] {
            let said = within().objection(&[preview(&["a.txt"], wider)]);
            assert!(said.is_some_and(|said| said.contains("reaches further")), "{wider:?}");
        }
        let once_more = preview(&["a.txt"], BlastRadius { resources: 0, changes: 1, ..BlastRadius::default() });
        assert!(within().objection(&[preview(&["a.txt"], SHOWN), once_more]).is_some());
    }
}

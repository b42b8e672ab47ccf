//! Visits at which somebody says whether it may be done: policy, and people.

use std::sync::Arc;

use crate::action::ActionSpec;
use crate::category::FailureCategory;
use crate::decision::{Decision, RuleVoice, Verdict};
use crate::diagnosis::Hypothesis;
use crate::engine::{Event, Phase, Proposal, State};
use crate::error::Result;
use crate::ports::{Approval, ApprovalQuestion, PolicyQuestion, Rehearsal, RehearsalEvidence, Site};
use crate::resource::Environment;

use super::breaker::Guarded;
use super::perform::{defect, proposal};
use super::routing::route;
use super::{Orchestrator, opining};

/// Whether a plan is decided, or what was decided is looked at once more.
#[derive(Clone, Copy)]
enum Asked {
    /// An engine that can't say denies.
    First,
    /// An engine that can't say is asked later.
    Again,
}

impl Orchestrator {
    pub(super) async fn decide(&self, state: &State, rehearsal: RehearsalEvidence) -> Result<Event> {
        Ok(Event::Decided(Arc::new(self.decision(state, rehearsal).await?)))
    }

    async fn decision(&self, state: &State, rehearsal: RehearsalEvidence) -> Result<Decision> {
        let mut decision = self.said(state, rehearsal, Asked::First).await?;
        if !Box::pin(self.has_autonomy(&state.incident.environment)).await {
            ask_people(&mut decision, &state.incident.environment);
        }
        Ok(decision.bounded())
    }

    /// What policy says, with all that tightens it but operators' switches: those are about the moment.
    async fn said(&self, state: &State, rehearsal: RehearsalEvidence, asked: Asked) -> Result<Decision> {
        let proposal = proposal(state)?;
        let specs = self.specs(proposal)?;
        let assessed = self.assessment(state, proposal, &specs, rehearsal).await;
        let question = PolicyQuestion {
            incident: &state.incident,
            plan: &proposal.plan,
            specs: &specs,
            previews: &proposal.previews,
            rehearsal,
            at: self.ports.clock.now(),
            assurance: &assessed.assurance,
            applied_before: state.plans_applied(),
            categories: &categories(state),
            site: &Site::of(&state.incident.facts),
            // Boxed: mostly it is known at once, and the visit that waits longest would be larger by it.
            activity: &Box::pin(self.lately()).await,
        };
        let auditor = &self.agents.auditor;
        let mut decision = match asked {
            Asked::First => auditor.decide(&question).await,
            Asked::Again => auditor.decide_again(&question).await?,
        };
        if let Some(within) = &proposal.within {
            let asked = within.decision(&decision.policy_version);
            decision = decision.and(asked);
        }
        let (by_model, opinion) = (opining::is_by_model(state, proposal), opining::opinion(state, proposal));
        if let Some(advice) = opining::advice(proposal, by_model, opinion, rehearsal, &decision.policy_version) {
            decision = decision.and(advice);
        }
        Ok(self.gated(decision, state, assessed, rehearsal != RehearsalEvidence::Pending))
    }

    /// What the executors promise about the kind of each step.
    fn specs(&self, proposal: &Proposal) -> Result<Vec<ActionSpec>> {
        let steps = proposal.plan.steps.iter();
        steps.map(|step| route(&self.ports.executors, step).map(|(_, spec)| spec.clone())).collect()
    }

    /// What speaks against a plan that was decided before it was held, or before this worker took it over: policy is another one
    /// now, or stricter. It is decided again then: from the start, or, where something of it is applied, whether it may be started
    /// once more. An engine that can't say holds it.
    pub(super) async fn second_thoughts(&self, state: &State) -> Option<Event> {
        let decided = state.proposal.as_ref()?.decision.as_ref()?;
        let mut now = match self.said(state, evidence_of(state), Asked::Again).await {
            Ok(now) => now,
            Err(error) => return Some(Event::Held { until: None, because: error.to_string(), paused: false }),
        };
        let because = outdated(decided, &now)?;
        if state.begins() {
            return Some(Event::Outdated { because });
        }
        if !Box::pin(self.has_autonomy(&state.incident.environment)).await {
            ask_people(&mut now, &state.incident.environment);
        }
        Some(Event::Decided(Arc::new(now.bounded())))
    }

    /// Asks people, or for what they answered. Before an agreement counts, policy is asked once more: what has become stricter
    /// since they were asked, or is another policy, is decided anew.
    pub(super) async fn ask_approval(&self, state: &State) -> Result<Event> {
        let proposal = proposal(state)?;
        let (Some(plan_hash), Some(decision)) = (&proposal.hash, &proposal.decision) else {
            return Err(defect("a plan waits for approval without hash or decision"));
        };
        let Phase::AwaitingApproval { deadline } = state.phase else {
            return Err(defect("no plan waits for approval"));
        };
        let Some(approver) = &self.ports.approver else {
            let because = "policy asks for an approval and no approver is configured".to_owned();
            return Ok(Event::Answered(Approval::Refused { by: "nobody".to_owned(), because }));
        };
        let now = Box::pin(self.said(state, evidence_of(state), Asked::Again)).await?;
        if let Some(because) = outdated(decision, &now) {
            return Ok(Event::Answered(Approval::Outdated { because }));
        }
        let question = ApprovalQuestion {
            incident: &state.incident,
            round: state.counters.plans,
            plan: &proposal.plan,
            previews: &proposal.previews,
            plan_hash,
            decision,
            healer: &self.worker,
            at: self.ports.clock.now(),
            deadline,
            until: state.answers_count_until().unwrap_or(deadline),
            specs: &self.specs(proposal)?,
        };
        Ok(Event::Answered(self.guarded(Guarded::Approver, approver.ask(&question)).await?))
    }
}

/// A plan that mends what appeared behind another failure mends both. None is known where a model named one: it would choose by it
/// which of the operator's policies speak.
fn categories(state: &State) -> Vec<FailureCategory> {
    let named_by_model = |best: &Hypothesis| best.source.is_model();
    if state.attacks.iter().filter_map(|attack| attack.diagnosis.best()).any(named_by_model) {
        return Vec::new();
    }
    state.attacks.iter().map(|attack| attack.diagnosis.category.clone()).collect()
}

/// Leave to act alone was not granted, or has lapsed: what policy allows, people must agree to.
fn ask_people(decision: &mut Decision, environment: &Environment) {
    if decision.verdict != Verdict::Allow {
        return;
    }
    let because = format!("healers have no autonomy in {environment}: nobody granted it, or it has lapsed");
    decision.verdict = Verdict::RequireApproval;
    decision.to_be_allowed.push(format!("an operator grants autonomy in {environment}"));
    decision.rationale = format!("{because}; otherwise: {}", decision.rationale);
    let voice =
        RuleVoice { rule: "operators/autonomy".to_owned(), verdict: Verdict::RequireApproval, step: 0, because };
    decision.rules.insert(0, voice);
}

/// What is different from when it was decided; `None` if nothing is that would have decided otherwise.
fn outdated(decided: &Decision, now: &Decision) -> Option<String> {
    if now.policy_version != decided.policy_version {
        let (then, now) = (&decided.policy_version, &now.policy_version);
        return Some(format!("policy was {then} when it was asked, and is {now} now"));
    }
    if now.verdict > decided.verdict {
        return Some(format!("policy does not allow it any more: {}", now.rationale));
    }
    if now.needs_rehearsal {
        return Some(format!("policy asks for a verified rehearsal now: {}", now.rationale));
    }
    let starts = |decision: &Decision| decision.max_attempts.unwrap_or(u32::MAX);
    if starts(now) < starts(decided) {
        return Some("policy grants fewer retries now".to_owned());
    }
    let terms = |decision: &Decision| decision.approval.clone().unwrap_or_default();
    // An agreement is still asked for where policy would not ask any more: what was asked is what is answered.
    let others = now.verdict == Verdict::RequireApproval && terms(now) != terms(decided);
    others.then(|| "policy asks other people now".to_owned())
}

pub(super) fn evidence_of(state: &State) -> RehearsalEvidence {
    match state.proposal.as_ref().and_then(|proposal| proposal.rehearsal.as_ref()) {
        Some(Rehearsal::Verified { .. }) => RehearsalEvidence::Verified,
        Some(Rehearsal::InPlace) => RehearsalEvidence::InPlace,
        Some(Rehearsal::Failed { .. } | Rehearsal::Unsupported { .. }) | None => RehearsalEvidence::Unsupported,
    }
}

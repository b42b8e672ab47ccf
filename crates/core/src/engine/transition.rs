//! The one `match` that owns all transitions.

use std::sync::Arc;
use std::time::Duration;

mod answering;
mod holding;

use super::backoff;
use super::event::{Event, Verification};
use super::phase::{Effect, Outcome, Phase, Trouble};
use super::state::{Attack, Counters, Proposal, SCHEMA_VERSION, State, TriedResult};
use crate::action::ActionKind;
use crate::allowed::Allowed;
use crate::category::FailureCategory;
use crate::decision::{Decision, Verdict};
use crate::diagnosis::{Diagnosis, Source};
use crate::error::{ErrorKind, Failure, Retry};
use crate::incident::Incident;
use crate::limits::Limits;
use crate::plan::{Plan, PlanHash, Preview};
use crate::ports::{EffectStatus, ProvenFix, Rehearsal, Undone};
use crate::time::Timestamp;

/// An event that can't happen in the state it came to; the journal is not this incident's, or a defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` can't happen in phase `{phase}`")]
pub struct IllegalEvent {
    /// The phase.
    pub phase: &'static str,
    /// The event's name.
    pub event: &'static str,
}

/// The next state and its effect after `event` at `at`.
///
/// `state` is `None` only for [`Event::Opened`], which also brings the bounds that the incident is worked under.
///
/// # Errors
/// [`IllegalEvent`] if the event can't happen in that state.
pub fn transition(state: Option<State>, at: Timestamp, event: Event) -> Result<(State, Option<Effect>), IllegalEvent> {
    let next = match (state, event) {
        (None, Event::Opened { incident, seed, limits, allowed }) => opened(incident, seed, limits, allowed),
        (Some(state), event) => advance(state, at, event)?,
        (None, event) => return Err(illegal("none", &event)),
    };
    let effect = next.effect();
    Ok((next, effect))
}

fn advance(mut state: State, at: Timestamp, event: Event) -> Result<State, IllegalEvent> {
    let limits = Arc::clone(&state.limits);
    let limits = limits.as_ref();
    // Moved out so that the arms own it; every arm enters a phase, or puts this one back.
    let phase = state.phase.clone();
    Ok(match (phase, event) {
        (Phase::Closed { .. }, event) => return Err(illegal("closed", &event)),
        (_, Event::Cancelled) => cancelled(state),
        (phase, Event::Intended) => state.intends(&phase),
        (_, Event::Resumed { epoch, .. }) => {
            state.epoch = epoch;
            state.doubt();
            state.recovered()
        }
        (phase, Event::Consulted(consultations)) if may_consult(&phase) => {
            state.consulted(&consultations);
            state
        }
        (phase, Event::Failed(failure)) => failed(state, phase, &failure, at, limits),
        (phase, Event::Held { until, because, paused }) if holding::may_be_held(&state, &phase) => {
            holding::held(state, phase, (until, because, paused), at, limits)
        }
        (phase, Event::Stopped { because }) if holding::may_be_held(&state, &phase) => {
            holding::stopped(state, &phase, because)
        }
        (Phase::Applying { attempt: 1, .. }, Event::Outdated { because }) if state.is_doubted() => {
            holding::outdated(state, because, limits)
        }
        (Phase::Applying { .. }, Event::Decided(decision)) if state.is_doubted() && !state.begins() => {
            holding::decided_anew(state, decision)
        }

        (Phase::Recalling, Event::Recalled(fix)) => recalled(state, fix, limits),
        (Phase::Classifying, Event::Classified(hypotheses)) => {
            state.hypotheses = hypotheses;
            state.enter(Phase::Analysing)
        }
        (Phase::Analysing, Event::Analysed(diagnosis)) => analysed(state, diagnosis, limits),
        (Phase::Planning, Event::Planned(plan)) => planned(state, plan, limits),
        (Phase::Previewing, Event::Previewed(previews)) => previewed(state, previews, limits),
        (Phase::Auditing, Event::Decided(decision)) => audited(state, decision, limits),
        (Phase::Rehearsing, Event::Rehearsed(rehearsal)) => rehearsed(state, rehearsal, limits),
        (Phase::Gating, Event::Decided(decision)) => gated(state, decision, at, limits),
        (Phase::AwaitingApproval { deadline }, Event::Answered(answer)) => {
            answering::answered(state, answer, deadline, at, limits)
        }
        (Phase::Applying { step, attempt }, Event::Applied) => applied(state, step, attempt),
        (Phase::Probing { step, attempt }, Event::Probed(status)) => probed(state, step, attempt, status, at, limits),
        (Phase::BackingOff { until, then }, Event::Waited) => holding::waited(state, until, *then, at),
        (Phase::Verifying { round, attempt }, Event::Verified(seen)) => {
            verified(state, round, attempt, seen, at, limits)
        }
        (Phase::Compensating { step, because }, Event::Undone(undone)) => {
            undone_step(state, step, because, undone, limits)
        }
        (Phase::Learning { outcome }, Event::Learned) => state.enter(Phase::Closed { outcome }),
        (Phase::Escalating { because }, Event::Escalated { acknowledged }) => {
            state.enter(Phase::Closed { outcome: Outcome::Escalated { because, acknowledged } })
        }
        (phase, event) => return Err(illegal(phase.name(), &event)),
    })
}

/// Whether models may be asked there.
fn may_consult(phase: &Phase) -> bool {
    matches!(phase, Phase::Classifying | Phase::Analysing | Phase::Planning | Phase::Rehearsing)
}

fn illegal(phase: &'static str, event: &Event) -> IllegalEvent {
    IllegalEvent { phase, event: event.name() }
}

fn opened(incident: Arc<Incident>, seed: u64, limits: Arc<Limits>, allowed: Arc<Allowed>) -> State {
    let pieces = u32::try_from(incident.evidence.len()).unwrap_or(u32::MAX);
    State {
        schema: SCHEMA_VERSION,
        incident,
        seed,
        limits,
        allowed,
        epoch: 1,
        phase: Phase::Recalling,
        intended: false,
        counters: Counters { evidence: pieces, ..Counters::default() },
        hypotheses: Arc::from([]),
        attacks: Vec::with_capacity(1),
        proposal: None,
        tried: Vec::new(),
        fresh: None,
        gathered: Vec::new(),
    }
    .confined()
}

fn recalled(mut state: State, fix: Option<Arc<ProvenFix>>, limits: &Limits) -> State {
    let Some(fix) = fix.filter(|fix| out_of_bounds(&state, &fix.plan, limits).is_none()) else {
        return state.enter(Phase::Classifying);
    };
    state.attacks.push(Attack { base: Vec::new(), diagnosis: Arc::clone(&fix.diagnosis) });
    state.counters.plans += 1;
    state.proposal = Some(Proposal::new(Arc::clone(&fix.plan)));
    state.enter(Phase::Previewing)
}

fn analysed(mut state: State, diagnosis: Arc<Diagnosis>, limits: &Limits) -> State {
    state.counters.diagnoses += 1;
    let first = state.attacks.is_empty();
    if first && diagnosis.best().is_none() {
        state.attacks.push(Attack { base: Vec::new(), diagnosis });
        return state.enter(Phase::Escalating { because: Trouble::Unexplained });
    }
    if first {
        state.attacks.push(Attack { base: Vec::new(), diagnosis });
    } else if let Some(base) = state.progress(&diagnosis, limits) {
        state.attacks.push(Attack { base, diagnosis });
    }
    state.enter(Phase::Planning)
}

fn planned(mut state: State, plan: Option<Arc<Plan>>, limits: &Limits) -> State {
    if let Some(plan) = plan {
        if state.counters.plans >= limits.plans_per_incident {
            return state
                .enter(Phase::Escalating { because: Trouble::LimitReached { what: "plans per incident".into() } });
        }
        state.counters.plans += 1;
        let problem = out_of_bounds(&state, &plan, limits);
        state.proposal = Some(Proposal::new(plan));
        return match problem {
            Some(problem) => state.reject(problem, limits),
            None => state.enter(Phase::Previewing),
        };
    }
    if state.attacks.len() > 1 {
        state.attacks.pop();
        return state.enter(Phase::Planning);
    }
    let because = state.exhausted();
    state.enter(Phase::Escalating { because })
}

/// Why a plan can't be worked on. Whoever drew it up, memory included, is not trusted to keep to the bounds.
fn out_of_bounds(state: &State, plan: &Plan, limits: &Limits) -> Option<String> {
    let steps = plan.steps.len();
    if steps == 0 || steps > limits.steps_per_plan {
        return Some(format!("the plan has {steps} steps; expected 1 to {}", limits.steps_per_plan));
    }
    if state.allowed.target() != &state.incident.resource {
        return Some(format!("what may be done was computed for {}, not for this incident", state.allowed.target()));
    }
    state.allowed.objection(plan)
}

fn previewed(mut state: State, previews: Arc<[Preview]>, limits: &Limits) -> State {
    let mut too_wide = None;
    if let Some(proposal) = &mut state.proposal {
        proposal.hash = Some(PlanHash::of(&proposal.plan, &previews));
        proposal.previews = previews;
        too_wide = proposal.within.as_ref().and_then(|within| within.objection(&proposal.previews));
    }
    match too_wide {
        Some(problem) => state.reject(problem, limits),
        None => state.enter(Phase::Auditing),
    }
}

fn audited(mut state: State, decision: Arc<Decision>, limits: &Limits) -> State {
    let verdict = decision.verdict;
    let rationale = decision.rationale.clone();
    state.decided(decision);
    match verdict {
        Verdict::Deny => state.reject(rationale, limits),
        _ if limits.dry_run => {
            state.retire(TriedResult::Proposed, "a dry run rehearses and applies nothing");
            state.enter(Phase::Closed { outcome: Outcome::Planned })
        }
        Verdict::Allow | Verdict::RequireApproval if !state.may_start() => state.out_of_retries(),
        Verdict::Allow | Verdict::RequireApproval | Verdict::Propose => state.enter(Phase::Rehearsing),
    }
}

fn rehearsed(mut state: State, rehearsal: Rehearsal, limits: &Limits) -> State {
    let failure = match &rehearsal {
        Rehearsal::Failed { facts, evidence } => Some((facts.clone(), evidence.clone())),
        _ => None,
    };
    if let Some(proposal) = &mut state.proposal {
        proposal.rehearsal = Some(rehearsal);
    }
    let Some((facts, evidence)) = failure else { return state.enter(Phase::Gating) };
    state.saw(facts, evidence);
    state.retire(TriedResult::RehearsalFailed, "the rehearsal on a copy did not pass");
    state.diagnose_again(limits)
}

fn gated(mut state: State, decision: Arc<Decision>, at: Timestamp, limits: &Limits) -> State {
    let verdict = decision.verdict;
    let rationale = decision.rationale.clone();
    let (unsettled, terms) = (decision.needs_rehearsal, decision.approval.clone());
    state.decided(decision);
    match verdict {
        Verdict::Deny => state.reject(rationale, limits),
        // The rehearsal is over: what still hangs on one is not allowed.
        _ if unsettled => state.reject(format!("policy asks for a verified rehearsal: {rationale}"), limits),
        Verdict::Propose => {
            state.retire(TriedResult::Proposed, rationale);
            state.enter(Phase::Closed { outcome: Outcome::Proposed })
        }
        _ if !state.may_start() => state.out_of_retries(),
        Verdict::Allow => state.enter(Phase::Applying { step: 0, attempt: 1 }),
        Verdict::RequireApproval => {
            let deadline = terms.unwrap_or_default().deadline(at, limits.approval_ttl);
            let first = state.proposal.as_ref().and_then(|proposal| proposal.ask_until.as_deref().copied());
            let deadline = first.map_or(deadline, |first| first.min(deadline));
            state.enter(Phase::AwaitingApproval { deadline })
        }
    }
}

fn applied(mut state: State, step: usize, attempt: u32) -> State {
    let Some(proposal) = &mut state.proposal else { return state };
    proposal.applied = proposal.applied.max(step + 1);
    proposal.attempts = attempt;
    let more = step + 1 < proposal.plan.steps.len();
    match more {
        true => state.enter(Phase::Applying { step: step + 1, attempt: 1 }),
        false => state.enter(Phase::Verifying { round: 0, attempt }),
    }
}

fn probed(mut state: State, step: usize, attempt: u32, status: EffectStatus, at: Timestamp, limits: &Limits) -> State {
    match status {
        EffectStatus::Applied => applied(state, step, attempt),
        EffectStatus::Absent if state.may_call_again(limits) && state.may_start() => {
            state.call_again(Phase::Applying { step, attempt }, at, limits)
        }
        EffectStatus::Absent => {
            let message = format!("step {} was sent {} times and did not happen", step + 1, state.counters.calls + 1);
            state.compensate(Trouble::ApplyFailed { message })
        }
        EffectStatus::Diverged => {
            state.suspect(step);
            let what = format!("step {} is neither as before nor as after", step + 1);
            state.compensate(Trouble::UnknownOutcome { what })
        }
    }
}

fn verified(mut state: State, round: u32, attempt: u32, seen: Verification, at: Timestamp, limits: &Limits) -> State {
    if seen.held && round + 1 < limits.stability_observations {
        let until = at.after(limits.stability_interval);
        let then = Box::new(Phase::Verifying { round: round + 1, attempt });
        return state.enter(Phase::BackingOff { until, then });
    }
    if seen.held {
        return healed(state);
    }
    state.saw(seen.facts, seen.evidence);
    let again = state.next_start(attempt, at, limits);
    match again {
        Some(wait) => state.enter(wait),
        None => state.compensate(Trouble::NotHealed),
    }
}

fn healed(mut state: State) -> State {
    let outcome = match state.only_reran() {
        true => Outcome::PassedOnRerun,
        false => Outcome::Healed,
    };
    if outcome == Outcome::PassedOnRerun {
        state.mark_flaky();
    }
    state.retire(TriedResult::Applied, "every criterion was observed");
    state.enter(Phase::Learning { outcome })
}

fn undone_step(mut state: State, step: usize, because: Trouble, undone: Undone, limits: &Limits) -> State {
    if let Undone::ForeignChange { what } = undone {
        state.retire(TriedResult::Stuck, format!("not taken back entirely: {what}"));
        return state.enter(Phase::Escalating { because: Trouble::ForeignChange { what } });
    }
    if let Some(proposal) = &mut state.proposal {
        proposal.applied = step;
    }
    if step > 0 {
        return state.enter(Phase::Compensating { step: step - 1, because });
    }
    let reason = match &because {
        Trouble::ApplyFailed { message } => format!("a step could not be applied: {message}"),
        Trouble::Cancelled => "stopped by the user".to_owned(),
        Trouble::NotHealed => "the criteria were not met after applying".to_owned(),
        other => other.in_words(),
    };
    state.retire(TriedResult::RolledBack, reason);
    match because {
        Trouble::Cancelled => state.enter(Phase::Closed { outcome: Outcome::Interrupted }),
        Trouble::NotHealed | Trouble::ApplyFailed { .. } | Trouble::NotAllowedAgain { .. } => {
            state.diagnose_again(limits)
        }
        other => state.enter(Phase::Escalating { because: other }),
    }
}

fn cancelled(mut state: State) -> State {
    match state.phase.awake().clone() {
        // Taking back is what the host wants to happen; what is over is recorded and told, without the wait.
        Phase::Compensating { step, .. } => {
            return state.resume(Phase::Compensating { step, because: Trouble::Cancelled });
        }
        ending if ending.is_ending() => return state.resume(ending),
        Phase::Applying { step, .. } if state.intended => state.suspect(step),
        Phase::Probing { step, .. } => state.suspect(step),
        _ => {}
    }
    if state.proposal.as_ref().is_some_and(|proposal| proposal.applied > 0) {
        return state.compensate(Trouble::Cancelled);
    }
    state.retire(TriedResult::Rejected, "stopped by the user");
    state.enter(Phase::Closed { outcome: Outcome::Interrupted })
}

fn failed(mut state: State, phase: Phase, failure: &Failure, at: Timestamp, limits: &Limits) -> State {
    if failure.kind == ErrorKind::Cancelled && !phase.is_ending() {
        return cancelled(state);
    }
    let unknown = failure.retry == Retry::UnknownOutcome;
    if let (Phase::Applying { step, attempt }, true) = (&phase, unknown) {
        // The count of calls goes on: a step that is sent, lost and found absent again and again must end.
        return state.resume(Phase::Probing { step: *step, attempt: *attempt });
    }
    if let (Phase::Verifying { .. }, true) = (&phase, unknown) {
        // What was to be seen can't be seen any more, and looking again might do something again.
        return state.compensate(Trouble::UnknownOutcome { what: failure.message.clone() });
    }
    let may_start = !matches!(phase, Phase::Applying { .. }) || state.may_start();
    if let Phase::AwaitingApproval { deadline } = phase
        && at < state.counts_until(deadline, limits)
    {
        if let Some(later) = answering::asked_later(&mut state, failure, deadline, at, limits) {
            return state.resume(later);
        }
    } else if failure.retry == Retry::Retryable && state.may_call_again(limits) && may_start {
        return state.call_again(phase, at, limits);
    }
    failed_for_good(state, phase, failure, at, limits)
}

fn failed_for_good(mut state: State, phase: Phase, failure: &Failure, at: Timestamp, limits: &Limits) -> State {
    let message = failure.message.clone();
    let limit = failure.kind == ErrorKind::LimitReached;
    match phase {
        // Without memory the loop still works.
        Phase::Recalling => state.enter(Phase::Classifying),
        Phase::Learning { outcome } => state.enter(Phase::Closed { outcome }),
        escalating @ Phase::Escalating { .. } => state.escalate_later(escalating, at, limits),
        Phase::Previewing | Phase::Auditing | Phase::Rehearsing | Phase::Gating if !limit => {
            state.reject(message, limits)
        }
        Phase::Applying { .. } if failure.kind == ErrorKind::Conflict => {
            state.compensate(Trouble::ForeignChange { what: message })
        }
        Phase::Applying { .. } if !limit => {
            if state.proposal.as_ref().is_some_and(|proposal| proposal.applied == 0) {
                state.retire(TriedResult::Rejected, message);
                return state.diagnose_again(limits);
            }
            state.compensate(Trouble::ApplyFailed { message })
        }
        Phase::Probing { step, .. } => {
            state.suspect(step);
            state.compensate(Trouble::UnknownOutcome { what: message })
        }
        Phase::Verifying { .. } if !limit => state.compensate(Trouble::NotHealed),
        Phase::AwaitingApproval { deadline } if at >= deadline => state.compensate(Trouble::NobodyAnswered),
        Phase::Compensating { .. } => {
            state.retire(TriedResult::Stuck, message.clone());
            state.enter(Phase::Escalating { because: Trouble::UndoFailed { message } })
        }
        _ if limit => state.compensate(Trouble::LimitReached { what: message }),
        _ => state.compensate(Trouble::PortFailed { message: format!("{}: {message}", failure.operation) }),
    }
}

/// Who refused a plan.
enum Refusal {
    Rule { because: String },
    Person { by: String, because: String },
}

impl State {
    fn may_call_again(&self, limits: &Limits) -> bool {
        self.counters.calls + 1 < limits.calls_per_visit
    }

    fn call_again(mut self, then: Phase, at: Timestamp, limits: &Limits) -> Self {
        self.counters.calls += 1;
        let wait = backoff::delay(limits.port_backoff, self.counters.calls, limits.backoff_ceiling, self.seed);
        self.resume(Phase::BackingOff { until: at.after(wait), then: Box::new(then) })
    }

    /// What nobody received stays open and is told again, less and less often.
    fn escalate_later(mut self, escalating: Phase, at: Timestamp, limits: &Limits) -> Self {
        self.counters.undelivered = self.counters.undelivered.saturating_add(1);
        self.counters.calls = 0;
        let ceiling = limits.escalation_ceiling;
        let wait = backoff::delay(limits.escalation_backoff, self.counters.undelivered, ceiling, self.seed);
        self.resume(Phase::BackingOff { until: at.after(wait), then: Box::new(escalating) })
    }

    /// A step that may have happened is taken back like one that did.
    fn suspect(&mut self, step: usize) {
        if let Some(proposal) = &mut self.proposal {
            proposal.applied = proposal.applied.max(step + 1);
        }
    }

    fn resume(mut self, then: Phase) -> Self {
        // The count of calls survives: it belongs to the visit.
        self.phase = then;
        self.intended = false;
        self
    }

    fn decided(&mut self, decision: Arc<Decision>) {
        if let Some(proposal) = &mut self.proposal {
            proposal.decision = Some(decision);
            proposal.doubted = false;
        }
    }

    fn saw(&mut self, facts: crate::facts::Facts, evidence: Vec<crate::evidence::Evidence>) {
        let numbered = self.number(evidence);
        if !numbered.is_empty() {
            self.fresh = Some((facts, numbered));
        }
    }

    fn reject(self, reason: String, limits: &Limits) -> Self {
        self.reject_by(Refusal::Rule { because: reason }, limits)
    }

    /// The plan ends before anything happened; the strategist hears why, a bounded number of times.
    fn reject_by(mut self, refusal: Refusal, limits: &Limits) -> Self {
        self.counters.rejections += 1;
        match &refusal {
            Refusal::Person { by, because } => self.retire(TriedResult::Refused, format!("{by} refused it: {because}")),
            Refusal::Rule { because } => self.retire(TriedResult::Rejected, because.as_str()),
        }
        if self.counters.rejections >= limits.rejections_per_incident {
            let because = match refusal {
                Refusal::Person { because, .. } => Trouble::Refused { because },
                Refusal::Rule { .. } => self.exhausted(),
            };
            return self.enter(Phase::Escalating { because });
        }
        self.plan_again()
    }

    fn plan_again(mut self) -> Self {
        let from_memory = self.counters.diagnoses == 0;
        if from_memory {
            self.attacks.clear();
            return self.enter(Phase::Classifying);
        }
        self.enter(Phase::Planning)
    }

    /// Whether policy grants another start.
    fn may_start(&self) -> bool {
        self.max_attempts().is_none_or(|most| self.counters.starts < most)
    }

    fn out_of_retries(mut self) -> Self {
        let because = Trouble::LimitReached { what: "the retries that policy grants are used up".into() };
        self.retire(TriedResult::Rejected, because.in_words());
        self.enter(Phase::Escalating { because })
    }

    fn intends(mut self, phase: &Phase) -> Self {
        self.intended = true;
        self.counters.holds = 0;
        let Phase::Applying { step, attempt } = *phase else { return self };
        if step == 0 || attempt > 1 || self.counters.calls > 0 {
            self.counters.starts = self.counters.starts.saturating_add(1);
        }
        if let Some(proposal) = &mut self.proposal {
            proposal.sent = true;
        }
        self
    }

    fn max_attempts(&self) -> Option<u32> {
        self.proposal.as_ref()?.decision.as_ref()?.max_attempts
    }

    fn diagnose_again(mut self, limits: &Limits) -> Self {
        if self.counters.diagnoses == 0 {
            // The remembered fix no longer helps: begin as if memory had been silent, with the first evidence.
            self.attacks.clear();
            self.fresh = None;
            return self.enter(Phase::Classifying);
        }
        if self.counters.diagnoses >= limits.diagnoses_per_incident {
            return self.enter(Phase::Planning);
        }
        self.enter(Phase::Analysing)
    }

    /// The steps that moved the failure on, if the plan that just ended did: what is wrong now is explained, is
    /// something else, and was not met before in this incident.
    fn progress(&self, diagnosis: &Diagnosis, limits: &Limits) -> Option<Vec<crate::plan::Step>> {
        let now = &diagnosis.best()?.cause;
        let met = self.attacks.iter().filter_map(|attack| attack.diagnosis.best()).any(|best| best.cause == *now);
        let last = self.tried.last()?;
        let ran = matches!(last.result, TriedResult::RehearsalFailed | TriedResult::RolledBack);
        let changed = !last.proposal.plan.steps.iter().all(|step| step.action.kind() == &ActionKind::RETRY_STAGE);
        let room = last.proposal.plan.steps.len() < limits.steps_per_plan;
        (ran && changed && room && !met).then(|| last.proposal.plan.steps.clone())
    }

    fn exhausted(&self) -> Trouble {
        let rejected = |tried: &super::Tried| tried.result == TriedResult::Rejected;
        let denied = |tried: &super::Tried| {
            tried.proposal.decision.as_ref().is_some_and(|decision| decision.verdict == Verdict::Deny)
        };
        let ran = |tried: &super::Tried| {
            let refused = matches!(tried.result, TriedResult::Rejected | TriedResult::Refused | TriedResult::Proposed);
            tried.proposal.sent || !refused
        };
        match self.tried.last() {
            None => self.not_permitted().map_or(Trouble::NoRemedy, |because| Trouble::NotPermitted { because }),
            Some(last) if last.result == TriedResult::Refused => Trouble::Refused { because: last.reason.clone() },
            Some(last) if rejected(last) && denied(last) => Trouble::Denied,
            Some(_) if self.tried.iter().any(ran) => Trouble::RemediesUsedUp,
            Some(last) => Trouble::Refused { because: last.reason.clone() },
        }
    }

    /// Which kinds of remedy policy leaves out, and why; `None` if that is not what is missing.
    fn not_permitted(&self) -> Option<String> {
        let diagnosis = &self.attacks.last()?.diagnosis;
        let top = diagnosis.best()?.priority;
        let leading = diagnosis.hypotheses.iter().take_while(|hypothesis| hypothesis.priority == top);
        let actions = leading.flat_map(|hypothesis| &hypothesis.remedies).flat_map(|remedy| &remedy.actions);
        let mut left_out: Vec<_> = actions.filter_map(|action| self.allowed.left_out(&action.kind)).collect();
        left_out.dedup();
        let words: Vec<String> = left_out.iter().map(|one| format!("{}: {}", one.kind, one.because)).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The wait before the last step is started again, if its retry policy has starts left.
    fn next_start(&self, attempt: u32, at: Timestamp, limits: &Limits) -> Option<Phase> {
        let steps = &self.proposal.as_ref()?.plan.steps;
        let retry = steps.last()?.retry;
        if attempt >= retry.attempts.min(limits.attempts_per_step) || !self.may_start() {
            return None;
        }
        let initial = Duration::from_millis(retry.initial_backoff_ms);
        let wait = backoff::delay(initial, attempt, limits.backoff_ceiling, self.seed);
        let then = Phase::Applying { step: steps.len() - 1, attempt: attempt + 1 };
        Some(match wait.is_zero() {
            true => then,
            false => Phase::BackingOff { until: at.after(wait), then: Box::new(then) },
        })
    }

    fn only_reran(&self) -> bool {
        let reran = self.proposal.as_ref().is_some_and(|proposal| {
            proposal.plan.steps.iter().all(|step| step.action.kind() == &ActionKind::RETRY_STAGE)
        });
        let about_tests = self.diagnosis().is_some_and(|diagnosis| {
            [FailureCategory::TEST_FAILURE, FailureCategory::FLAKY_TEST].contains(&diagnosis.category)
        });
        reran && about_tests
    }

    /// A failing test that passes on the same input is a flaky test, whatever it looked like before.
    fn mark_flaky(&mut self) {
        if let Some(attack) = self.attacks.first_mut() {
            Arc::make_mut(&mut attack.diagnosis).category = FailureCategory::FLAKY_TEST;
        }
    }

    /// Whether the plan being worked on came from memory.
    #[must_use]
    pub fn is_recalled(&self) -> bool {
        self.counters.diagnoses == 0
            && self.attacks.first().is_some_and(|attack| attack.diagnosis.source == Source::Memory)
    }
}

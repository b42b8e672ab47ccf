//! An effect that is held waits; what is stopped ends; what was decided before may have been overtaken.

use std::sync::Arc;

use super::super::backoff;
use super::super::phase::{Effect, Phase, Trouble};
use super::super::state::{State, TriedResult};
use crate::decision::{Decision, Verdict};
use crate::limits::Limits;
use crate::time::Timestamp;

/// An effect that may have been sent can't be held any more.
pub(super) fn may_be_held(state: &State, phase: &Phase) -> bool {
    !state.intended && phase.effect().is_some_and(Effect::is_outward)
}

/// The effect waits, with a durable deadline; held too often, a person has to look.
pub(super) fn held(
    mut state: State,
    phase: Phase,
    hold: (Option<Timestamp>, String, bool),
    at: Timestamp,
    limits: &Limits,
) -> State {
    let (until, because, paused) = hold;
    state.doubt();
    if state.is_held_too_often(paused, limits) {
        let holds = state.counters.holds;
        return stopped(state, &phase, format!("held {holds} times; the last time: {because}"));
    }
    let holds = state.counters.holds;
    let growing = || at.after(backoff::delay(limits.hold_backoff, holds, limits.hold_ceiling, state.seed));
    let until = until.filter(|until| *until > at).unwrap_or_else(growing);
    state.resume(Phase::BackingOff { until, then: Box::new(phase) })
}

/// A wait is over. A hold that is found still standing by somebody who looked before its time is the same hold.
pub(super) fn waited(mut state: State, until: Timestamp, then: Phase, at: Timestamp) -> State {
    if at < until {
        state.counters.holds = state.counters.holds.saturating_sub(1);
    }
    state.resume(then)
}

pub(super) fn stopped(mut state: State, phase: &Phase, because: String) -> State {
    let halted = Trouble::Halted { because };
    match phase {
        // What is there stays: whoever stopped the healer stopped its rollbacks too.
        Phase::Compensating { .. } => {
            state.retire(TriedResult::Stuck, halted.in_words());
            state.enter(Phase::Escalating { because: halted })
        }
        _ => state.compensate(halted),
    }
}

/// Policy says something else than when the plan was decided: it is decided again from the start, where nothing of it is applied
/// yet. Policies that take turns use the rejections up.
pub(super) fn outdated(mut state: State, because: String, limits: &Limits) -> State {
    if state.counters.rejections + 1 >= limits.rejections_per_incident {
        return state.reject(because, limits);
    }
    state.counters.rejections += 1;
    state.enter(Phase::Auditing)
}

/// A plan that was applied and did not heal yet is decided again before its next start. People who agreed to it agreed under that
/// policy; they can't be asked in the middle of it, so what is applied is taken back.
pub(super) fn decided_anew(mut state: State, now: Arc<Decision>) -> State {
    let then = state.proposal.as_ref().and_then(|proposal| proposal.decision.clone());
    let because = now.rationale.clone();
    let agreed = then.is_some_and(|then| is_asked_alike(&then, &now));
    state.decided(now.clone());
    let may_start = match now.verdict {
        Verdict::Allow => !now.needs_rehearsal,
        Verdict::RequireApproval => agreed && !now.needs_rehearsal,
        Verdict::Deny | Verdict::Propose => false,
    };
    match may_start && state.may_start() {
        true => state,
        false => state.compensate(Trouble::NotAllowedAgain { because }),
    }
}

/// Whether what people agreed to by one decision is what the other asks of them.
fn is_asked_alike(then: &Decision, now: &Decision) -> bool {
    let terms = |decision: &Decision| decision.approval.clone().unwrap_or_default();
    then.verdict == now.verdict && then.policy_version == now.policy_version && terms(then) == terms(now)
}

impl State {
    /// Counts a hold. A pause is never too long, and leaves half of the holds to what comes after it.
    fn is_held_too_often(&mut self, paused: bool, limits: &Limits) -> bool {
        let holds = self.counters.holds.saturating_add(1);
        self.counters.holds = match paused {
            true => holds.min((limits.holds_per_effect / 2).max(self.counters.holds)),
            false => holds,
        };
        !paused && holds >= limits.holds_per_effect
    }
}

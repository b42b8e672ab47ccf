//! What people answered, or that nobody did.

use std::sync::Arc;
use std::time::Duration;

use selfheal_detect::redact::Redactor;

use super::super::backoff;
use super::super::phase::{Phase, Trouble};
use super::super::state::{Proposal, State, TriedResult, Within};
use super::{Refusal, holding, out_of_bounds};
use crate::error::{Failure, Retry};
use crate::evidence::{Evidence, EvidenceId, Untrusted};
use crate::facts::Facts;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::ports::Approval;
use crate::time::Timestamp;

/// Bytes of a remark that whoever is told reads of it; the whole stands in the history.
const MAX_REMARK_BYTES: usize = 500;

pub(super) fn answered(
    mut state: State,
    answer: Approval,
    deadline: Timestamp,
    at: Timestamp,
    limits: &Limits,
) -> State {
    if at > deadline && !still_counts(&state, &answer, deadline, at, limits) {
        return state.compensate(too_late(answer));
    }
    let shown = state.proposal.as_ref().and_then(|proposal| proposal.hash.clone());
    match answer {
        Approval::Given { plan_hash, .. } if Some(&plan_hash) == shown.as_ref() => {
            // Policy was asked again before the agreement counted.
            state.settled();
            state.enter(Phase::Applying { step: 0, attempt: 1 })
        }
        Approval::Given { by, .. } => {
            let because = format!("{by} approved another plan than the one that waits");
            state.compensate(Trouble::Refused { because })
        }
        Approval::Refused { by, because } => state.reject_by(Refusal::Person { by, because }, limits),
        Approval::Edited { by, plan } => edited(state, by, plan, limits),
        Approval::Responded { by, text } => responded(state, &by, &text, limits),
        Approval::Outdated { because } => {
            if let Some(proposal) = &mut state.proposal {
                proposal.ask_until = Some(Box::new(deadline));
            }
            holding::outdated(state, because, limits)
        }
        Approval::Pending => {
            state.intended = true;
            state
        }
    }
}

/// Whether an answer that is only looked at after the deadline was given in time, and its own time is not over either. What isn't an
/// agreement to do the plan does no harm when it comes late: a plan that somebody narrowed is asked about again.
fn still_counts(state: &State, answer: &Approval, deadline: Timestamp, at: Timestamp, limits: &Limits) -> bool {
    let in_time = match answer {
        Approval::Given { at: given, .. } => given.is_some_and(|given| given <= deadline),
        Approval::Refused { .. } | Approval::Edited { .. } | Approval::Responded { .. } => true,
        Approval::Outdated { .. } | Approval::Pending => false,
    };
    in_time && at <= state.counts_until(deadline, limits)
}

/// An answer that is only looked at when its time is over changes nothing any more; whoever is told learns that there was one.
fn too_late(answer: Approval) -> Trouble {
    let answered = match answer {
        Approval::Given { by, .. } | Approval::Edited { by, .. } => format!("{by} agreed"),
        Approval::Refused { by, because } => {
            return Trouble::Refused { because: format!("{by} refused it: {because}") };
        }
        Approval::Responded { by, text } => remark(&by, &text),
        Approval::Outdated { .. } | Approval::Pending => return Trouble::NobodyAnswered,
    };
    Trouble::Refused { because: format!("the time for answers was over before anybody looked: {answered}") }
}

/// A person agreed to less than was shown: a new plan, which goes the whole way again.
fn edited(mut state: State, by: String, plan: Arc<Plan>, limits: &Limits) -> State {
    let Some(shown) = &state.proposal else { return state };
    let within = Within::of(by.clone(), shown);
    state.retire(TriedResult::Rejected, format!("{by} narrowed it"));
    state.counters.plans += 1;
    if state.counters.plans > limits.plans_per_incident {
        return state.enter(Phase::Escalating { because: Trouble::LimitReached { what: "plans per incident".into() } });
    }
    let problem = out_of_bounds(&state, &plan, limits);
    state.proposal = Some(Proposal { within: Some(Box::new(within)), ..Proposal::new(plan) });
    match problem {
        Some(problem) => state.reject(problem, limits),
        None => state.enter(Phase::Previewing),
    }
}

/// A person's remark goes back to the strategist, as evidence beside what was known.
fn responded(mut state: State, by: &str, text: &Untrusted<String>, limits: &Limits) -> State {
    state.heard(by, text);
    state.counters.rejections += 1;
    state.retire(TriedResult::Rejected, remark(by, text));
    if state.counters.rejections >= limits.rejections_per_incident {
        let because = state.exhausted();
        return state.enter(Phase::Escalating { because });
    }
    state.plan_again()
}

fn remark(by: &str, text: &Untrusted<String>) -> String {
    let text = text.read();
    let end = text.floor_char_boundary(MAX_REMARK_BYTES);
    let more = if end < text.len() { "…" } else { "" };
    format!("{by} answered instead of approving: {}{more}", &text[..end])
}

/// Who can't be reached now is asked later: until silence escalates, and after that as long as an answer in time still counts. `None` if
/// asking again can't help.
pub(super) fn asked_later(
    state: &mut State,
    failure: &Failure,
    deadline: Timestamp,
    at: Timestamp,
    limits: &Limits,
) -> Option<Phase> {
    let may_help = failure.retry != Retry::Permanent || failure.kind == crate::error::ErrorKind::Unavailable;
    if !may_help {
        return None;
    }
    state.counters.calls = state.counters.calls.saturating_add(1);
    let wait = backoff::delay(limits.port_backoff, state.counters.calls, limits.hold_ceiling, state.seed);
    // Never at once: each call that fails would be a record.
    let latest = if at < deadline { deadline } else { state.counts_until(deadline, limits) };
    let until = at.after(wait.max(Duration::from_millis(1))).min(latest);
    Some(Phase::BackingOff { until, then: Box::new(Phase::AwaitingApproval { deadline }) })
}

impl State {
    /// Until when answers to what it asks are acted upon, if they were given before the deadline: as long after it as people had to
    /// answer. Nobody may have looked before, but what they agreed to gets old; and the time at which an answer was given is what
    /// the clock of whoever handed it in said, so that a clock which lies gains no more than that.
    #[must_use]
    pub fn answers_count_until(&self) -> Option<Timestamp> {
        let Phase::AwaitingApproval { deadline } = *self.phase.awake() else { return None };
        Some(self.counts_until(deadline, &self.limits))
    }

    pub(super) fn counts_until(&self, deadline: Timestamp, limits: &Limits) -> Timestamp {
        let decision = self.proposal.as_ref().and_then(|proposal| proposal.decision.as_ref());
        let terms = decision.and_then(|decision| decision.approval.clone()).unwrap_or_default();
        terms.deadline(deadline, limits.approval_ttl)
    }

    /// What was decided holds at this moment.
    fn settled(&mut self) {
        if let Some(proposal) = &mut self.proposal {
            proposal.doubted = false;
            proposal.ask_until = None;
        }
    }

    /// Notes what a person said where the next diagnosis and the next plan can read it.
    fn heard(&mut self, by: &str, text: &Untrusted<String>) {
        let remark = Evidence::new(EvidenceId(0), &format!("remark by {by}"), 1, text.read(), &Redactor::default());
        let mut remarks = self.number(vec![remark]);
        match &mut self.fresh {
            Some((_, evidence)) => evidence.append(&mut remarks),
            None => {
                let known = self.incident.evidence.iter().cloned();
                self.fresh = Some((Facts::new(), known.chain(remarks).collect()));
            }
        }
    }
}

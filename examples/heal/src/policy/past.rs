//! What policy was asked before, read back from the histories of incidents.

use std::sync::Arc;

use selfheal_core::category::FailureCategory;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::engine::{Event, Phase, Proposal, ReplayError, State, each_state};
use selfheal_core::incident::Incident;
use selfheal_core::plan::{Plan, Preview};
use selfheal_core::ports::{History, Rehearsal, RehearsalEvidence};
use selfheal_core::time::Timestamp;

/// A decision about a plan, with all that policy was shown then.
pub(super) struct Past {
    pub(super) incident: Arc<Incident>,
    pub(super) plan: Arc<Plan>,
    pub(super) previews: Arc<[Preview]>,
    pub(super) decision: Arc<Decision>,
    pub(super) rehearsal: RehearsalEvidence,
    pub(super) at: Timestamp,
    /// Which plan of the incident, counted from 1.
    pub(super) round: u32,
    pub(super) applied_before: u32,
    pub(super) categories: Vec<FailureCategory>,
    /// Whether it was decided after the rehearsal.
    at_the_gate: bool,
}

/// Every decision at the gate; of a plan that never came so far the one before its rehearsal.
///
/// # Errors
/// If the history can't be replayed.
pub(super) fn decisions(history: History) -> Result<Vec<Past>, ReplayError> {
    let (mut past, mut before): (Vec<Past>, Option<State>) = (Vec::new(), None);
    each_state(history, |record, state| {
        match (record, before.take()) {
            (None, _) => past.extend(compacted(state)),
            (Some(record), Some(asked)) => {
                if let Event::Decided(decision) = &record.event
                    && let Some(one) = Past::of(&asked, decision, record.at)
                {
                    past.retain(|other| other.at_the_gate || !one.at_the_gate || other.round != one.round);
                    past.push(one);
                }
            }
            (Some(_), None) => {}
        }
        if matches!(state.phase, Phase::Auditing | Phase::Gating) {
            before = Some(state.clone());
        }
    })?;
    Ok(past)
}

impl Past {
    fn of(asked: &State, decision: &Arc<Decision>, at: Timestamp) -> Option<Self> {
        let proposal = asked.proposal.as_ref()?;
        let at_the_gate = asked.phase == Phase::Gating;
        let rehearsal = if at_the_gate { evidence(proposal) } else { RehearsalEvidence::Pending };
        Some(Self {
            incident: Arc::clone(&asked.incident),
            plan: Arc::clone(&proposal.plan),
            previews: Arc::clone(&proposal.previews),
            decision: Arc::clone(decision),
            rehearsal,
            at,
            round: asked.counters.plans,
            applied_before: asked.plans_applied(),
            categories: categories(asked),
            at_the_gate,
        })
    }
}

/// Of a history that was compacted its plans are left, each with policy's last word; when that was is not.
fn compacted(state: &State) -> Vec<Past> {
    let ended = state.tried.iter().map(|tried| &tried.proposal);
    let all = ended.chain(state.proposal.iter()).zip(1..);
    let past = all.filter_map(|(proposal, round)| {
        let decision = proposal.decision.as_ref()?;
        let at_the_gate = proposal.rehearsal.is_some();
        let denied_before = !at_the_gate && decision.verdict == Verdict::Deny;
        Some(Past {
            incident: Arc::clone(&state.incident),
            plan: Arc::clone(&proposal.plan),
            previews: Arc::clone(&proposal.previews),
            decision: Arc::clone(decision),
            rehearsal: if denied_before { RehearsalEvidence::Pending } else { evidence(proposal) },
            at: state.incident.opened_at,
            round,
            applied_before: 0,
            categories: categories(state),
            at_the_gate,
        })
    });
    past.collect()
}

fn evidence(proposal: &Proposal) -> RehearsalEvidence {
    match &proposal.rehearsal {
        Some(Rehearsal::Verified { .. }) => RehearsalEvidence::Verified,
        Some(Rehearsal::InPlace) => RehearsalEvidence::InPlace,
        Some(Rehearsal::Failed { .. } | Rehearsal::Unsupported { .. }) | None => RehearsalEvidence::Unsupported,
    }
}

fn categories(state: &State) -> Vec<FailureCategory> {
    state.attacks.iter().map(|attack| attack.diagnosis.category.clone()).collect()
}

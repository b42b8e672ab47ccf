//! An account of its own, kept from the events alone, of what was allowed and what may have been applied.

use std::collections::BTreeSet;

use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Effect, Event, Outcome, Phase, State, TriedResult, Trouble};
use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::{Approval, EffectStatus, Undone};

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The plan that passed audit.
    audited: Option<PlanHash>,
    /// The plan that may be applied.
    leave: Option<PlanHash>,
    /// Steps that happened, or may have.
    applied: BTreeSet<usize>,
    /// Whether the last observation was healthy.
    healthy: bool,
    /// Whether something was found that nobody may take back.
    stuck: bool,
}

fn hash(state: &State) -> Option<PlanHash> {
    state.proposal.as_ref().and_then(|proposal| proposal.hash.clone())
}

impl Ledger {
    pub(crate) fn note(&mut self, before: Option<&State>, event: &Event, after: &State) {
        if let Some(before) = before {
            self.check_intent(before, event);
            self.book(before, event, after);
        }
        if after.intended {
            self.check_effect(after);
        }
    }

    /// An answer to an outward effect comes only after its intent.
    fn check_intent(&self, before: &State, event: &Event) {
        let answers = matches!(event, Event::Applied | Event::Rehearsed(_) | Event::Verified(_) | Event::Undone(_));
        assert!(!answers || before.intended, "{event:?} without an intent");
    }

    /// The effect that is about to be sent is one that may be.
    fn check_effect(&self, state: &State) {
        match state.effect() {
            Some(Effect::Rehearse) => assert_eq!(hash(state), self.audited, "rehearsed without audit"),
            Some(Effect::Apply { .. }) => {
                assert!(self.leave.is_some(), "applied without leave");
                assert_eq!(hash(state), self.leave, "applied something else than was allowed");
            }
            Some(Effect::Undo { step }) => {
                let above = self.applied.iter().any(|applied| *applied > step);
                assert!(!above, "step {step} is taken back before a later one: {:?}", self.applied);
            }
            _ => {}
        }
    }

    fn book(&mut self, before: &State, event: &Event, after: &State) {
        match (&before.phase, event) {
            (Phase::Previewing, Event::Previewed(_)) => (self.audited, self.leave) = (None, None),
            (Phase::Auditing, Event::Decided(decision)) => {
                self.audited = hash(before).filter(|_| decision.verdict != Verdict::Deny);
            }
            (Phase::Gating, Event::Decided(decision)) => {
                let allowed = decision.verdict == Verdict::Allow && !decision.needs_rehearsal;
                self.leave = hash(before).filter(|_| allowed);
            }
            (Phase::AwaitingApproval { .. }, Event::Answered(Approval::Given { plan_hash, .. })) => {
                self.leave = hash(before).filter(|shown| shown == plan_hash);
            }
            (Phase::Applying { step, .. }, event) => self.book_application(*step, before.intended, event),
            (Phase::Probing { step, .. }, Event::Probed(status)) => self.book_look(*step, *status),
            (Phase::Verifying { .. }, Event::Verified(seen)) => self.healthy = seen.held,
            (Phase::Compensating { step, .. }, Event::Undone(undone)) => self.book_undo(*step, undone),
            (Phase::Compensating { .. }, Event::Failed(_)) => {
                self.stuck = matches!(after.phase, Phase::Escalating { .. })
            }
            _ => {}
        }
    }

    fn book_application(&mut self, step: usize, intended: bool, event: &Event) {
        let may_have = match event {
            Event::Applied => true,
            Event::Cancelled | Event::Resumed { .. } => intended,
            Event::Failed(failure) => {
                intended && (failure.retry == Retry::UnknownOutcome || failure.kind == ErrorKind::Cancelled)
            }
            _ => false,
        };
        if may_have {
            self.healthy = false;
            self.applied.insert(step);
        }
    }

    fn book_look(&mut self, step: usize, status: EffectStatus) {
        match status {
            EffectStatus::Applied | EffectStatus::Diverged => drop(self.applied.insert(step)),
            // Of a step that was applied before and is started again, an earlier start may still stand.
            EffectStatus::Absent => drop(self.applied.remove(&step)),
        }
    }

    fn book_undo(&mut self, step: usize, undone: &Undone) {
        match undone {
            Undone::Restored | Undone::Nothing => drop(self.applied.remove(&step)),
            Undone::ForeignChange { .. } => self.stuck = true,
        }
    }

    /// What must be true of an incident that ended so.
    pub(crate) fn settle(&self, end: &State) {
        let Phase::Closed { outcome } = &end.phase else { panic!("not closed: {:?}", end.phase) };
        match outcome {
            Outcome::Healed | Outcome::PassedOnRerun => assert!(self.healthy, "healed without having been observed"),
            Outcome::Proposed | Outcome::Planned | Outcome::Interrupted => self.assert_nothing_stays(end),
            Outcome::Escalated { because: Trouble::ForeignChange { .. } | Trouble::UndoFailed { .. }, .. }
                if self.stuck =>
            {
                assert_eq!(end.tried.last().map(|tried| tried.result), Some(TriedResult::Stuck));
            }
            Outcome::Escalated { .. } => self.assert_nothing_stays(end),
        }
        assert_eq!(end.proposal, None, "a plan is neither done nor given up");
    }

    fn assert_nothing_stays(&self, end: &State) {
        assert!(self.applied.is_empty(), "{:?} stay behind {:?}", self.applied, end.phase);
    }
}

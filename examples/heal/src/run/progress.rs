//! A live line that says what the healer does, on a terminal.

use selfheal_core::engine::Phase;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::Progress;

use crate::say::Voice;

/// Shows each phase as it is entered.
pub(super) struct LiveLine(pub(super) Voice);

impl Progress for LiveLine {
    fn entering(&self, _: &IncidentId, phase: &Phase) {
        let doing = match phase {
            Phase::Recalling => "asking memory",
            Phase::Classifying | Phase::Analysing => "diagnosing",
            Phase::Planning => "planning: asking the package tools",
            Phase::Previewing => "working out what would change",
            Phase::Auditing | Phase::Gating => "asking policy",
            Phase::Rehearsing => "rehearsing on a copy",
            Phase::AwaitingApproval { .. } => "waiting for approval",
            Phase::Applying { .. } => "applying",
            Phase::Probing { .. } => "looking at what happened",
            Phase::BackingOff { .. } => "waiting before the next start",
            Phase::Verifying { .. } => "verifying",
            Phase::Compensating { .. } => "taking back",
            Phase::Learning { .. } => "remembering",
            Phase::Escalating { .. } => "escalating",
            Phase::Closed { .. } => return self.0.clear_line(),
        };
        // The command's own output takes the terminal while it runs in place.
        match phase {
            Phase::Applying { .. } | Phase::Verifying { .. } | Phase::Learning { .. } | Phase::Escalating { .. } => {
                self.0.clear_line()
            }
            _ => self.0.line(doing),
        }
    }
}

//! What an incident's run came to, for the host.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::category::FailureCategory;
use crate::diagnosis::{Diagnosis, Source};
use crate::engine::{Effect, Outcome, Phase, State, Tried, Trouble};
use crate::incident::Incident;

/// Where the time of one incident went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Opening the incident: reading context and log, fingerprinting.
    pub detect: Duration,
    /// Asking memory, classifying, analysing.
    pub diagnose: Duration,
    /// Planning and previewing.
    pub plan: Duration,
    /// Policy, before the rehearsal and at the gate.
    pub audit: Duration,
    /// Rehearsals.
    pub rehearse: Duration,
    /// Applying, probing, undoing, and waits between starts.
    pub execute: Duration,
    /// Observing the criteria.
    pub verify: Duration,
}

impl Timings {
    pub(super) fn add(&mut self, effect: Effect, spent: Duration) {
        let slot = match effect {
            Effect::Recall | Effect::Classify | Effect::Analyse => &mut self.diagnose,
            Effect::Plan | Effect::Preview => &mut self.plan,
            Effect::Audit | Effect::Gate => &mut self.audit,
            Effect::Rehearse => &mut self.rehearse,
            Effect::Apply { .. } | Effect::Probe { .. } | Effect::Undo { .. } | Effect::Wait { .. } => {
                &mut self.execute
            }
            Effect::Verify => &mut self.verify,
            Effect::AskApproval | Effect::Learn | Effect::Escalate => return,
        };
        *slot += spent;
    }
}

/// What an incident's run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The engine's last state, with all that was tried.
    pub state: State,
    /// Where the time went.
    pub timings: Timings,
}

impl Report {
    /// The incident.
    #[must_use]
    pub fn incident(&self) -> &Arc<Incident> {
        &self.state.incident
    }

    /// How it ended; `None` while it waits: for an approval, for its time to come, or for somebody to receive its escalation.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.state.phase {
            Phase::Closed { outcome } => Some(outcome),
            _ => None,
        }
    }

    /// What was wrong with what was first seen.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&Arc<Diagnosis>> {
        self.state.diagnosis()
    }

    /// The category of that.
    #[must_use]
    pub fn category(&self) -> FailureCategory {
        self.diagnosis().map_or(FailureCategory::UNKNOWN, |diagnosis| diagnosis.category.clone())
    }

    /// Whether a proven fix was taken from memory and held, so that nothing was diagnosed.
    #[must_use]
    pub fn diagnosis_skipped(&self) -> bool {
        self.diagnosis().is_some_and(|diagnosis| diagnosis.source == Source::Memory)
    }

    /// The plans, in order, with how each ended.
    #[must_use]
    pub fn tried(&self) -> &[Tried] {
        &self.state.tried
    }

    /// Why a person was told, or is to be told as soon as somebody listens.
    #[must_use]
    pub fn trouble(&self) -> Option<&Trouble> {
        match self.state.phase.awake() {
            Phase::Closed { outcome: Outcome::Escalated { because, .. } } | Phase::Escalating { because } => {
                Some(because)
            }
            _ => None,
        }
    }
}

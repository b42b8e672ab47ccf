//! Incidents that have not ended.

use serde::Serialize;

use super::account::Account;
use crate::engine::Phase;
use crate::incident::IncidentId;
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

/// Most open incidents that are listed: those that wait longest.
const LISTED: usize = 10;

#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    count: u64,
    awaiting_approval: u64,
    undelivered: u64,
    oldest: Vec<OpenIncident>,
}

impl Open {
    pub(super) fn add(&mut self, account: &Account) {
        let phase = &account.state.phase;
        self.count += 1;
        self.awaiting_approval += u64::from(matches!(phase, Phase::AwaitingApproval { .. }));
        self.undelivered += u64::from(phase.is_undelivered());
        self.oldest.push(OpenIncident::of(account));
        self.oldest.sort_by(|a, b| (a.opened_at, &a.incident).cmp(&(b.opened_at, &b.incident)));
        self.oldest.truncate(LISTED);
    }

    pub(super) fn figures(&self, now: Timestamp) -> OpenFigures {
        let aged = |open: &OpenIncident| OpenIncident {
            open_ms: super::split::millis(now.since(open.opened_at)),
            ..open.clone()
        };
        OpenFigures {
            count: self.count,
            awaiting_approval: self.awaiting_approval,
            undelivered: self.undelivered,
            oldest: self.oldest.iter().map(aged).collect(),
        }
    }
}

/// Incidents that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenFigures {
    /// How many.
    pub count: u64,
    /// How many of them wait for a person's approval.
    pub awaiting_approval: u64,
    /// How many of them are escalations that nobody received.
    pub undelivered: u64,
    /// Those that are open longest, at most ten, oldest first.
    pub oldest: Vec<OpenIncident>,
}

/// An incident that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenIncident {
    /// Which.
    pub incident: IncidentId,
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// The phase's name.
    pub phase: &'static str,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How long ago that is.
    pub open_ms: u64,
}

impl OpenIncident {
    fn of(account: &Account) -> Self {
        let incident = &account.state.incident;
        Self {
            incident: incident.id.clone(),
            resource: incident.resource.clone(),
            environment: incident.environment.clone(),
            phase: account.state.phase.awake().name(),
            opened_at: incident.opened_at,
            open_ms: 0,
        }
    }
}

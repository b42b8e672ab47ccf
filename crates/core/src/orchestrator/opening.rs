//! Opening an incident: first what was observed, and what may be done about it; then what can be read.

use std::sync::Arc;

use super::Orchestrator;
use super::drive::within;
use super::routing::specs_of;
use crate::allowed::Allowed;
use crate::error::Result;
use crate::evidence::{Evidence, EvidenceId};
use crate::facts::Facts;
use crate::incident::{Fingerprint, Incident, IncidentId, Signal};
use crate::ports::Reach;

/// Lines that are read from a log source: what the Classifier looks at.
const LOG_TAIL_LINES: usize = 500;

/// An incident that is about to be opened, and what may be done about it at all.
pub(super) struct Opening {
    pub(super) incident: Arc<Incident>,
    pub(super) allowed: Arc<Allowed>,
}

impl Orchestrator {
    pub(super) async fn open(&self, signal: Signal) -> Result<Opening> {
        let mut facts = Facts::new();
        for context in &self.ports.context {
            facts = facts.updated(&context.facts(&signal.resource).await?);
        }
        let facts = facts.updated(&signal.facts);
        // Before the log is even fetched.
        let allowed = Arc::new(Box::pin(self.allowed(&signal, &facts)).await);
        let mut evidence = signal.evidence;
        if let (true, Some(log)) = (evidence.is_empty(), &self.ports.log_source) {
            evidence = log.tail(&signal.resource, LOG_TAIL_LINES).await?;
        }
        let evidence = numbered(within(evidence, self.limits.evidence_bytes));
        let opened_at = self.ports.clock.now();
        let incident = Arc::new(Incident {
            id: signal.incident.unwrap_or_else(|| IncidentId::from_random(self.ports.entropy.next_u64())),
            fingerprint: Fingerprint::of(&signal.resource, &facts, &evidence),
            resource: signal.resource,
            environment: signal.environment,
            severity: signal.severity,
            facts,
            evidence,
            observed_at: signal.observed_at.unwrap_or(opened_at),
            opened_at,
        });
        Ok(Opening { incident, allowed })
    }

    /// What may be done about the incident at all, from what was observed alone.
    async fn allowed(&self, signal: &Signal, facts: &Facts) -> Allowed {
        let reach = Reach {
            resource: &signal.resource,
            environment: &signal.environment,
            severity: signal.severity,
            facts,
            specs: &specs_of(&self.ports.executors, &signal.resource.system),
        };
        Allowed::of(signal.resource.clone(), self.agents.auditor.permits(&reach).await)
    }
}

fn numbered(evidence: Vec<Evidence>) -> Vec<Evidence> {
    let pieces = evidence.into_iter().zip(1..);
    let mut numbered: Vec<_> = pieces.map(|(piece, number)| piece.renumbered(EvidenceId(number))).collect();
    // It stays as long as the incident, and collecting in place keeps the room that the source had.
    numbered.shrink_to_fit();
    numbered
}

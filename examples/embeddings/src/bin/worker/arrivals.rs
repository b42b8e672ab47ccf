//! Incidents as they come in: opened, and left to the workers.

use std::sync::Arc;

use selfheal_core::engine::{Event, SCHEMA_VERSION, transition};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::orchestrator::{Orchestrator, SystemClock, SystemEntropy};
use selfheal_core::ports::{Clock, Entropy, Journal, Lease, Record};
use selfheal_core::resource::{Environment, ResourceRef};

use crate::executor::SYSTEM;
use crate::knowledge::facts;
use crate::things::Thing;

/// Opens the incident of the thing `name`. A worker that is not even running yet goes on with it.
///
/// # Errors
/// [`ErrorKind::Conflict`] if it was opened before: the same alert, delivered twice.
pub(crate) async fn open(healer: &Orchestrator, journal: &dyn Journal, name: &str, thing: &Thing) -> Result<()> {
    let at = SystemClock::default().now();
    let resource = ResourceRef::new(SYSTEM, "thing", name);
    let facts = facts(thing);
    let incident = Arc::new(Incident {
        id: IncidentId::new(&format!("inc-{name}")),
        fingerprint: Fingerprint::of(&resource, &facts, &[]),
        resource,
        environment: Environment::Staging,
        severity: Severity::Error,
        facts,
        evidence: Vec::new(),
        observed_at: at,
        opened_at: at,
    });
    let lease = Lease::first(incident.id.clone(), &healer.claim());
    let limits = Arc::new(healer.limits().clone());
    let event = Event::Opened { incident, seed: SystemEntropy::default().next_u64(), limits };
    let illegal = |error| Error::new(ErrorKind::Internal, "arrivals.open", format!("{error}"));
    let (state, _) = transition(None, at, event.clone()).map_err(illegal)?;
    journal.append(&lease, &Record { schema: SCHEMA_VERSION, sequence: 0, at, event }, &state).await?;
    journal.release(&lease).await
}

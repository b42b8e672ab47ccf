//! Recorded incidents: what an orchestrator wrote about one, under as many names as a bench needs.

use std::sync::Arc;

use selfheal_core::engine::{Event, Phase, State, each_state};
use selfheal_core::incident::{Incident, IncidentId};
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::ports::{Journal, Record};
use selfheal_core::resource::ResourceRef;
use selfheal_core::time::Timestamp;

use crate::Failed;
use crate::incident::{InMemoryPorts, signals};

/// The records of one incident, each with the state it led to.
#[derive(Clone)]
pub struct Story(Vec<(Record, State)>);

impl Story {
    /// What is written about an incident that is healed by its first plan: the first `records - 1` events and the one that
    /// closes it.
    ///
    /// # Errors
    /// If it isn't healed, or has fewer records.
    pub async fn of_a_healed_one(records: usize) -> Result<Self, Failed> {
        let journal = Arc::new(InMemoryJournal::default());
        let orchestrator =
            InMemoryPorts::straight().builder().journal(Arc::clone(&journal) as Arc<dyn Journal>).build()?;
        let signal = signals(1).pop().ok_or("no signal")?;
        let report = orchestrator.heal(signal, &Cancellation::new()).await?;
        let mut told = Vec::new();
        each_state(journal.read(&report.state.incident.id).await?, |record, state| {
            told.extend(record.map(|record| (record.clone(), state.clone())));
        })?;
        if told.len() < records || records == 0 {
            return Err(format!("the incident has {} records, expected at least {records}", told.len()).into());
        }
        told.drain(records - 1..told.len() - 1);
        for (place, (record, _)) in told.iter_mut().enumerate() {
            record.sequence = place as u64;
        }
        Ok(Self(told))
    }

    /// The same story up to the record after which the incident waits for a person.
    #[must_use]
    pub fn parked(mut self) -> Self {
        self.0.truncate(2);
        if let Some((record, state)) = self.0.last_mut() {
            state.phase = Phase::AwaitingApproval { deadline: record.at };
        }
        self
    }

    /// The same story of an incident called `id`, about a resource of that name, that was opened at `opened_at`.
    #[must_use]
    pub fn of(&self, id: &IncidentId, opened_at: Timestamp) -> Vec<(Record, State)> {
        let mut told = self.0.clone();
        let renamed = told.first().map(|(_, state)| Arc::new(renamed(&state.incident, id, opened_at)));
        for (record, state) in &mut told {
            let Some(renamed) = &renamed else { break };
            state.incident = Arc::clone(renamed);
            if let Event::Opened { incident, .. } = &mut record.event {
                *incident = Arc::clone(renamed);
            }
        }
        told
    }

    /// Bytes of JSON that its records have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().filter_map(|(record, _)| serde_json::to_vec(record).ok()).map(|json| json.len()).sum()
    }
}

/// Each about something else: of one resource a worker gets one incident at a time.
fn renamed(incident: &Incident, id: &IncidentId, opened_at: Timestamp) -> Incident {
    let resource = ResourceRef { name: id.as_str().into(), ..incident.resource.clone() };
    Incident { id: id.clone(), resource, opened_at, ..incident.clone() }
}

//! How much of the records the audit log tells of.

use std::collections::BTreeMap;

use selfheal_core::audit::{Openings, Row};
use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_memory::audit::AuditRows;

/// How many leaves of an audit log tell of each incident. That they say so truthfully is for `heal audit verify` to show.
#[derive(Debug, Default)]
pub(crate) struct Leaves(BTreeMap<String, u64>);

impl Leaves {
    /// Counts them. A leaf whose incident was erased tells of none any more.
    ///
    /// # Errors
    /// If the log can't be read.
    pub(crate) fn count(log: &dyn AuditRows) -> Result<Self> {
        let mut leaves = Self::default();
        let all = log.stored()?.rows;
        log.read(0..all, &mut |row| {
            leaves.add(row);
            true
        })?;
        Ok(leaves)
    }

    /// How many tell of `incident`.
    pub(super) fn of(&self, incident: &IncidentId) -> u64 {
        self.0.get(incident.as_str()).copied().unwrap_or(0)
    }

    /// An erasure is no record's.
    fn add(&mut self, row: &Row<'_>) {
        let Ok(openings) = Openings::decode(row.openings) else { return };
        let incident = openings.value("sequence").and_then(|_| openings.value("incident"));
        if let Some(incident) = incident {
            *self.0.entry(incident.to_owned()).or_default() += 1;
        }
    }
}

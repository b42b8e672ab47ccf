//! Where an incident stands, as two rows keep it: one that stays as it was opened, and a short one that every append writes.

use rusqlite::Row;
use selfheal_core::category::FailureCategory;
use selfheal_core::engine::Outcome;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::{Fingerprint, IncidentId, Severity};
use selfheal_core::ports::Standing;
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::journal::rows::{bounded_json, parsed, unsigned};

/// What never changes.
#[derive(Serialize, Deserialize)]
struct Subject {
    fingerprint: Fingerprint,
    resource: ResourceRef,
    environment: Environment,
    severity: Severity,
}

/// The text columns.
pub(super) struct Columns {
    /// JSON of what never changes; written when the incident is opened.
    pub(super) subject: Option<String>,
    pub(super) phase: String,
    pub(super) category: Option<String>,
    /// JSON.
    pub(super) outcome: Option<String>,
    pub(super) updated_at_ms: i64,
}

impl Columns {
    /// Of the standing after a record.
    pub(super) fn of(standing: Standing) -> Result<Self> {
        let opens = standing.records == 1;
        let Standing { fingerprint, resource, environment, severity, category, phase, outcome, updated_at, .. } =
            standing;
        let subject =
            || bounded_json("journal.append", "subject", &Subject { fingerprint, resource, environment, severity });
        Ok(Self {
            subject: opens.then(subject).transpose()?,
            phase,
            category: category.map(|category| category.as_str().to_owned()),
            outcome: outcome.map(|outcome| bounded_json("journal.append", "outcome", &outcome)).transpose()?,
            updated_at_ms: crate::journal::rows::millis(updated_at),
        })
    }
}

/// The columns that [`read`] reads, of the tables `incidents` as `i` and `standings` as `s`.
pub(super) const COLUMNS: &str = "i.incident, i.subject, i.opened_at_ms, s.phase, s.category, s.outcome, s.wake_at_ms,
    s.updated_at_ms, s.records";

/// The standing in a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Standing, Failure> {
    const OPERATION: &str = "journal.list";
    let time = |ms: i64| Timestamp::from_millis(unsigned(ms));
    let Subject { fingerprint, resource, environment, severity } =
        parsed(OPERATION, "subject", row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
    let category = match row.get_ref(4)?.as_str_or_null().map_err(rusqlite::Error::from)? {
        Some(name) => Some(category(name)?),
        None => None,
    };
    let outcome: Option<Outcome> = match row.get_ref(5)?.as_str_or_null().map_err(rusqlite::Error::from)? {
        Some(json) => Some(parsed(OPERATION, "outcome", json)?),
        None => None,
    };
    Ok(Standing {
        incident: IncidentId::new(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?),
        fingerprint,
        resource,
        environment,
        severity,
        category,
        phase: row.get(3)?,
        outcome,
        wake_at: row.get::<_, Option<i64>>(6)?.map(time),
        opened_at: time(row.get(2)?),
        updated_at: time(row.get(7)?),
        records: unsigned(row.get(8)?),
    })
}

fn category(name: &str) -> Result<FailureCategory> {
    let damaged = |error: serde::de::value::Error| {
        Error::new(ErrorKind::Invalid, "journal.list", format!("the store is damaged: expected a category: {error}"))
    };
    FailureCategory::deserialize(serde::de::value::StrDeserializer::new(name)).map_err(damaged)
}

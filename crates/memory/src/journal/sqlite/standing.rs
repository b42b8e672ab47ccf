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
use sha2::{Digest, Sha256};

use super::failure::Failure;
use crate::journal::rows::{bounded_json, millis, parsed, resource_key, unsigned};

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
    /// [`seal`] of all of it.
    pub(super) seal: i64,
}

impl Columns {
    /// Of the standing after a record.
    pub(super) fn of(standing: Standing) -> Result<Self> {
        let opens = standing.records == 1;
        let json = |outcome: &Outcome| bounded_json("journal.append", "outcome", outcome);
        let outcome = standing.outcome.as_ref().map(json).transpose()?;
        let seal = seal(&standing, outcome.as_deref());
        let Standing { fingerprint, resource, environment, severity, category, phase, updated_at, .. } = standing;
        let subject =
            || bounded_json("journal.append", "subject", &Subject { fingerprint, resource, environment, severity });
        Ok(Self {
            subject: opens.then(subject).transpose()?,
            phase,
            category: category.map(|category| category.as_str().to_owned()),
            outcome,
            updated_at_ms: millis(updated_at),
            seal,
        })
    }
}

/// A checksum over where an incident stands, so that a bit that flipped on the disk is noticed: the database has none, and
/// unlike records these rows change, so that the audit log has no hash of them. Against whoever means harm it does nothing.
fn seal(standing: &Standing, outcome: Option<&str>) -> i64 {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    let Standing { incident, fingerprint, resource, environment, severity, category, phase, .. } = standing;
    let category = category.as_ref().map_or("", FailureCategory::as_str);
    let ResourceRef { system, kind, name } = resource;
    let texts = [incident.as_str(), fingerprint.as_str(), system, kind, name, environment.as_str(), category, phase];
    texts.into_iter().for_each(&mut add);
    add(outcome.unwrap_or_default());
    let Standing { opened_at, updated_at, wake_at, records, .. } = standing;
    let wake_at = wake_at.map_or(u64::MAX, Timestamp::as_millis);
    for number in [*severity as u64, opened_at.as_millis(), updated_at.as_millis(), wake_at, *records] {
        hash.update(number.to_be_bytes());
    }
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The columns that [`read`] reads, of the tables `incidents` as `i` and `standings` as `s`.
pub(super) const COLUMNS: &str = "i.incident, i.subject, i.opened_at_ms, s.phase, s.category, s.outcome, s.wake_at_ms,
    s.updated_at_ms, s.records, s.seal, s.resource";

const LIST: &str = "journal.list";

/// The standing in a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Standing, Failure> {
    let time = |ms: i64| Timestamp::from_millis(unsigned(ms));
    let (incident, subject) = (text(row, 0)?.unwrap_or_default(), text(row, 1)?.unwrap_or_default());
    let Subject { fingerprint, resource, environment, severity } = parsed(LIST, "subject", subject)?;
    let outcome = text(row, 5)?;
    let standing = Standing {
        incident: IncidentId::new(incident),
        fingerprint,
        resource,
        environment,
        severity,
        category: text(row, 4)?.map(category).transpose()?,
        phase: row.get(3)?,
        outcome: outcome.map(|outcome| parsed(LIST, "outcome", outcome)).transpose()?,
        wake_at: row.get::<_, Option<i64>>(6)?.map(time),
        opened_at: time(row.get(2)?),
        updated_at: time(row.get(7)?),
        records: unsigned(row.get(8)?),
    };
    let is_sealed = row.get::<_, i64>(9)? == seal(&standing, outcome);
    if is_sealed && row.get::<_, i64>(10)? == resource_key(&standing.resource) {
        return Ok(standing);
    }
    let message = "the store is damaged: where an incident stands is not what was written";
    Err(Error::new(ErrorKind::Invalid, LIST, message).with_context("incident", incident).into())
}

fn text<'row>(row: &'row Row<'_>, column: usize) -> Result<Option<&'row str>, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

fn category(name: &str) -> Result<FailureCategory> {
    let damaged = |error: serde::de::value::Error| {
        Error::new(ErrorKind::Invalid, LIST, format!("the store is damaged: expected a category: {error}"))
    };
    FailureCategory::deserialize(serde::de::value::StrDeserializer::new(name)).map_err(damaged)
}

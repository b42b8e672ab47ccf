//! Failures that come again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::Account;
use super::rate::Rate;
use crate::incident::{Fingerprint, IncidentId};
use crate::resource::ResourceRef;

/// Most different failures that are told apart; a failure that is met for the first time past that counts as new each time.
const MAX_FAILURES: usize = 1 << 18;

/// Most failures that are listed.
const LISTED: usize = 10;

#[derive(Debug, Clone, Default)]
pub(super) struct Repeats {
    /// By the first half of the fingerprint: 64 bits tell 2^18 failures apart but for one chance in 2^29.
    met: BTreeMap<u64, u64>,
    /// Of those that came again, the latest.
    again: BTreeMap<u64, Recurring>,
}

impl Repeats {
    pub(super) fn add(&mut self, account: &Account) {
        let key = key(&account.state.incident.fingerprint);
        if self.met.len() >= MAX_FAILURES && !self.met.contains_key(&key) {
            return;
        }
        let count = self.met.entry(key).or_default();
        *count += 1;
        if *count < 2 {
            return;
        }
        let met = Recurring::of(account, *count);
        let latest = self.again.entry(key).or_insert_with(|| met.clone());
        latest.count = met.count;
        if met.opened_at >= latest.opened_at {
            *latest = met;
        }
    }

    pub(super) fn figures(&self, incidents: u64) -> RepeatFigures {
        let repeated = self.again.values().map(|recurring| recurring.count - 1).sum();
        let mut failures: Vec<Recurring> = self.again.values().cloned().collect();
        failures.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        let different = failures.len() as u64;
        failures.truncate(LISTED);
        RepeatFigures { incidents: Rate::new(repeated, incidents), different, most_frequent: failures }
    }
}

fn key(fingerprint: &Fingerprint) -> u64 {
    let text = fingerprint.as_str();
    // A fingerprint that is no hex is another store's; it is still told apart by its bytes.
    let hex = text.get(..16).and_then(|first| u64::from_str_radix(first, 16).ok());
    hex.unwrap_or_else(|| text.bytes().fold(0, |key, byte| key.rotate_left(7) ^ u64::from(byte)))
}

/// Failures that came again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepeatFigures {
    /// Incidents whose failure had been met before, of all.
    pub incidents: Rate,
    /// How many different failures came again.
    pub different: u64,
    /// The most frequent of them, at most ten.
    pub most_frequent: Vec<Recurring>,
}

/// A failure that came again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recurring {
    /// Which failure.
    pub fingerprint: Fingerprint,
    /// How often it was met.
    pub count: u64,
    /// Of what.
    pub resource: ResourceRef,
    /// What it is.
    pub category: String,
    /// Its latest incident.
    pub latest: IncidentId,
    /// When that was opened.
    pub opened_at: crate::time::Timestamp,
}

impl Recurring {
    fn of(account: &Account, count: u64) -> Self {
        let incident = &account.state.incident;
        Self {
            fingerprint: incident.fingerprint.clone(),
            count,
            resource: incident.resource.clone(),
            category: account.category().as_str().to_owned(),
            latest: incident.id.clone(),
            opened_at: incident.opened_at,
        }
    }
}

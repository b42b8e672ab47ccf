//! Small ports by which a host gives time, chance and people.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::engine::Phase;
use crate::error::Result;
use crate::incident::{Incident, IncidentId, Severity};
use crate::plan::{Plan, PlanHash, Preview};
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

/// Time. Core reads no clock of its own.
///
/// # To be correct
/// 1. `now` never goes back within a process.
/// 2. `elapsed` is monotonic and fine enough to time a visit (microseconds).
/// 3. `sleep_until` returns at or after the point, and may be dropped.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;

    /// Monotonic time since some fixed point, for durations.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep_until(&self, at: Timestamp);
}

/// Chance: names and jitter. Seeded in simulation, from the system in production.
///
/// # To be correct
/// 1. In production two processes never draw the same sequence.
/// 2. In simulation the same seed gives the same sequence.
pub trait Entropy: Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;
}

/// An answer to a request for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Agreed to exactly this plan hash.
    Given {
        /// Who.
        by: String,
        /// To what.
        plan_hash: PlanHash,
    },
    /// Refused.
    Refused {
        /// Who.
        by: String,
        /// Why.
        because: String,
    },
    /// Asked; the answer will come later, to another call or another process.
    Pending,
}

/// Asks people.
///
/// # To be correct
/// 1. `Given` is only returned for the hash that was shown, by somebody who is neither the requester nor the healer.
/// 2. It never waits for a person inside the call: `Pending`, and the engine's state waits with a deadline.
/// 3. Asked again for the same hash it gives the same answer: a crash may lose the first one before it is recorded.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks for approval of `plan`, or for the answer to what was asked before.
    async fn ask(
        &self,
        incident: &Incident,
        plan: &Plan,
        previews: &[Preview],
        hash: &PlanHash,
        decision: &Decision,
    ) -> Result<Approval>;
}

/// What a person is told when the healer can't or may not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// Which incident.
    pub incident: IncidentId,
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// How much it matters.
    pub severity: Severity,
    /// How many rounds of telling people ended without an acknowledgement before.
    pub round: u32,
    /// Why the healer stopped, in plain words.
    pub reason: String,
    /// What the person should do.
    pub advice: String,
}

/// Tells people.
///
/// # To be correct
/// 1. `Ok` means that somebody or something acknowledged it; mere sending is not delivery.
/// 2. The same escalation may come again, after a crash or when nobody received it: the receiver can tell by incident and
///    reason that it is the same.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Delivers `escalation`.
    async fn notify(&self, escalation: &Escalation) -> Result<()>;
}

/// Hears which phase an incident enters, before its work starts; for progress lines.
///
/// # To be correct
/// 1. It returns at once and never fails.
pub trait Progress: Send + Sync {
    /// `incident` enters `phase`.
    fn entering(&self, incident: &IncidentId, phase: &Phase);
}

//! Small ports by which a host gives time, chance and people.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::action::ActionSpec;
use crate::decision::Decision;
use crate::engine::Phase;
use crate::error::Result;
use crate::evidence::Untrusted;
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Agreed to exactly this plan hash.
    Given {
        /// Who.
        by: String,
        /// To what.
        plan_hash: PlanHash,
        /// When the last of them agreed, where the approver can tell; `None`: just now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// Refused; the strategist may propose something else.
    Refused {
        /// Who.
        by: String,
        /// Why.
        because: String,
    },
    /// Agreed to less, which is now a plan of its own.
    Edited {
        /// Who.
        by: String,
        /// The narrower plan.
        plan: Arc<Plan>,
    },
    /// Neither: a remark for the strategist.
    Responded {
        /// Who.
        by: String,
        /// What they said; text like any other.
        text: Untrusted<String>,
    },
    /// What was asked no longer holds: policy changed meanwhile. It is decided again.
    Outdated {
        /// What changed.
        because: String,
    },
    /// Asked; the answer will come later, to another call or another process.
    Pending,
}

/// What people are to agree to.
#[derive(Debug, Clone)]
pub struct ApprovalQuestion<'a> {
    /// Whose plan.
    pub incident: &'a Incident,
    /// Which plan of the incident, counted from 1.
    pub round: u32,
    /// What is to be done.
    pub plan: &'a Plan,
    /// What each step will change.
    pub previews: &'a [Preview],
    /// The identity of both.
    pub plan_hash: &'a PlanHash,
    /// Why people are asked, and who.
    pub decision: &'a Decision,
    /// The healer that asks.
    pub healer: &'a str,
    /// Now.
    pub at: Timestamp,
    /// When silence escalates.
    pub deadline: Timestamp,
    /// Until when what was agreed to before the deadline is acted upon.
    pub until: Timestamp,
    /// What the executors promise about the kinds of the plan's steps: how a parameter is narrowed stands there.
    pub specs: &'a [ActionSpec],
}

/// Asks people.
///
/// # To be correct
/// 1. `Given` is only returned for the hash that was shown, by people who are neither the requester nor the healer, as many and
///    of such roles as the decision's terms say; and only if they agreed before the deadline, also where that is looked at later. One
///    that can't tell when they agreed is taken to mean now.
/// 2. It never waits for a person inside the call: `Pending`, and the engine's state waits with a deadline.
/// 3. Asked again for the same round it gives the same answer: a crash may lose the first one before it is recorded. Asked for
///    another round or incident it never gives an answer that was given before.
/// 4. An edited plan does nothing that the plan which was shown does not.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks for approval, or for the answer to what was asked before.
    async fn ask(&self, question: &ApprovalQuestion<'_>) -> Result<Approval>;
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
    /// What the person should do; where a model suggests it, it begins by saying so, and that nobody checked it.
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

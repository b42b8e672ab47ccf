//! Every bound of the loop, in one place.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::spending::Ceilings;

/// Bounds of one orchestrator. The defaults suit a developer's machine and a CI runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Plans drawn up per incident, rejected and failed ones included.
    pub plans_per_incident: u32,
    /// Plans per incident that policy, an executor or a person may refuse before a person is told.
    pub rejections_per_incident: u32,
    /// Diagnoses per incident, the first included.
    pub diagnoses_per_incident: u32,
    /// Starts of one step, whatever the plan asks for.
    pub attempts_per_step: u32,
    /// Steps in a plan.
    pub steps_per_plan: usize,
    /// Alternatives (rows) considered per remedy.
    pub rows_per_remedy: usize,
    /// Calls of one port for one visit while it answers "retryable", the first included.
    pub calls_per_visit: u32,
    /// Wait before the second call of a port; doubles with jitter.
    pub port_backoff: Duration,
    /// Longest wait between two starts of a step or two calls of a port.
    pub backoff_ceiling: Duration,
    /// Wait before an effect that was held is asked about again, where nobody knows until when; doubles with jitter.
    pub hold_backoff: Duration,
    /// Longest such wait.
    pub hold_ceiling: Duration,
    /// Times that one effect may be held before a person is told.
    pub holds_per_effect: u32,
    /// How long an approval may take before silence escalates.
    pub approval_ttl: Duration,
    /// How many times in a row every criterion must be observed before it counts as healed.
    pub stability_observations: u32,
    /// Wait between two of them.
    pub stability_interval: Duration,
    /// Incidents worked on at once (bulkhead); more wait.
    pub concurrent_incidents: usize,
    /// Failures in a row after which a port's breaker opens.
    pub breaker_failures: u32,
    /// How long an open breaker refuses before it lets one call through.
    pub breaker_cooldown: Duration,
    /// Bytes of evidence kept of the first failure, and of the latest; past that the oldest pieces go.
    pub evidence_bytes: usize,
    /// How long a policy engine may take before its silence is a denial.
    pub policy_timeout: Duration,
    /// Wait before an escalation that nobody received is told again; doubles with jitter.
    pub escalation_backoff: Duration,
    /// Longest wait between two rounds of telling people.
    pub escalation_ceiling: Duration,
    /// How long a worker's lease on an incident holds without a sign of life; after that another may take it over.
    pub lease_ttl: Duration,
    /// How often a worker that has room looks for more while something is under way.
    pub pick_up_interval: Duration,
    /// Waits longer than this are not slept through: the incident is left in the journal for whoever picks it up when it is due.
    /// Without a journal every wait is slept through.
    pub park_after: Duration,
    /// What language models may take, in calls, tokens, money and time.
    pub models: ModelLimits,
    /// Stop once a plan passed the audit: nothing is rehearsed or applied.
    pub dry_run: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            plans_per_incident: 12,
            rejections_per_incident: 8,
            diagnoses_per_incident: 8,
            attempts_per_step: 100,
            steps_per_plan: 16,
            rows_per_remedy: 5,
            calls_per_visit: 3,
            port_backoff: Duration::from_millis(200),
            backoff_ceiling: Duration::from_secs(60),
            hold_backoff: Duration::from_secs(30),
            hold_ceiling: Duration::from_secs(60 * 60),
            holds_per_effect: 64,
            approval_ttl: Duration::from_secs(15 * 60),
            stability_observations: 1,
            stability_interval: Duration::ZERO,
            concurrent_incidents: 64,
            breaker_failures: 5,
            breaker_cooldown: Duration::from_secs(30),
            evidence_bytes: 1 << 20,
            policy_timeout: Duration::from_secs(5),
            escalation_backoff: Duration::from_secs(60),
            escalation_ceiling: Duration::from_secs(60 * 60),
            lease_ttl: Duration::from_secs(30),
            pick_up_interval: Duration::from_secs(1),
            park_after: Duration::from_secs(5 * 60),
            models: ModelLimits::default(),
            dry_run: false,
        }
    }
}

/// Bounds of the agents that ask language models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelLimits {
    /// What may be spent, per incident and per day.
    pub ceilings: Ceilings,
    /// How long one question to a small model may take, retries included.
    pub small_deadline: Duration,
    /// How long one question to a large model may take, retries included.
    pub large_deadline: Duration,
    /// Tokens of one answer of a small model.
    pub small_output_tokens: u32,
    /// Tokens of one answer of a large model.
    pub large_output_tokens: u32,
    /// Bytes of evidence in one prompt.
    pub prompt_evidence_bytes: usize,
    /// Bytes of one looked-up answer in a prompt.
    pub lookup_bytes: usize,
    /// Things that the analyst may look up for one diagnosis.
    pub lookups: usize,
}

impl Default for ModelLimits {
    fn default() -> Self {
        Self {
            ceilings: Ceilings::default(),
            small_deadline: Duration::from_secs(15),
            large_deadline: Duration::from_secs(60),
            small_output_tokens: 512,
            large_output_tokens: 2048,
            prompt_evidence_bytes: 24 << 10,
            lookup_bytes: 8 << 10,
            lookups: 6,
        }
    }
}

//! Signals and incidents, and the fingerprint that recognises a failure again.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::evidence::Evidence;
use crate::facts::{Fact, Facts};
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

/// Names an incident. Made from [`Entropy`](crate::ports::Entropy) by the orchestrator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(Arc<str>);

impl IncidentId {
    /// From its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// `inc-` and 16 hex digits of `random`.
    #[must_use]
    pub fn from_random(random: u64) -> Self {
        Self(format!("inc-{random:016x}").into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something will fail soon, or failed where few notice.
    Warning,
    /// Something failed.
    #[default]
    Error,
    /// Customers notice.
    Critical,
}

/// Something was observed: a failed job, an alert, a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// How much it matters.
    pub severity: Severity,
    /// What the incident is to be called, for a host that has to know it beforehand; drawn from the entropy by default.
    pub incident: Option<IncidentId>,
    /// When it was observed; if unknown, the time at which the incident is opened counts.
    pub observed_at: Option<Timestamp>,
    /// What was observed with our own credential: trusted.
    pub facts: Facts,
    /// What was read: untrusted.
    pub evidence: Vec<Evidence>,
}

impl Signal {
    /// A signal about `resource` with nothing known yet but that it failed.
    #[must_use]
    pub fn new(resource: ResourceRef, environment: Environment) -> Self {
        Self {
            resource,
            environment,
            severity: Severity::Error,
            incident: None,
            observed_at: None,
            facts: Facts::new(),
            evidence: Vec::new(),
        }
    }

    /// Names the incident beforehand. A name must never be used twice.
    #[must_use]
    pub fn with_incident(mut self, id: IncidentId) -> Self {
        self.incident = Some(id);
        self
    }

    /// Says when it was observed: the time to repair counts from there.
    #[must_use]
    pub fn with_observed_at(mut self, at: Timestamp) -> Self {
        self.observed_at = Some(at);
        self
    }

    /// Adds what was observed.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Adds what was read.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}

/// Correlated signals about one resource, and the identity of the failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its name.
    pub id: IncidentId,
    /// Recognises the same failure again.
    pub fingerprint: Fingerprint,
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// How much it matters.
    pub severity: Severity,
    /// Trusted observations.
    pub facts: Facts,
    /// Untrusted readings, numbered `e1`, `e2`, ….
    pub evidence: Vec<Evidence>,
    /// When the first signal was observed.
    pub observed_at: Timestamp,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// SHA-256 over the resource, the status facts and the masked failing lines: equal for the same failure of
/// the same resource, whatever the timestamps, temporary paths and counters in the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Arc<str>);

/// How many failing lines enter a fingerprint.
const FINGERPRINT_LINES: usize = 20;

/// Shorter names stand in lines by chance.
const NAME_BYTES: usize = 3;

/// Facts that belong to the identity of a failure; other facts (durations, sizes) differ from run to run.
const FINGERPRINT_FACTS: [&str; 3] = ["exit_code", "signal", "oom_killed"];

impl Fingerprint {
    /// The fingerprint of a failure of `resource`.
    #[must_use]
    pub fn of(resource: &ResourceRef, facts: &Facts, evidence: &[Evidence]) -> Self {
        let mut parts = vec!["selfheal-fingerprint-v1".to_owned()];
        parts.extend([&resource.system, &resource.kind, &resource.name].map(ToString::to_string));
        parts.extend(status(facts));
        parts.push(selfheal_detect::mask::MASK_VERSION.to_string());
        parts.extend(masked_failing_lines(evidence, None));
        Self::over(&parts)
    }

    /// What the same failure of another resource has too: status facts and failing lines, without the resource's name. `None` where
    /// no line says what failed: silence is alike everywhere.
    #[must_use]
    pub fn of_symptom(resource: &ResourceRef, facts: &Facts, evidence: &[Evidence]) -> Option<Self> {
        let name = Some(&*resource.name).filter(|name| name.len() >= NAME_BYTES);
        let lines = masked_failing_lines(evidence, name);
        if lines.is_empty() {
            return None;
        }
        let mut parts = vec!["selfheal-symptom-v1".to_owned()];
        parts.extend(status(facts));
        parts.push(selfheal_detect::mask::MASK_VERSION.to_string());
        parts.extend(lines);
        Some(Self::over(&parts))
    }

    fn over(parts: &[String]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hex(&hash.finalize()).into())
    }

    /// A fingerprint read back from a store.
    #[must_use]
    pub fn from_hex(text: &str) -> Self {
        Self(text.into())
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was seen of the facts that belong to a failure's identity. That something was ruled out may be known in one run and
/// unknown in the next: only what was seen counts.
fn status(facts: &Facts) -> impl Iterator<Item = String> {
    let seen = |name: &&str| facts.get(name).filter(|fact| **fact != Fact::Flag(false));
    FINGERPRINT_FACTS.iter().map(move |name| seen(name).map(ToString::to_string).unwrap_or_default())
}

/// Without what merely stands near the end: it would make another failure of the same one. `name` is left out of them.
fn masked_failing_lines(evidence: &[Evidence], name: Option<&str>) -> Vec<String> {
    let lines: Vec<&str> = evidence.iter().flat_map(Evidence::lines).map(|(_, line)| line).collect();
    let failing = selfheal_detect::extract::failing_lines(&lines, FINGERPRINT_LINES);
    let confident = failing.iter().filter(|line| line.score >= selfheal_detect::extract::CONFIDENT);
    let masked = |line: &str| match name {
        Some(name) => selfheal_detect::mask::mask(&line.replace(name, "<resource>")).to_string(),
        None => selfheal_detect::mask::mask(line).to_string(),
    };
    confident.map(|line| masked(lines[line.index])).collect()
}

/// Lower-case hex of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::EvidenceId;
    use selfheal_detect::redact::Redactor;

    fn fingerprint(name: &str, exit: i64, log: &str) -> Fingerprint {
        let evidence = Evidence::new(EvidenceId(1), "log", 1, log, &Redactor::builder().build());
        let facts = Facts::new().with("exit_code", Fact::Number(exit));
        Fingerprint::of(&ResourceRef::new("local", "pipeline", name), &facts, &[evidence])
    }

    #[test]
    fn counters_and_timestamps_do_not_make_another_failure_but_status_and_resource_do() {
        let log = "2026-01-01T10:00:00Z error: test took 12 ms: assertion failed";
        let again = "2027-03-04T11:22:33Z error: test took 977 ms: assertion failed";
        assert_eq!(fingerprint("a", 1, log), fingerprint("a", 1, again));
        assert_ne!(fingerprint("a", 1, log), fingerprint("b", 1, log));
        assert_ne!(fingerprint("a", 1, log), fingerprint("a", 2, log));
        assert_ne!(fingerprint("a", 1, log), fingerprint("a", 1, "error: module foo not found"));
    }

    #[test]
    fn what_was_ruled_out_and_what_is_unknown_are_the_same_failure() {
        let resource = ResourceRef::new("local", "pipeline", "a");
        let of = |facts: Facts| Fingerprint::of(&resource, &facts, &[]);
        let killed = |killed| Facts::new().with("oom_killed", Fact::Flag(killed));
        assert_eq!(of(killed(false)), of(Facts::new()));
        assert_ne!(of(killed(true)), of(Facts::new()));
    }

    #[test]
    fn the_same_failure_of_two_resources_has_one_symptom_and_silence_has_none() {
        let symptom = |name: &str, log: &str| {
            let evidence = Evidence::new(EvidenceId(1), "log", 1, log, &Redactor::builder().build());
            Fingerprint::of_symptom(&ResourceRef::new("k8s", "pod", name), &Facts::new(), &[evidence])
        };
        let cart = symptom("cart-7f", "error: pod cart-7f: connection refused: registry.example");
        assert!(cart.is_some());
        assert_eq!(cart, symptom("shop-2a", "error: pod shop-2a: connection refused: registry.example"));
        assert_ne!(cart, symptom("shop-2a", "error: out of memory"));
        assert_eq!(symptom("shop-2a", ""), None);
    }

    #[test]
    fn hex_is_lower_case_and_padded() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}

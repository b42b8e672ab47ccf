//! Plans, their previews, and the hash that binds what was decided to what is applied.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::action::{Action, ActionKind, Reversibility};
use crate::confidence::Confidence;
use crate::criterion::SuccessCriterion;
use crate::diagnosis::Source;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What must be observed afterwards. The criteria of all steps are verified after the last one.
    pub criteria: Vec<SuccessCriterion>,
    /// How it is taken back.
    pub compensation: Compensation,
    /// How often the step may be started, and how long to wait between.
    pub retry: StepRetry,
}

/// How a step is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compensation {
    /// The executor's undo, from the material kept before applying.
    Undo,
    /// Nothing stays behind.
    NothingToUndo,
}

/// Repetition of a step whose criteria were not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepRetry {
    /// Starts of the step, the first included; at least 1.
    pub attempts: u32,
    /// Wait before the second start; doubles each time, with jitter, up to the limits' ceiling.
    pub initial_backoff_ms: u64,
}

impl StepRetry {
    /// One start only.
    pub const ONCE: Self = Self { attempts: 1, initial_backoff_ms: 0 };

    /// What `action` asks for: only a retry of the stage is started more than once.
    #[must_use]
    pub fn of(action: &Action) -> Self {
        if action.kind() != &ActionKind::RETRY_STAGE {
            return Self::ONCE;
        }
        let attempts = action.integer("attempts").and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(1);
        Self { attempts: attempts.max(1), initial_backoff_ms: action.integer("initial_backoff_ms").unwrap_or(0) }
    }
}

/// Ordered steps that are to end an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order in which they are applied; undone in reverse.
    pub steps: Vec<Step>,
    /// Why, in plain words.
    pub rationale: String,
    /// Where the plan came from.
    pub source: Source,
    /// How likely it heals, from counted outcomes.
    pub confidence: Confidence,
}

impl Plan {
    /// The least reversible of its steps decides.
    #[must_use]
    pub fn reversibility(&self, of: impl Fn(&Action) -> Reversibility) -> Reversibility {
        let worst = self.steps.iter().map(|step| of(&step.action)).max();
        worst.unwrap_or(Reversibility::NothingToUndo)
    }

    /// The kinds of its steps, in order, joined by `+`: the kind of fix that it is.
    #[must_use]
    pub fn kinds(&self) -> String {
        let kinds: Vec<&str> = self.steps.iter().map(|step| step.action.kind().as_str()).collect();
        kinds.join("+")
    }

    /// The identity of what the plan does, whatever its rationale: planners use it to not propose the same twice.
    #[must_use]
    pub fn fingerprint(&self) -> PlanHash {
        PlanHash::over(&["selfheal-plan-steps-v1"], &self.steps)
    }
}

/// What one step will change, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// One line for people.
    pub summary: String,
    /// Each thing that changes.
    pub changes: Vec<Change>,
    /// What was seen, and must still be so when it is applied.
    pub fences: Vec<Fence>,
    /// How far it reaches.
    pub blast_radius: BlastRadius,
    /// SHA-256 of the undo material; the material itself stays with the executor.
    pub undo_hash: Option<String>,
    /// Whether this very change can be taken back.
    pub reversibility: Reversibility,
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which: a path, an object, a field.
    pub what: String,
    /// SHA-256 of the content before; `None` if it didn't exist.
    pub before: Option<String>,
    /// SHA-256 of the content after; `None` if it is removed.
    pub after: Option<String>,
    /// Unified diff or the like, redacted, for people and policy.
    pub diff: String,
}

/// A version that was observed at preview; applying is refused if it no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// What was observed.
    pub what: String,
    /// Its version then (content hash, resourceVersion, head SHA); `None` if it didn't exist.
    pub version: Option<String>,
}

/// How far a change reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BlastRadius {
    /// Resources touched.
    pub resources: u32,
    /// Files or objects changed.
    pub changes: u32,
    /// Lines added.
    pub lines_added: u32,
    /// Lines removed.
    pub lines_removed: u32,
}

impl BlastRadius {
    /// How far both reach together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            resources: self.resources.saturating_add(other.resources),
            changes: self.changes.saturating_add(other.changes),
            lines_added: self.lines_added.saturating_add(other.lines_added),
            lines_removed: self.lines_removed.saturating_add(other.lines_removed),
        }
    }
}

/// SHA-256 over the canonical JSON of plan and previews: what is previewed is what is hashed, audited,
/// rehearsed, approved and applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(Arc<str>);

impl PlanHash {
    /// The hash of a plan and what was previewed of it.
    #[must_use]
    pub fn of(plan: &Plan, previews: &[Preview]) -> Self {
        Self::over(&["selfheal-plan-v1"], &(&plan.steps, previews))
    }

    // Canonical: struct fields in declaration order, maps are BTreeMaps, numbers are integers.
    fn over(domain: &[&str], value: &impl Serialize) -> Self {
        let mut hash = Sha256::new();
        for part in domain {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut writer = HashWriter(hash);
        // Writing to a hash can't fail and the types have string keys only; a defect here must not yield a
        // hash that others share, so the error's text is hashed.
        if let Err(error) = serde_json::to_writer(&mut writer, value) {
            writer.0.update(error.to_string().as_bytes());
        }
        Self(crate::incident::hex(&writer.0.finalize()).into())
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

struct HashWriter(Sha256);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

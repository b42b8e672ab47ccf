//! What a policy in another language sees of one step of a plan: plain values, and nothing that was read from evidence.
//!
//! As JSON, version 1; whole numbers only, and what isn't known is left out:
//!
//! ```json
//! {
//!   "version": 1,
//!   "resource": {"system": "local", "kind": "pipeline", "name": "shop", "facts": {"exit_code": 1}},
//!   "environment": "staging",
//!   "severity": "error",
//!   "categories": ["dependency_failure"],
//!   "at_ms": 1700000000000,
//!   "rehearsal": "verified",
//!   "rehearsed": true,
//!   "assurance": {"mean_permille": 910, "lower_permille": 860},
//!   "applied_before": 0,
//!   "plan": {"steps": 1, "source": "runbook", "blast_radius": {"resources": 1, "changes": 1, "lines_added": 1, "lines_removed": 1}},
//!   "step": {
//!     "index": 1,
//!     "kind": "patch_dependency_version",
//!     "parameters": {"package": {"value": "left-pad", "provenance": "observed", "by": "npm"}},
//!     "risk": "medium",
//!     "reversibility": "undoable",
//!     "idempotent": true,
//!     "conditional": true,
//!     "changes": ["package.json"],
//!     "added": ["    \"left-pad\": \"^1.3.0\""],
//!     "blast_radius": {"resources": 1, "changes": 1, "lines_added": 1, "lines_removed": 1}
//!   }
//! }
//! ```
//!
//! `resource` has `namespace` and `cluster` where they are known. `rehearsed` is whether the step was shown to help: by a verified
//! rehearsal, or, for a step that changes nothing a copy could show, by a rehearsal that says so. `reversibility` is the worse of
//! what the kind promises and what the preview found; `added` are the lines that the preview adds, without the `+`.

use std::collections::BTreeMap;

use selfheal_core::action::{Provenance, Reversibility, RiskTier, Value};
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::{Assurance, Confidence};
use selfheal_core::diagnosis::Source;
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{PolicyQuestion, RehearsalEvidence};
use serde::Serialize;

use crate::limits;

/// The version of the shape.
pub const VERSION: u32 = 1;

/// One step, with all that a policy may know.
#[derive(Debug, Clone, Serialize)]
pub struct StepInput<'a> {
    /// [`VERSION`].
    pub version: u32,
    /// What the step acts on.
    pub resource: ResourceInput<'a>,
    /// Where that runs.
    pub environment: &'a str,
    /// How much the incident matters.
    pub severity: Severity,
    /// What is believed to be wrong.
    pub categories: &'a [FailureCategory],
    /// When it is asked, in milliseconds since 1970.
    pub at_ms: u64,
    /// What is known of the plan's rehearsal.
    pub rehearsal: RehearsalEvidence,
    /// Whether this step was shown to help.
    pub rehearsed: bool,
    /// How sure it is that the plan heals.
    pub assurance: AssuranceInput,
    /// Plans of this incident that were applied before.
    pub applied_before: u32,
    /// The plan that the step belongs to.
    pub plan: PlanInput,
    /// The step.
    pub step: ActionInput<'a>,
}

/// A resource.
#[derive(Debug, Clone, Serialize)]
pub struct ResourceInput<'a> {
    /// The system that holds it.
    pub system: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The namespace that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<&'a str>,
    /// The cluster that holds that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<&'a str>,
    /// What was observed with our own credential.
    pub facts: &'a Facts,
}

/// An [`Assurance`] in thousandths, rounded down.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AssuranceInput {
    /// The best estimate.
    pub mean_permille: u32,
    /// What it is at least, at 95 %.
    pub lower_permille: u32,
}

/// A plan as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct PlanInput {
    /// How many steps it has.
    pub steps: usize,
    /// Which kind of knowledge it comes from: `runbook`, `memory`, `model` or `nothing`.
    pub source: &'static str,
    /// How far it reaches, all steps together.
    pub blast_radius: BlastRadius,
}

/// An action, with what its executor promises and what its preview found.
#[derive(Debug, Clone, Serialize)]
pub struct ActionInput<'a> {
    /// 1 for the plan's first step.
    pub index: usize,
    /// The kind.
    pub kind: &'a str,
    /// Its parameters.
    pub parameters: BTreeMap<&'a str, ParameterInput<'a>>,
    /// How bad a wrong one is.
    pub risk: RiskTier,
    /// Whether it can be taken back.
    pub reversibility: Reversibility,
    /// Whether applying it twice is the same as once.
    pub idempotent: bool,
    /// Whether it is written only if the world is as previewed.
    pub conditional: bool,
    /// What it changes: paths, objects.
    pub changes: Vec<&'a str>,
    /// The lines that it adds.
    pub added: Vec<&'a str>,
    /// How far it reaches.
    pub blast_radius: BlastRadius,
}

/// A parameter.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ParameterInput<'a> {
    /// Its value.
    pub value: &'a Value,
    /// Its [provenance class](Provenance::class).
    pub provenance: &'static str,
    /// Which document, query, extractor or model it came from.
    pub by: &'a str,
}

/// A step that no policy can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The question has no step, spec or preview of that index.
    #[error("it has no spec or no preview")]
    Incomplete,
    /// It acts on something else than the incident is about.
    #[error("it acts on another resource than the incident is about")]
    Elsewhere,
    /// What it changes is too much to be looked at.
    #[error("what it changes is more than {} bytes", limits::INPUT_BYTES)]
    TooLarge,
}

impl<'a> StepInput<'a> {
    /// The step with this 0-based index.
    ///
    /// # Errors
    /// Why it can't be asked about.
    pub fn of(question: &PolicyQuestion<'a>, step: usize) -> Result<Self, InputError> {
        let action = &question.plan.steps.get(step).ok_or(InputError::Incomplete)?.action;
        let preview = question.previews.get(step).ok_or(InputError::Incomplete)?;
        if *action.target() != question.incident.resource {
            return Err(InputError::Elsewhere);
        }
        let input = Self {
            version: VERSION,
            resource: ResourceInput {
                system: &action.target().system,
                kind: &action.target().kind,
                name: &action.target().name,
                namespace: question.site.namespace.as_deref(),
                cluster: question.site.cluster.as_deref(),
                facts: &question.incident.facts,
            },
            environment: question.incident.environment.as_str(),
            severity: question.incident.severity,
            categories: question.categories,
            at_ms: question.at.as_millis(),
            rehearsal: question.rehearsal,
            rehearsed: rehearsed(question.rehearsal, preview),
            assurance: AssuranceInput::of(question.assurance),
            applied_before: question.applied_before,
            plan: PlanInput::of(question),
            step: ActionInput::of(question, step).ok_or(InputError::Incomplete)?,
        };
        if input.step.bytes() > limits::INPUT_BYTES { Err(InputError::TooLarge) } else { Ok(input) }
    }

    /// The same step, as it will stand once its rehearsal succeeded.
    #[must_use]
    pub fn once_rehearsed(&self) -> Self {
        Self { rehearsal: RehearsalEvidence::Verified, rehearsed: true, ..self.clone() }
    }
}

impl AssuranceInput {
    fn of(assurance: &Assurance) -> Self {
        Self { mean_permille: permille(assurance.mean), lower_permille: permille(assurance.lower) }
    }
}

impl PlanInput {
    fn of(question: &PolicyQuestion<'_>) -> Self {
        let reach = question.previews.iter().map(|preview| preview.blast_radius);
        Self {
            steps: question.plan.steps.len(),
            source: match &question.plan.source {
                Source::Runbook { .. } => "runbook",
                Source::Memory => "memory",
                Source::Model { .. } => "model",
                Source::Nothing => "nothing",
            },
            blast_radius: reach.fold(BlastRadius::default(), BlastRadius::and),
        }
    }
}

impl<'a> ActionInput<'a> {
    fn of(question: &PolicyQuestion<'a>, step: usize) -> Option<Self> {
        let action = &question.plan.steps.get(step)?.action;
        let (spec, preview) = (question.specs.get(step)?, question.previews.get(step)?);
        let lines = preview.changes.iter().flat_map(|change| change.diff.lines());
        let parameters = action.parameters().iter().map(|(name, parameter)| {
            let (provenance, by) = (parameter.provenance.class(), origin(&parameter.provenance));
            (name.as_str(), ParameterInput { value: &parameter.value, provenance, by })
        });
        Some(Self {
            index: step + 1,
            kind: action.kind().as_str(),
            parameters: parameters.collect(),
            risk: spec.risk,
            reversibility: spec.reversibility.max(preview.reversibility),
            idempotent: spec.idempotent,
            conditional: spec.conditional,
            changes: preview.changes.iter().map(|change| change.what.as_str()).collect(),
            added: lines.filter(|line| !line.starts_with("+++ ")).filter_map(|line| line.strip_prefix('+')).collect(),
            blast_radius: preview.blast_radius,
        })
    }

    fn bytes(&self) -> usize {
        let values = self.parameters.values().map(|parameter| match parameter.value {
            Value::Text(text) => text.len(),
            Value::Flag(_) | Value::Integer(_) => 0,
        });
        self.changes.iter().chain(&self.added).map(|text| text.len()).chain(values).sum()
    }
}

fn rehearsed(evidence: RehearsalEvidence, preview: &Preview) -> bool {
    match evidence {
        RehearsalEvidence::Verified => true,
        RehearsalEvidence::InPlace => preview.changes.is_empty(),
        RehearsalEvidence::Pending | RehearsalEvidence::Unsupported => false,
    }
}

fn origin(provenance: &Provenance) -> &str {
    match provenance {
        Provenance::Configured { by }
        | Provenance::Observed { by }
        | Provenance::Extracted { by, .. }
        | Provenance::Model { by } => by,
    }
}

fn permille(confidence: Confidence) -> u32 {
    // What is a thousandth short of a bound by rounding of binary fractions alone is at it.
    (confidence.value() * 1_000.0 + 1e-9).floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_rounded_down_but_not_by_binary_fractions() {
        let permille = |value: f64| permille(Confidence::new(value));
        assert_eq!(
            [permille(0.0), permille(0.29), permille(0.8999), permille(0.9), permille(1.0)],
            [0, 290, 899, 900, 1000]
        );
    }
}

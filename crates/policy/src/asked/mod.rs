//! A plan and its circumstances as a document: what policy is asked about, outside of any incident.
//!
//! Three forms are read, in YAML or JSON. All of them may have the circumstances beside the plan; what is left out is as little as can
//! be: not rehearsed, nobody sure of it, nothing done lately, in `dev`.
//!
//! ```yaml
//! environment: production
//! resource: local/pipeline/shop            # system/kind/name
//! rehearsal: verified                      # pending (if left out), verified, in_place, unsupported; or `rehearsed: true`
//! at: '2026-12-24T10:00:00+01:00'
//! confidence: 0.9                          # what it is at least, that the plan heals
//! categories: [dependency_failure]
//! severity: critical
//! facts: {namespace: web}
//! activity: [{ago: 10m}]                   # what was done before, by default of the same kind to the same resource
//! effect: apply                            # which effect is about to be sent: rehearse, apply, retry or undo
//! steps:
//!   - kind: patch_dependency_version
//!     target: package.json                 # a path that the step changes; `changes` says more
//!     parameters: {package: left-pad, requirement: {value: ^2.0.0, provenance: observed}}
//!     changes: [{what: package.json, diff: "-  \"left-pad\": \"^1\"\n+  \"left-pad\": \"^2.0.0\"\n"}]
//! ```
//!
//! A plan of one step may have that step's keys in place of `steps`, as the examples of a guardrails document do. The other two forms
//! are what programs write: core's [`Plan`], with its `previews` beside it where there are any, and a plan
//! as `heal show --json` prints it, alone or with the whole incident around it; the incident's last plan is meant then.

mod build;
mod document;
mod value;

pub(crate) use document::AskedDocument;

use selfheal_core::action::ActionSpec;
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::Assurance;
use selfheal_core::incident::Incident;
use selfheal_core::plan::{Plan, Preview};
use selfheal_core::ports::{Activity, EffectClass, Moment, PolicyQuestion, RehearsalEvidence, Site};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;

use crate::error::LoadError;

/// What is said about the circumstances beside the document, and goes before it.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Where the resource runs.
    pub environment: Option<Environment>,
    /// What is known of the plan's rehearsal.
    pub rehearsal: Option<RehearsalEvidence>,
    /// When policy is asked.
    pub at: Option<Timestamp>,
    /// When policy is asked, if neither `at` nor the document says.
    pub now: Timestamp,
}

/// A question to policy that owns what it is about.
#[derive(Debug, Clone)]
pub struct Asked {
    incident: Incident,
    plan: Plan,
    specs: Vec<ActionSpec>,
    previews: Vec<Preview>,
    rehearsal: RehearsalEvidence,
    at: Timestamp,
    assurance: Assurance,
    categories: Vec<FailureCategory>,
    site: Site,
    activity: Activity,
    effect: EffectClass,
}

impl Asked {
    /// Reads one of the forms of the [module](self); `name` stands for the text's path in errors.
    ///
    /// # Errors
    /// If it is none of them, with line and what was expected.
    pub fn from_text(name: &str, text: &str, said: &Said) -> Result<Self, LoadError> {
        build::asked(name, document::read(name, text)?, said)
    }

    pub(crate) fn of(name: &str, document: AskedDocument, said: &Said) -> Result<Self, LoadError> {
        build::asked(name, document, said)
    }

    /// Whether the plan may be carried out.
    #[must_use]
    pub fn question(&self) -> PolicyQuestion<'_> {
        PolicyQuestion {
            rehearsal: self.rehearsal,
            at: self.at,
            assurance: &self.assurance,
            categories: &self.categories,
            site: &self.site,
            activity: &self.activity,
            ..PolicyQuestion::new(&self.incident, &self.plan, &self.specs, &self.previews)
        }
    }

    /// Whether the document's `effect`, by default the first step's start, may be sent now.
    #[must_use]
    pub fn moment(&self) -> Moment<'_> {
        Moment {
            incident: &self.incident,
            plan: &self.plan,
            previews: &self.previews,
            step: (self.effect != EffectClass::Rehearse).then_some(0),
            effect: self.effect,
            at: self.at,
            site: &self.site,
            activity: &self.activity,
        }
    }
}

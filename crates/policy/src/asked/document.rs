//! The forms as they are written.

use std::collections::BTreeMap;

use selfheal_core::action::{Reversibility, RiskTier};
use selfheal_core::confidence::Assurance;
use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::plan::{BlastRadius, Preview};
use selfheal_core::ports::{EffectClass, RehearsalEvidence};
use selfheal_core::resource::Environment;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::value::{GivenParameter, Target};
use crate::error::LoadError;
use crate::yaml;

pub(crate) type Word = Spanned<String>;

/// A plan and its circumstances, in any of the forms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedDocument {
    pub(super) environment: Option<Environment>,
    pub(super) resource: Option<Word>,
    #[serde(default)]
    pub(super) severity: Severity,
    #[serde(default)]
    pub(super) facts: Facts,
    pub(super) rehearsal: Option<Word>,
    pub(super) rehearsed: Option<bool>,
    pub(super) at: Option<Word>,
    pub(super) confidence: Option<f64>,
    #[serde(default)]
    pub(super) categories: Vec<Word>,
    #[serde(default)]
    pub(super) activity: Vec<EarlierDocument>,
    pub(super) effect: Option<EffectClass>,
    pub(super) steps: Option<Spanned<Vec<StepDocument>>>,

    // The only step, where there is no `steps`.
    pub(super) kind: Option<Word>,
    pub(super) target: Option<Target>,
    pub(super) text: Option<String>,
    pub(super) parameters: Option<BTreeMap<String, Spanned<GivenParameter>>>,
    pub(super) changes: Option<Vec<ChangeDocument>>,
    pub(super) blast_radius: Option<BlastRadius>,
    pub(super) reversibility: Option<Reversibility>,
    pub(super) risk: Option<RiskTier>,

    // What programs write beside the steps.
    pub(super) previews: Option<Spanned<Vec<Preview>>>,
    pub(super) decision: Option<DecisionDocument>,
    pub(super) rehearsal_evidence: Option<RehearsalEvidence>,
    /// Tells a recorded plan, whose `confidence` and `rehearsal` are no evidence but words about it.
    pub(super) rationale: Option<String>,
    #[serde(rename = "source")]
    _source: Option<IgnoredAny>,
    #[serde(rename = "hash")]
    _hash: Option<IgnoredAny>,
    #[serde(rename = "result")]
    _result: Option<IgnoredAny>,
    #[serde(rename = "reason")]
    _reason: Option<IgnoredAny>,
}

/// One step: core's, `heal show`'s, or the short form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepDocument {
    pub(super) action: Option<ActionDocument>,
    #[serde(rename = "criteria")]
    _criteria: Option<IgnoredAny>,
    #[serde(rename = "compensation")]
    _compensation: Option<IgnoredAny>,
    #[serde(rename = "retry")]
    _retry: Option<IgnoredAny>,

    pub(super) kind: Option<Word>,
    pub(super) target: Option<Target>,
    pub(super) resource: Option<Word>,
    pub(super) text: Option<String>,
    pub(super) parameters: Option<BTreeMap<String, Spanned<GivenParameter>>>,
    pub(super) changes: Option<Vec<ChangeDocument>>,
    pub(super) blast_radius: Option<BlastRadius>,
    pub(super) reversibility: Option<Reversibility>,
    pub(super) risk: Option<RiskTier>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionDocument {
    pub(super) kind: Word,
    pub(super) target: Target,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Spanned<GivenParameter>>,
}

/// One thing that a step changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeDocument {
    pub(super) what: String,
    #[serde(default)]
    pub(super) diff: String,
}

/// Something that was done before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlierDocument {
    pub(super) ago: Word,
    pub(super) kind: Option<String>,
    pub(super) resource: Option<Word>,
    pub(super) blast_radius: Option<BlastRadius>,
}

/// Of a decision that was recorded, how sure the healer was.
#[derive(Debug, Deserialize)]
pub(super) struct DecisionDocument {
    pub(super) assurance: Option<Assurance>,
}

/// An incident as `heal show --json` prints it; the rest of it says nothing about its plans.
#[derive(Debug, Deserialize)]
struct ShownDocument {
    environment: Option<Environment>,
    resource: Option<Word>,
    #[serde(default)]
    severity: Severity,
    #[serde(default)]
    facts: Facts,
    plans: Spanned<Vec<AskedDocument>>,
    diagnosis: Option<DiagnosisDocument>,
}

#[derive(Debug, Deserialize)]
struct DiagnosisDocument {
    category: Option<Word>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Shape {
    Shown {
        #[serde(rename = "plans")]
        _plans: IgnoredAny,
    },
    Plan(IgnoredAny),
}

impl AskedDocument {
    /// The only step, of a document without `steps`.
    pub(super) fn take_only_step(&mut self) -> StepDocument {
        StepDocument {
            kind: self.kind.take(),
            target: self.target.take(),
            text: self.text.take(),
            parameters: self.parameters.take(),
            changes: self.changes.take(),
            blast_radius: self.blast_radius,
            reversibility: self.reversibility,
            risk: self.risk,
            ..StepDocument::default()
        }
    }
}

/// Reads any of the forms.
pub(super) fn read(name: &str, text: &str) -> Result<AskedDocument, LoadError> {
    match yaml::parse(name, text)? {
        Shape::Shown { .. } => last_plan(name, yaml::parse(name, text)?),
        Shape::Plan(IgnoredAny) => yaml::parse(name, text),
    }
}

fn last_plan(name: &str, shown: ShownDocument) -> Result<AskedDocument, LoadError> {
    let mut plans = shown.plans.value;
    let none = || LoadError::located(name, shown.plans.referenced, "expected a plan, but the incident has none");
    let plan = plans.pop().ok_or_else(none)?;
    Ok(AskedDocument {
        environment: plan.environment.or(shown.environment),
        resource: plan.resource.or(shown.resource),
        severity: shown.severity,
        facts: shown.facts,
        categories: shown.diagnosis.and_then(|diagnosis| diagnosis.category).into_iter().collect(),
        ..plan
    })
}

//! Plans that the rules say different things about.

use std::collections::BTreeMap;

use selfheal_core::action::{Action, ActionSpec, Parameter, ParameterType, Value};
use selfheal_core::confidence::{Assurance, Confidence};
use selfheal_core::diagnosis::Source;
use selfheal_core::evidence::Untrusted;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{PolicyQuestion, RehearsalEvidence};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::time::Timestamp;

use super::{KINDS, Random, WORDS};
use crate::Failed;

/// A plan and all that policy is told of it.
#[derive(Debug)]
pub struct Asked {
    incident: Incident,
    plan: Plan,
    specs: Vec<ActionSpec>,
    previews: Vec<Preview>,
    assurance: Assurance,
    rehearsal: RehearsalEvidence,
}

impl Asked {
    /// A random plan of so many steps.
    ///
    /// # Errors
    /// A defect: an action that doesn't fit its spec.
    pub fn random(steps: usize, random: &mut Random) -> Result<Self, Failed> {
        let resource = ResourceRef::new("local", "pipeline", &name(random));
        let specs = standard_specs();
        let kinds = (0..steps).map(|_| random.pick(&KINDS).0);
        let specs: Vec<ActionSpec> =
            kinds.filter_map(|kind| specs.iter().find(|spec| spec.kind.as_str() == kind).cloned()).collect();
        let mut planned = Vec::with_capacity(steps);
        for spec in &specs {
            planned.push(step(spec, &resource, random)?);
        }
        let lower = Confidence::new(f64::from(random.below(1_001) as u32) / 1e3);
        Ok(Self {
            incident: incident(resource, random),
            plan: Plan {
                steps: planned,
                rationale: String::new(),
                source: Source::Nothing,
                confidence: Confidence::NONE,
            },
            previews: specs.iter().map(preview).collect(),
            specs,
            assurance: Assurance { mean: lower, lower },
            rehearsal: *random.pick(&[
                RehearsalEvidence::Verified,
                RehearsalEvidence::InPlace,
                RehearsalEvidence::Pending,
            ]),
        })
    }

    /// The same, once its rehearsal is verified.
    #[must_use]
    pub fn verified(self) -> Self {
        Self { rehearsal: RehearsalEvidence::Verified, ..self }
    }

    /// What policy is asked.
    #[must_use]
    pub fn question(&self) -> PolicyQuestion<'_> {
        let new = PolicyQuestion::new(&self.incident, &self.plan, &self.specs, &self.previews);
        PolicyQuestion { assurance: &self.assurance, rehearsal: self.rehearsal, ..new }
    }
}

fn name(random: &mut Random) -> String {
    let words: Vec<&str> = (0..1 + random.below(3)).map(|_| *random.pick(&WORDS)).collect();
    words.join("-")
}

fn step(spec: &ActionSpec, resource: &ResourceRef, random: &mut Random) -> Result<Step, Failed> {
    let mut parameters = BTreeMap::new();
    for parameter in spec.parameters.iter().filter(|parameter| parameter.required) {
        let value = match parameter.parameter_type {
            ParameterType::Flag => Value::Flag(true),
            ParameterType::Integer => Value::Integer(random.below(100) as i64),
            ParameterType::Text => Value::Text(name(random)),
        };
        parameters.insert(parameter.name.to_string(), sourced(value, random));
    }
    Ok(Step {
        action: Action::for_tests(spec, resource.clone(), parameters.into_iter().collect())?,
        criteria: Vec::new(),
        compensation: Compensation::Undo,
        retry: StepRetry::ONCE,
    })
}

fn sourced(value: Value, random: &mut Random) -> Parameter {
    let text = match &value {
        Value::Text(text) => Some(Untrusted::new(text.clone())),
        Value::Flag(_) | Value::Integer(_) => None,
    };
    let members = std::slice::from_ref(&value);
    let selected = text.and_then(|text| Parameter::selected("log", &text, "rows", members));
    match (random.below(3), selected) {
        (0, Some(selected)) => selected,
        (1, _) => Parameter::observed("rows", value),
        _ => Parameter::configured("runbook", value),
    }
}

fn preview(spec: &ActionSpec) -> Preview {
    let manifest = spec.parameters.iter().any(|parameter| parameter.name == "manifest");
    let change =
        || Change { what: "package.json".to_owned(), before: None, after: None, diff: "+  \"a\": \"^2\"\n".to_owned() };
    Preview {
        summary: String::new(),
        changes: if manifest { vec![change()] } else { Vec::new() },
        fences: Vec::new(),
        blast_radius: BlastRadius {
            resources: 1,
            changes: u32::from(manifest),
            lines_added: u32::from(manifest),
            lines_removed: 0,
        },
        undo_hash: None,
        reversibility: spec.reversibility,
    }
}

fn incident(resource: ResourceRef, random: &mut Random) -> Incident {
    let environments = [Environment::Dev, Environment::Staging, Environment::Production];
    let severities = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::from_hex("00"),
        resource,
        environment: random.pick(&environments).clone(),
        severity: *random.pick(&severities),
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

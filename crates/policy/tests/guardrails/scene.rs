//! Plans, previews and documents to decide about.

use std::collections::BTreeMap;

use selfheal_core::action::{Action, ActionSpec, Parameter, Value};
use selfheal_core::confidence::{Assurance, Confidence};
use selfheal_core::decision::Decision;
use selfheal_core::diagnosis::Source;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{Activity, EffectClass, Moment, PolicyQuestion, RehearsalEvidence, Site};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::time::Timestamp;
use selfheal_policy::guardrails::Guardrails;

/// A plan of one step, to be changed.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) incident: Incident,
    pub(crate) plan: Plan,
    pub(crate) specs: Vec<ActionSpec>,
    pub(crate) previews: Vec<Preview>,
    pub(crate) rehearsal: RehearsalEvidence,
    pub(crate) confidence: f64,
    pub(crate) at: Timestamp,
    pub(crate) activity: Activity,
    pub(crate) site: Site,
}

/// Changes these files, each with its diff.
pub(crate) fn case(environment: Environment, kind: &str, files: &[(&str, &str)]) -> Case {
    let path = files.first().map(|(path, _)| *path);
    with_parameters(environment, kind, files, required(&spec(kind), path))
}

/// The same, with exactly these parameters.
pub(crate) fn with_parameters(
    environment: Environment,
    kind: &str,
    files: &[(&str, &str)],
    parameters: BTreeMap<String, Parameter>,
) -> Case {
    let (resource, spec) = (ResourceRef::new("local", "pipeline", "shop"), spec(kind));
    let step = Step {
        action: Action::for_tests(&spec, resource.clone(), parameters.into_iter().collect()).unwrap(),
        criteria: Vec::new(),
        compensation: Compensation::Undo,
        retry: StepRetry::ONCE,
    };
    let (rationale, source, confidence) = (String::new(), Source::Nothing, Confidence::NONE);
    Case {
        incident: incident(resource, environment),
        previews: vec![preview(&spec, files)],
        plan: Plan { steps: vec![step], rationale, source, confidence },
        specs: vec![spec],
        rehearsal: RehearsalEvidence::Verified,
        confidence: 0.0,
        at: Timestamp::default(),
        activity: Activity::NONE,
        site: Site::default(),
    }
}

pub(crate) fn spec(kind: &str) -> ActionSpec {
    standard_specs().into_iter().find(|spec| spec.kind.as_str() == kind).unwrap()
}

fn required(spec: &ActionSpec, path: Option<&str>) -> BTreeMap<String, Parameter> {
    let required = spec.parameters.iter().filter(|parameter| parameter.required);
    let value = |name: &str| match name {
        "path" | "manifest" => Value::Text(path.unwrap_or("x").to_owned()),
        "attempts" | "line" => Value::Integer(1),
        sized if sized.ends_with("bytes") || sized.ends_with("_ms") => Value::Integer(1),
        _ => Value::Text("x".into()),
    };
    let all = required.map(|one| (one.name.to_string(), Parameter::configured("test", value(&one.name))));
    all.collect()
}

fn preview(spec: &ActionSpec, files: &[(&str, &str)]) -> Preview {
    let change = |(what, diff): &(&str, &str)| Change {
        what: (*what).to_owned(),
        before: None,
        after: None,
        diff: (*diff).to_owned(),
    };
    Preview {
        summary: String::new(),
        changes: files.iter().map(change).collect(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: spec.reversibility,
    }
}

fn incident(resource: ResourceRef, environment: Environment) -> Incident {
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::from_hex("00"),
        resource,
        environment,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

impl Case {
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&PolicyQuestion<'_>) -> T) -> T {
        let confidence = Confidence::new(self.confidence);
        let question = PolicyQuestion {
            rehearsal: self.rehearsal,
            assurance: &Assurance { mean: confidence, lower: confidence },
            at: self.at,
            activity: &self.activity,
            site: &self.site,
            ..PolicyQuestion::new(&self.incident, &self.plan, &self.specs, &self.previews)
        };
        ask(&question)
    }

    pub(crate) fn decision(&self, guardrails: &Guardrails) -> Decision {
        self.ask(|question| guardrails.decision(question))
    }

    pub(crate) fn moment(&self, effect: EffectClass) -> Moment<'_> {
        Moment {
            incident: &self.incident,
            plan: &self.plan,
            previews: &self.previews,
            step: (effect != EffectClass::Rehearse).then_some(0),
            effect,
            at: self.at,
            site: &self.site,
            activity: &self.activity,
        }
    }

    /// The same step once more.
    pub(crate) fn and_again(mut self) -> Self {
        self.plan.steps.push(self.plan.steps[0].clone());
        self.specs.push(self.specs[0].clone());
        self.previews.push(self.previews[0].clone());
        self
    }

    pub(crate) fn rehearsed(mut self, rehearsal: RehearsalEvidence) -> Self {
        self.rehearsal = rehearsal;
        self
    }

    pub(crate) fn sure(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    pub(crate) fn at(mut self, instant: &str) -> Self {
        self.at = at(instant);
        self
    }
}

pub(crate) fn at(instant: &str) -> Timestamp {
    let instant: jiff::Timestamp = instant.parse().unwrap();
    Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
}

/// A document of this name with these sections, and an example that holds whatever they say.
pub(crate) fn document(name: &str, sections: &str) -> String {
    let example = "{name: hooks, given: {kind: edit_file, environment: dev, target: .git/hooks/x}, expect: deny}";
    format!("schema: selfheal.dev/guardrails/v1\nname: {name}\nversion: 1\n{sections}\nexamples:\n  - {example}\n")
}

/// Guardrails of one such document.
pub(crate) fn guardrails(sections: &str) -> Guardrails {
    Guardrails::from_text("p.yaml", &document("p", sections)).unwrap()
}

/// A rule that allows everything, and these.
pub(crate) fn allowing_but(rules: &str) -> String {
    format!("rules:\n  - {{id: all, effect: allow, kinds: ['*'], because: 'for the test'}}\n{rules}")
}

pub(crate) const PATCH: &[(&str, &str)] = &[("package.json", "+    \"react-dom\": \"^19.0.0\"")];

//! A plan of some steps about one pipeline, and what is known of it.

use std::collections::BTreeMap;

use selfheal_core::action::{Action, ActionKind, ActionSpec, Parameter, ParameterType, Reversibility, Value};
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::Confidence;
use selfheal_core::decision::Decision;
use selfheal_core::diagnosis::Source;
use selfheal_core::facts::Facts;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId, Severity};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{PolicyEngine, PolicyQuestion, RehearsalEvidence};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_core::time::Timestamp;

pub(crate) struct Scene {
    pub(crate) incident: Incident,
    pub(crate) plan: Plan,
    pub(crate) specs: Vec<ActionSpec>,
    pub(crate) previews: Vec<Preview>,
    pub(crate) categories: Vec<FailureCategory>,
}

impl Scene {
    /// A plan of these kinds about the pipeline `shop` in staging; those that have a manifest change it.
    pub(crate) fn of(kinds: &[&str]) -> Self {
        let resource = ResourceRef::new("local", "pipeline", "shop");
        let specs: Vec<ActionSpec> = kinds.iter().map(|kind| spec(kind)).collect();
        let steps = specs.iter().map(|spec| Step {
            action: Action::for_tests(spec, resource.clone(), parameters(spec).into_iter().collect()).unwrap(),
            criteria: Vec::new(),
            compensation: Compensation::Undo,
            retry: StepRetry::ONCE,
        });
        let plan = Plan {
            steps: steps.collect(),
            rationale: String::new(),
            source: Source::Nothing,
            confidence: Confidence::NONE,
        };
        let previews = specs.iter().map(preview).collect();
        Self { incident: incident(resource), plan, specs, previews, categories: Vec::new() }
    }

    #[allow(dead_code, reason = "of two test programs one asks for it")]
    pub(crate) fn about(mut self, categories: &[FailureCategory]) -> Self {
        self.categories = categories.to_vec();
        self
    }

    pub(crate) async fn decided_by(&self, engine: &dyn PolicyEngine, rehearsal: RehearsalEvidence) -> Decision {
        let Self { incident, plan, specs, previews, categories } = self;
        let new = PolicyQuestion::new(incident, plan, specs, previews);
        engine.decide(&PolicyQuestion { rehearsal, categories, ..new }).await.unwrap()
    }
}

pub(crate) fn spec(kind: &str) -> ActionSpec {
    standard_specs()
        .into_iter()
        .find(|spec| spec.kind.as_str() == kind)
        .unwrap_or_else(|| ActionSpec::new(ActionKind::named(kind)))
}

fn parameters(spec: &ActionSpec) -> BTreeMap<String, Parameter> {
    let value = |parameter_type| match parameter_type {
        ParameterType::Flag => Value::Flag(true),
        ParameterType::Integer => Value::Integer(1),
        ParameterType::Text => Value::Text("package.json".to_owned()),
    };
    let required = spec.parameters.iter().filter(|parameter| parameter.required);
    required
        .map(|parameter| (parameter.name.to_string(), Parameter::configured("test", value(parameter.parameter_type))))
        .collect()
}

fn preview(spec: &ActionSpec) -> Preview {
    let manifest = spec.parameters.iter().any(|parameter| ["manifest", "path"].contains(&parameter.name.as_ref()));
    let change = || Change {
        what: "package.json".to_owned(),
        before: None,
        after: None,
        diff: "--- a\n+++ b\n-  \"left-pad\": \"^1\"\n+  \"left-pad\": \"^2\"\n".to_owned(),
    };
    Preview {
        summary: String::new(),
        changes: if manifest { vec![change()] } else { Vec::new() },
        fences: Vec::new(),
        blast_radius: BlastRadius { resources: 1, changes: u32::from(manifest), lines_added: 1, lines_removed: 1 },
        undo_hash: None,
        reversibility: if manifest { spec.reversibility } else { Reversibility::Undoable.min(spec.reversibility) },
    }
}

fn incident(resource: ResourceRef) -> Incident {
    Incident {
        id: IncidentId::new("inc-1"),
        fingerprint: Fingerprint::from_hex("00"),
        resource,
        environment: Environment::Staging,
        severity: Severity::Error,
        facts: Facts::new(),
        evidence: Vec::new(),
        observed_at: Timestamp::default(),
        opened_at: Timestamp::default(),
    }
}

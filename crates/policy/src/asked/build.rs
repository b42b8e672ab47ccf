//! From a document to a question.

use std::sync::Arc;

use selfheal_core::action::{Action, ActionKind, ActionSpec, Parameters, Reversibility};
use selfheal_core::category::FailureCategory;
use selfheal_core::confidence::{Assurance, Confidence};
use selfheal_core::diagnosis::Source;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId};
use selfheal_core::plan::{BlastRadius, Change, Compensation, Plan, Preview, Step, StepRetry};
use selfheal_core::ports::{Activity, EffectClass, Effected, RehearsalEvidence, Site};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::spec_of;
use selfheal_core::time::Timestamp;

use super::document::{AskedDocument, ChangeDocument, EarlierDocument, StepDocument, Word};
use super::value::Target;
use super::{Asked, Said};
use crate::error::LoadError;
use crate::guardrails::duration;
use crate::limits;

/// Reads what the document says into core's terms.
pub(super) fn asked(name: &str, mut document: AskedDocument, said: &Said) -> Result<Asked, LoadError> {
    let own = document.resource.as_ref().map(|word| resource(name, word)).transpose()?;
    let steps = steps(name, &mut document)?;
    let mut built = Vec::new();
    for step in steps {
        built.push(Built::of(name, step, own.as_ref())?);
    }
    let at = instant(name, &document)?;
    let at = said.at.or(at).unwrap_or(said.now);
    let environment = said.environment.clone().or_else(|| document.environment.clone()).unwrap_or(Environment::Dev);
    let resource = own.or_else(|| built.first().map(|first| first.step.action.target().clone()));
    let resource = resource.unwrap_or_else(default_resource);
    let site = Site::of(&document.facts);
    let before = Before { name, resource: &resource, site: &site, environment: &environment, at };
    let kind = built.first().map(|first| first.step.action.kind().clone());
    Ok(Asked {
        rehearsal: rehearsal(name, &document, said)?,
        assurance: assurance(&document),
        categories: document.categories.iter().map(|word| category(name, word)).collect::<Result<_, _>>()?,
        activity: before.activity(&document.activity, kind.as_ref())?,
        previews: previews(name, &document, &built)?,
        effect: document.effect.unwrap_or(EffectClass::Apply),
        specs: built.iter().map(|one| one.spec.clone()).collect(),
        plan: Plan {
            steps: built.into_iter().map(|one| one.step).collect(),
            rationale: document.rationale.unwrap_or_default(),
            source: Source::Nothing,
            confidence: Confidence::new(document.confidence.unwrap_or(0.0)),
        },
        incident: Incident {
            id: IncidentId::new("asked"),
            fingerprint: Fingerprint::of(&resource, &document.facts, &[]),
            severity: document.severity,
            facts: document.facts,
            evidence: Vec::new(),
            observed_at: at,
            opened_at: at,
            resource,
            environment,
        },
        at,
        site,
    })
}

/// A step, the spec of its kind, and what it is said to change.
struct Built {
    step: Step,
    spec: ActionSpec,
    preview: Preview,
}

impl Built {
    fn of(name: &str, document: StepDocument, own: Option<&ResourceRef>) -> Result<Self, LoadError> {
        let (kind, target, parameters) = match (document.action, document.kind) {
            (Some(action), None) => (action.kind, Some(action.target), action.parameters),
            (None, Some(kind)) => (kind, document.target, document.parameters.unwrap_or_default()),
            (Some(action), Some(_)) => {
                return Err(LoadError::located(
                    name,
                    action.kind.referenced,
                    "expected either `action` or `kind`, found both",
                ));
            }
            (None, None) => {
                return Err(LoadError::whole(name, "expected `kind`, or `action` as programs write it, in each step"));
            }
        };
        let (path, acts_on) = match target {
            Some(Target::Path(path)) => (Some(path), None),
            Some(Target::Resource(resource)) => (None, Some(resource)),
            None => (None, None),
        };
        let stated = document.resource.as_ref().map(|word| resource(name, word)).transpose()?;
        let target = acts_on.or(stated).or_else(|| own.cloned()).unwrap_or_else(default_resource);
        let mut spec = spec(&kind.value);
        spec.risk = document.risk.unwrap_or(spec.risk);
        spec.reversibility = document.reversibility.unwrap_or(spec.reversibility);
        for (parameter, given) in &parameters {
            let fits = known(&spec, parameter);
            fits.map_err(|problem| LoadError::located(name, given.referenced, problem))?;
        }
        let parameters = parameters.into_iter().map(|(parameter, given)| (parameter, given.value.0)).collect();
        let action = action(name, &kind, &target, parameters)?;
        let changes = changes(path, document.text, document.changes.unwrap_or_default(), &target);
        Ok(Self {
            preview: preview(changes, document.blast_radius, spec.reversibility),
            step: Step {
                criteria: Vec::new(),
                compensation: compensation(&spec),
                retry: StepRetry::of(&action),
                action,
            },
            spec,
        })
    }
}

/// The document's steps; one that has none is a step itself.
fn steps(name: &str, document: &mut AskedDocument) -> Result<Vec<StepDocument>, LoadError> {
    let Some(steps) = document.steps.take() else {
        if document.kind.is_none() {
            return Err(LoadError::whole(name, "expected a plan: `steps`, or the `kind` of its only step"));
        }
        return Ok(vec![document.take_only_step()]);
    };
    if let Some(kind) = &document.kind {
        return Err(LoadError::located(
            name,
            kind.referenced,
            "expected either `steps` or the keys of one step, found both",
        ));
    }
    if steps.value.is_empty() || steps.value.len() > limits::PLAN_STEPS {
        let problem = format!("expected 1 to {} steps", limits::PLAN_STEPS);
        return Err(LoadError::located(name, steps.referenced, problem));
    }
    Ok(steps.value)
}

fn default_resource() -> ResourceRef {
    ResourceRef::new("local", "pipeline", "pipeline")
}

/// A kind that is none of selfheal's own is a host's: of medium risk, undoable, with parameters that are not known here.
fn spec(kind: &str) -> ActionSpec {
    let kind = ActionKind::named(kind);
    spec_of(&kind).unwrap_or_else(|| ActionSpec::new(kind))
}

/// A misspelt parameter would be one that no rule sees.
fn known(spec: &ActionSpec, parameter: &str) -> Result<(), String> {
    let own = &spec.parameters;
    if own.is_empty() || own.iter().any(|one| one.name == parameter) {
        return Ok(());
    }
    let names: Vec<&str> = own.iter().map(|one| one.name.as_ref()).collect();
    Err(format!("expected a parameter of {}, one of {}, found '{parameter}'", spec.kind, names.join(", ")))
}

/// The one way to an action without an incident is to read it back, as from a journal. It is asked about and never carried out.
fn action(name: &str, kind: &Word, target: &ResourceRef, parameters: Parameters) -> Result<Action, LoadError> {
    let written = serde_json::json!({"kind": kind.value, "target": target, "parameters": parameters});
    serde_json::from_value(written).map_err(|problem| LoadError::located(name, kind.referenced, problem))
}

fn compensation(spec: &ActionSpec) -> Compensation {
    match spec.reversibility {
        Reversibility::Undoable => Compensation::Undo,
        Reversibility::NothingToUndo | Reversibility::Irreversible => Compensation::NothingToUndo,
    }
}

fn changes(path: Option<String>, text: Option<String>, more: Vec<ChangeDocument>, target: &ResourceRef) -> Vec<Change> {
    let added = |text: String| text.lines().map(|line| format!("+{line}\n")).collect();
    let named = (path.is_some() || text.is_some()).then(|| ChangeDocument {
        what: path.unwrap_or_else(|| target.name.to_string()),
        diff: text.map(added).unwrap_or_default(),
    });
    // What `changes` says more about is not another change.
    let named = named.filter(|named| !named.diff.is_empty() || more.iter().all(|one| one.what != named.what));
    let all = named.into_iter().chain(more);
    all.map(|ChangeDocument { what, diff }| Change { what, before: None, after: None, diff }).collect()
}

fn preview(changes: Vec<Change>, blast_radius: Option<BlastRadius>, reversibility: Reversibility) -> Preview {
    Preview {
        summary: String::new(),
        changes,
        fences: Vec::new(),
        blast_radius: blast_radius.unwrap_or_default(),
        undo_hash: None,
        reversibility,
    }
}

/// What executors previewed goes before what the steps say.
fn previews(name: &str, document: &AskedDocument, built: &[Built]) -> Result<Vec<Preview>, LoadError> {
    let Some(previews) = document.previews.as_ref().filter(|previews| !previews.value.is_empty()) else {
        return Ok(built.iter().map(|one| one.preview.clone()).collect());
    };
    if previews.value.len() == built.len() {
        return Ok(previews.value.clone());
    }
    let problem = format!("expected {} previews, one per step, found {}", built.len(), previews.value.len());
    Err(LoadError::located(name, previews.referenced, problem))
}

fn rehearsal(name: &str, document: &AskedDocument, said: &Said) -> Result<RehearsalEvidence, LoadError> {
    if let Some(known) = said.rehearsal.or(document.rehearsal_evidence) {
        return Ok(known);
    }
    let word = match &document.rehearsal {
        Some(word) if document.rationale.is_none() => word,
        _ if document.rehearsed == Some(true) => return Ok(RehearsalEvidence::Verified),
        _ => return Ok(RehearsalEvidence::Pending),
    };
    match word.value.as_str() {
        "pending" => Ok(RehearsalEvidence::Pending),
        "verified" => Ok(RehearsalEvidence::Verified),
        "in_place" => Ok(RehearsalEvidence::InPlace),
        "unsupported" => Ok(RehearsalEvidence::Unsupported),
        other => {
            let problem = format!("expected pending, verified, in_place or unsupported, found '{other}'");
            Err(LoadError::located(name, word.referenced, problem))
        }
    }
}

/// Of a recorded plan what its decision went by; its own `confidence` is a mean, not what it is at least.
fn assurance(document: &AskedDocument) -> Assurance {
    let recorded = document.decision.as_ref().and_then(|decision| decision.assurance);
    let stated = document.confidence.filter(|_| document.rationale.is_none()).map(|least| {
        let least = Confidence::new(least);
        Assurance { mean: least, lower: least }
    });
    recorded.or(stated).unwrap_or(Assurance::NONE)
}

fn category(name: &str, word: &Word) -> Result<FailureCategory, LoadError> {
    let problem = || format!("expected a category of failure such as 'oom_killed', found '{}'", word.value);
    FailureCategory::new(&word.value).ok_or_else(|| LoadError::located(name, word.referenced, problem()))
}

fn resource(name: &str, word: &Word) -> Result<ResourceRef, LoadError> {
    let mut parts = word.value.splitn(3, '/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(system), Some(kind), Some(own)) => Ok(ResourceRef::new(system, kind, own)),
        _ => {
            let problem = format!("expected a resource as 'system/kind/name', found '{}'", word.value);
            Err(LoadError::located(name, word.referenced, problem))
        }
    }
}

fn instant(name: &str, document: &AskedDocument) -> Result<Option<Timestamp>, LoadError> {
    let Some(word) = &document.at else { return Ok(None) };
    let parsed = word.value.parse::<jiff::Timestamp>().ok();
    let millis = parsed.and_then(|instant| u64::try_from(instant.as_millisecond()).ok()).ok_or_else(|| {
        let problem = format!("expected a time such as '2026-12-24T10:00:00+01:00', found '{}'", word.value);
        LoadError::located(name, word.referenced, problem)
    })?;
    Ok(Some(Timestamp::from_millis(millis)))
}

/// Where and when what was done before is counted from.
struct Before<'a> {
    name: &'a str,
    resource: &'a ResourceRef,
    site: &'a Site,
    environment: &'a Environment,
    at: Timestamp,
}

impl Before<'_> {
    fn activity(&self, earlier: &[EarlierDocument], kind: Option<&ActionKind>) -> Result<Activity, LoadError> {
        let mut effects = earlier.iter().map(|one| self.effect(one, kind)).collect::<Result<Vec<_>, _>>()?;
        effects.sort_by_key(|(at, _)| *at);
        Ok(Activity::new(effects))
    }

    fn effect(
        &self,
        earlier: &EarlierDocument,
        kind: Option<&ActionKind>,
    ) -> Result<(Timestamp, Arc<Effected>), LoadError> {
        let ago = duration::parse(&earlier.ago.value);
        let ago = ago.map_err(|problem| LoadError::located(self.name, earlier.ago.referenced, problem))?;
        let at = self.at.as_millis().saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
        let other = earlier.resource.as_ref().map(|word| resource(self.name, word)).transpose()?;
        let named = earlier.kind.as_deref().map(ActionKind::named).or_else(|| kind.cloned());
        let effected = Effected {
            incident: IncidentId::new("earlier"),
            resource: other.unwrap_or_else(|| self.resource.clone()),
            site: self.site.clone(),
            environment: self.environment.clone(),
            kind: named.unwrap_or_else(|| ActionKind::named("")),
            blast_radius: earlier.blast_radius.unwrap_or(BlastRadius {
                resources: 1,
                changes: 1,
                ..BlastRadius::default()
            }),
        };
        Ok((Timestamp::from_millis(at), Arc::new(effected)))
    }
}

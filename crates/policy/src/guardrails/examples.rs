//! Examples: cases that must come out as their author says, or the document is refused.

use std::cell::OnceCell;
use std::sync::Arc;

use selfheal_core::action::{ActionKind, ActionSpec, Parameter, Parameters, Provenance};
use selfheal_core::decision::{Clearance, Verdict};
use selfheal_core::facts::Facts;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{BlastRadius, Change, Preview};
use selfheal_core::ports::{Activity, EffectClass, Effected, Site};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::spec_of;
use selfheal_core::time::Timestamp;

use super::budget::{Demand, Need};
use super::case::{Case, Step};
use super::document::{
    Class, EarlierDocument, ExampleDocument, Expected, GivenDocument, GivenParameter, GivenValue, Word,
};
use super::standing::Effect;
use super::{Guardrails, duration, explain, measure, verdicts::Verdicts};
use crate::error::LoadError;

/// When an example plays that doesn't say: 2001-09-12T12:00:00Z. Long enough after the beginning of time for things to have been done
/// before, and in the middle of a week, of which windows mostly speak of the end.
const A_WEDNESDAY_NOON: Timestamp = Timestamp::from_millis(1_000_296_000_000);

/// Refuses the document if the example comes out otherwise: its author meant something else than it says.
pub(crate) fn hold(path: &str, guardrails: &Guardrails, example: &ExampleDocument) -> Result<(), LoadError> {
    let played = Played::of(path, example)?;
    let (gets, why) = played.outcome(guardrails, example.expect);
    if gets == example.expect {
        return Ok(());
    }
    let moment = played.moment(example);
    let problem = format!("example '{}' expects {} but gets {gets}{moment}: {why}", example.name.value, example.expect);
    Err(LoadError::located(path, example.name.referenced, problem))
}

/// An example as the question that it stands for.
struct Played {
    kind: ActionKind,
    environment: String,
    resource: ResourceRef,
    parameters: Parameters,
    spec: ActionSpec,
    preview: Preview,
    rehearsed: bool,
    severity: selfheal_core::incident::Severity,
    confidence: f64,
    facts: Facts,
    site: Site,
    activity: Activity,
    at: Timestamp,
    effect: EffectClass,
}

impl Played {
    fn of(path: &str, example: &ExampleDocument) -> Result<Self, LoadError> {
        let given = &example.given;
        let kind = ActionKind::named(&given.kind);
        let mut spec = spec_of(&kind).unwrap_or_else(|| ActionSpec::new(kind.clone()));
        spec.risk = given.risk.unwrap_or(spec.risk);
        spec.reversibility = given.reversibility.unwrap_or(spec.reversibility);
        let resource = given.resource.as_ref().map(|word| resource(path, word)).transpose()?;
        let resource = resource.unwrap_or_else(|| ResourceRef::new("local", "pipeline", "pipeline"));
        let at = given.at.as_ref().map(|word| instant(path, word)).transpose()?;
        let at = at.unwrap_or(A_WEDNESDAY_NOON);
        let site = Site::of(&given.facts);
        Ok(Self {
            activity: activity(path, given, &resource, &site, at)?,
            preview: preview(given, spec.reversibility),
            parameters: given.parameters.iter().map(|(name, value)| (name.clone(), parameter(value))).collect(),
            environment: given.environment.clone(),
            rehearsed: given.rehearsed,
            severity: given.severity,
            confidence: given.confidence,
            facts: given.facts.clone(),
            effect: given.effect.unwrap_or(EffectClass::Apply),
            resource,
            kind,
            spec,
            site,
            at,
        })
    }

    fn case(&self) -> Case<'_> {
        let step = Step {
            kind: &self.kind,
            target: &self.resource,
            parameters: &self.parameters,
            risk: self.spec.risk,
            reversibility: self.spec.reversibility,
            preview: &self.preview,
            rehearsed: self.rehearsed,
        };
        Case {
            environment: &self.environment,
            severity: self.severity,
            site: &self.site,
            facts: &self.facts,
            at: self.at,
            confidence: self.confidence,
            activity: &self.activity,
            steps: vec![step],
            pending: false,
            reach: OnceCell::new(),
        }
    }

    /// For people: when it played, where its author left that open.
    fn moment(&self, example: &ExampleDocument) -> String {
        let millis = i64::try_from(self.at.as_millis()).ok().filter(|_| example.given.at.is_none());
        let instant = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
        instant.map_or_else(String::new, |instant| format!(" (without 'at', it plays at {instant}, a Wednesday)"))
    }

    fn outcome(&self, guardrails: &Guardrails, expected: Expected) -> (Expected, String) {
        if matches!(expected, Expected::Clear | Expected::Hold | Expected::Stop) {
            return match self.clearance(guardrails) {
                Clearance::Clear => (Expected::Clear, "nothing stands in the way".to_owned()),
                Clearance::Hold { because, .. } => (Expected::Hold, because),
                Clearance::Stop { because } => (Expected::Stop, because),
            };
        }
        let case = self.case();
        let said = Verdicts::of(&guardrails.index, &guardrails.standing.budgets, &case);
        let gets = match said.verdict() {
            Verdict::Allow => Expected::Allow,
            Verdict::RequireApproval => Expected::RequireApproval,
            Verdict::Propose => Expected::Propose,
            Verdict::Deny => Expected::Deny,
        };
        (gets, explain::decision(guardrails, &case, &said).rationale)
    }

    fn clearance(&self, guardrails: &Guardrails) -> Clearance {
        let needs = [Need { kind: self.kind.as_str(), target: &self.resource, reach: measure::step(&self.preview) }];
        let kinds = [self.kind.as_str()];
        let (environment, resource) = (self.environment.as_str(), &self.resource);
        let effect = Effect { class: self.effect, kinds: &kinds, environment, resource };
        let demand = Demand { needs: &needs, environment, site: &self.site, activity: &self.activity, at: self.at };
        guardrails.standing.clearance(&effect, &demand)
    }
}

fn preview(given: &GivenDocument, reversibility: selfheal_core::action::Reversibility) -> Preview {
    let added = |text: &String| text.lines().map(|line| format!("+{line}\n")).collect::<String>();
    let change = |what: &str, diff: String| Change { what: what.to_owned(), before: None, after: None, diff };
    let mut changes: Vec<Change> = given.changes.iter().map(|one| change(&one.what, one.diff.clone())).collect();
    if given.target.is_some() || given.text.is_some() {
        let diff = given.text.as_ref().map(added).unwrap_or_default();
        changes.insert(0, change(given.target.as_deref().unwrap_or("pipeline"), diff));
    }
    Preview {
        summary: String::new(),
        changes,
        fences: Vec::new(),
        blast_radius: given.blast_radius.unwrap_or_default(),
        undo_hash: None,
        reversibility,
    }
}

fn parameter(given: &GivenValue) -> Parameter {
    let by = "example".to_owned();
    match given {
        GivenValue::Plain(value) => Parameter::configured(&by, value.clone()),
        GivenValue::With(GivenParameter { value, provenance }) => {
            let mut parameter = Parameter::configured(&by, value.clone());
            parameter.provenance = match provenance {
                Class::Configured => Provenance::Configured { by },
                Class::Observed => Provenance::Observed { by },
                Class::Extracted => Provenance::Extracted { set: by.clone(), by },
                Class::Model => Provenance::Model { by },
            };
            parameter
        }
    }
}

fn activity(
    path: &str,
    given: &GivenDocument,
    resource: &ResourceRef,
    site: &Site,
    at: Timestamp,
) -> Result<Activity, LoadError> {
    let effect = |earlier: &EarlierDocument| {
        let ago = duration::parse(&earlier.ago.value);
        let ago = ago.map_err(|problem| LoadError::located(path, earlier.ago.referenced, problem))?;
        let own = earlier.resource.as_ref().map(|word| self::resource(path, word)).transpose()?;
        let when = at.as_millis().saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
        let effected = Effected {
            incident: IncidentId::new("example"),
            resource: own.unwrap_or_else(|| resource.clone()),
            site: site.clone(),
            environment: environment(&given.environment),
            kind: earlier.kind.as_deref().map_or_else(|| ActionKind::named(&given.kind), ActionKind::named),
            blast_radius: earlier.blast_radius.unwrap_or(BlastRadius {
                resources: 1,
                changes: 1,
                ..BlastRadius::default()
            }),
        };
        Ok((Timestamp::from_millis(when), Arc::new(effected)))
    };
    let mut effects = given.activity.iter().map(effect).collect::<Result<Vec<_>, LoadError>>()?;
    effects.sort_by_key(|(when, _)| *when);
    Ok(Activity::new(effects))
}

fn environment(name: &str) -> Environment {
    match name {
        "dev" => Environment::Dev,
        "staging" => Environment::Staging,
        "production" => Environment::Production,
        other => Environment::Other(other.to_owned()),
    }
}

fn resource(path: &str, word: &Word) -> Result<ResourceRef, LoadError> {
    let mut parts = word.value.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(system), Some(kind), Some(name)) => Ok(ResourceRef::new(system, kind, name)),
        _ => Err(LoadError::located(path, word.referenced, "expected a resource as 'system/kind/name'")),
    }
}

fn instant(path: &str, word: &Word) -> Result<Timestamp, LoadError> {
    let parsed = word.value.parse::<jiff::Timestamp>().ok();
    let millis = parsed.and_then(|instant| u64::try_from(instant.as_millisecond()).ok());
    millis.map(Timestamp::from_millis).ok_or_else(|| {
        let problem = format!("expected a time such as '2026-12-24T10:00:00+01:00', found '{}'", word.value);
        LoadError::located(path, word.referenced, problem)
    })
}

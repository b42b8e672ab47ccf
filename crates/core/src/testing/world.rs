//! A small world of keys and values, and an executor that changes it with fences and undo.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::action::Reversibility;
use crate::action::{
    Action, ActionKind, ActionSpec, Parameter, ParameterType, Parameters, Provenance, RiskTier, Value,
};
use crate::category::FailureCategory;
use crate::criterion::SuccessCriterion;
use crate::diagnosis::{ActionTemplate, Hypothesis, ParameterSource, Remedy, RootCause, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::Untrusted;
use crate::facts::Facts;
use crate::incident::IncidentId;
use crate::plan::{BlastRadius, Change, Compensation, Fence, Preview, Step, StepRetry};
use crate::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use crate::resource::ResourceRef;

/// The kind that [`FakeExecutor`] performs: sets `key` to `value`.
pub const SET_VALUE: ActionKind = ActionKind::custom("set_value");

/// Keys and values, shared between a test and the executor.
#[derive(Debug, Clone, Default)]
pub struct FakeWorld(Arc<Mutex<BTreeMap<String, String>>>);

impl FakeWorld {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.lock().get(key).cloned()
    }

    /// Sets `key`, as somebody else would.
    pub fn set(&self, key: &str, value: &str) {
        self.lock().insert(key.to_owned(), value.to_owned());
    }

    /// All of it.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, String> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes a [`FakeWorld`]; system `fake`.
#[derive(Debug)]
pub struct FakeExecutor {
    world: FakeWorld,
    kinds: Vec<ActionSpec>,
    rehearsal: Mutex<Vec<Rehearsal>>,
    failures: Mutex<Vec<Option<Error>>>,
    before: Mutex<BTreeMap<(IncidentId, usize), Option<String>>>,
    applies: Mutex<Vec<String>>,
}

impl FakeExecutor {
    /// An executor over `world`.
    #[must_use]
    pub fn new(world: FakeWorld) -> Self {
        let spec = ActionSpec::new(SET_VALUE)
            .requires("key", ParameterType::Text)
            .requires("value", ParameterType::Text)
            .rated(RiskTier::Medium, Reversibility::Undoable);
        Self {
            world,
            kinds: vec![spec],
            rehearsal: Mutex::default(),
            failures: Mutex::default(),
            before: Mutex::default(),
            applies: Mutex::default(),
        }
    }

    /// What the next rehearsals say, in order; past them, verified.
    #[must_use]
    pub fn rehearsing(self, outcomes: Vec<Rehearsal>) -> Self {
        *held(&self.rehearsal) = outcomes.into_iter().rev().collect();
        self
    }

    /// What the next applications answer, in order (`None`: they work); past them, they work.
    #[must_use]
    pub fn failing(self, failures: Vec<Option<Error>>) -> Self {
        *held(&self.failures) = failures.into_iter().rev().collect();
        self
    }

    /// What was applied, in order, as `key=value`.
    #[must_use]
    pub fn applied(&self) -> Vec<String> {
        held(&self.applies).clone()
    }

    fn wanted<'a>(work: &'a Work<'_>, step: usize) -> Result<(&'a str, &'a str)> {
        let action = work.steps.get(step).map(|step| &step.action);
        let pair = action.and_then(|action| Some((action.text("key")?, action.text("value")?)));
        pair.ok_or_else(|| Error::new(ErrorKind::Invalid, "fake", "expected a set_value step"))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Executor for FakeExecutor {
    fn system(&self) -> &str {
        "fake"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let mut ahead = self.world.snapshot();
        (0..work.steps.len())
            .map(|step| {
                let (key, value) = Self::wanted(work, step)?;
                let before = ahead.insert(key.to_owned(), value.to_owned());
                Ok(preview(key, before, value))
            })
            .collect()
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(held(&self.rehearsal).pop().unwrap_or(Rehearsal::Verified { facts: Facts::new() }))
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _attempt: u32) -> Result<()> {
        if let Some(Some(error)) = held(&self.failures).pop() {
            return Err(error);
        }
        let (key, value) = Self::wanted(work, step)?;
        let now = self.world.get(key);
        let fenced =
            work.previews.get(step).and_then(|preview| preview.fences.first()).map(|fence| fence.version.clone());
        if fenced.as_ref() != Some(&now) {
            return Err(
                Error::new(ErrorKind::Conflict, "fake.apply", "changed since the preview").with_context("key", key)
            );
        }
        held(&self.before).insert((work.incident.clone(), step), now);
        self.world.set(key, value);
        held(&self.applies).push(format!("{key}={value}"));
        Ok(())
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let (key, value) = Self::wanted(work, step)?;
        let before =
            work.previews.get(step).and_then(|preview| preview.fences.first()).and_then(|fence| fence.version.clone());
        Ok(match self.world.get(key) {
            now if now == before => EffectStatus::Absent,
            Some(now) if now == value => EffectStatus::Applied,
            _ => EffectStatus::Diverged,
        })
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let (key, value) = Self::wanted(work, step)?;
        let at = (work.incident.clone(), step);
        let Some(before) = held(&self.before).get(&at).cloned() else { return Ok(Undone::Nothing) };
        let now = self.world.get(key);
        if now != before && now.as_deref() != Some(value) {
            return Ok(Undone::ForeignChange { what: key.to_owned() });
        }
        match before {
            Some(before) => self.world.set(key, &before),
            None => drop(self.world.lock().remove(key)),
        }
        Ok(Undone::Restored)
    }

    async fn settle(&self, incident: &IncidentId) -> Result<()> {
        held(&self.before).retain(|(of, _), _| of != incident);
        Ok(())
    }
}

fn preview(key: &str, before: Option<String>, value: &str) -> Preview {
    Preview {
        summary: format!("{key} becomes {value}"),
        changes: vec![Change {
            what: key.to_owned(),
            before: before.clone(),
            after: Some(value.to_owned()),
            diff: format!("-{}\n+{value}", before.as_deref().unwrap_or_default()),
        }],
        fences: vec![Fence { what: key.to_owned(), version: before }],
        blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 1 },
        undo_hash: None,
        reversibility: Reversibility::Undoable,
    }
}

/// A step that sets `key` to `value` and succeeds when the probe `healthy` says so.
///
/// # Errors
/// Never for text within the bounds of a parameter.
pub fn set_value(target: &ResourceRef, key: &str, value: &str) -> Result<Step, crate::action::InvalidAction> {
    let text = |text: &str| Parameter {
        value: Value::Text(text.to_owned()),
        provenance: Provenance::Configured { by: "test".to_owned() },
    };
    let parameters = Parameters::from([("key".to_owned(), text(key)), ("value".to_owned(), text(value))]);
    let executor = FakeExecutor::new(FakeWorld::default());
    Ok(Step {
        action: Action::for_tests(&executor.kinds[0], target.clone(), parameters)?,
        criteria: vec![SuccessCriterion::Probe("healthy".to_owned())],
        compensation: Compensation::Undo,
        retry: StepRetry::ONCE,
    })
}

/// A failure that is explained by a wrong value, and mended by setting `key` to `value`.
#[must_use]
pub fn wrong_value(key: &str, value: &str) -> Hypothesis {
    let text = |text: &str| ParameterSource::Value(Value::Text(text.to_owned()));
    let parameters = BTreeMap::from([("key".to_owned(), text(key)), ("value".to_owned(), text(value))]);
    Hypothesis {
        category: FailureCategory::MISSING_CONFIGURATION,
        cause: RootCause {
            kind: "wrong_value".to_owned(),
            summary: Untrusted::new(format!("{key} has a wrong value")),
            extracted: BTreeMap::new(),
        },
        citations: Vec::new(),
        source: Source::Runbook { id: "wrong-value".to_owned(), version: 1 },
        priority: 50,
        remedies: vec![Arc::new(Remedy {
            from: None,
            actions: vec![ActionTemplate { kind: SET_VALUE, parameters }],
            criteria: vec![SuccessCriterion::Probe("healthy".to_owned())],
            compensation: Compensation::Undo,
        })],
        advice: None,
        reference: None,
    }
}

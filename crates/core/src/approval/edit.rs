//! How a person narrows a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::action::{Action, ActionSpec, Narrower, Parameter, Provenance, Value};
use crate::plan::{Plan, Step, StepRetry};

/// How a plan is narrowed. Nothing can be added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// 0-based steps that are left out.
    #[serde(default)]
    pub drop: BTreeSet<usize>,
    /// Step → parameter → the value it gets instead.
    #[serde(default)]
    pub set: BTreeMap<usize, BTreeMap<String, Value>>,
}

/// Why an edit makes no narrower plan. Steps are counted from 1 here, as people do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Accepting says the same.
    #[error("the edit changes nothing; expected a step to drop or another value")]
    Nothing,
    /// Rejecting says the same.
    #[error("the edit drops every step; reject the plan instead")]
    Empty,
    /// There is no such step.
    #[error("the plan has {steps} steps; there is no step {step}")]
    NoStep {
        /// The step.
        step: usize,
        /// How many there are.
        steps: usize,
    },
    /// It is dropped and changed at once.
    #[error("step {step} is dropped and changed; expected one of both")]
    Dropped {
        /// The step.
        step: usize,
    },
    /// The step has no such parameter.
    #[error("step {step} has no parameter `{parameter}`; it has {known}")]
    NoParameter {
        /// The step.
        step: usize,
        /// The parameter.
        parameter: String,
        /// Those it has.
        known: String,
    },
    /// The value does not narrow.
    #[error("step {step}, parameter `{parameter}`: expected {expected}")]
    Value {
        /// The step.
        step: usize,
        /// The parameter.
        parameter: String,
        /// What would have been taken.
        expected: String,
    },
}

impl Edit {
    /// The plan that is left of `plan`: steps can be left out, and a number of which `specs` say which way is [less](Narrower) can be
    /// moved that way. All else stays what it is: of two texts, or two line numbers, nobody could say which is less. A number that is
    /// edited is worth no more to policy than the one before: its provenance keeps its class, and names `by`.
    ///
    /// Less is not always safer (a step that guards the next one left out), therefore what is left is previewed,
    /// audited and rehearsed like any plan; that it changes nothing which the old one did not is seen by its preview, and holds in the
    /// engine.
    ///
    /// What had to be observed after a step that was dropped still has to be observed.
    ///
    /// # Errors
    /// [`EditError`] if it is no narrower plan.
    pub fn apply(&self, plan: &Plan, by: &str, specs: &[ActionSpec]) -> Result<Plan, EditError> {
        self.check_steps(plan.steps.len())?;
        let mut steps = Vec::new();
        let mut loose = Vec::new();
        for (index, step) in plan.steps.iter().enumerate() {
            match self.drop.contains(&index) {
                true => loose.extend(step.criteria.iter().cloned()),
                false => steps.push(self.narrowed(index, step, by, specs)?),
            }
        }
        loose.retain(|criterion| steps.iter().all(|step: &Step| !step.criteria.contains(criterion)));
        steps.last_mut().ok_or(EditError::Empty)?.criteria.extend(loose);
        if steps == plan.steps {
            return Err(EditError::Nothing);
        }
        Ok(Plan { steps, rationale: format!("{}; narrowed by {by}", plan.rationale), ..plan.clone() })
    }

    fn check_steps(&self, steps: usize) -> Result<(), EditError> {
        if let Some(stray) = self.drop.iter().chain(self.set.keys()).find(|step| **step >= steps) {
            return Err(EditError::NoStep { step: stray.saturating_add(1), steps });
        }
        match self.set.keys().find(|step| self.drop.contains(step)) {
            Some(step) => Err(EditError::Dropped { step: step + 1 }),
            None => Ok(()),
        }
    }

    fn narrowed(&self, index: usize, step: &Step, by: &str, specs: &[ActionSpec]) -> Result<Step, EditError> {
        let mut action = step.action.clone();
        for (name, value) in self.set.get(&index).into_iter().flatten() {
            let narrower = narrower(specs, &action, name);
            action = replaced(&action, name, value, narrower, by).map_err(|problem| problem.at(index, name))?;
        }
        let asked = StepRetry::of(&action);
        let retry = match action == step.action {
            true => step.retry,
            false => StepRetry { attempts: asked.attempts.min(step.retry.attempts), ..asked },
        };
        Ok(Step { action, retry, ..step.clone() })
    }
}

enum Misfit {
    NoParameter { known: String },
    Value { expected: String },
}

impl Misfit {
    fn at(self, index: usize, parameter: &str) -> EditError {
        let (step, parameter) = (index + 1, parameter.to_owned());
        match self {
            Self::NoParameter { known } => EditError::NoParameter { step, parameter, known },
            Self::Value { expected } => EditError::Value { step, parameter, expected },
        }
    }
}

/// Which way the kind of `action` lets its parameter be moved.
fn narrower(specs: &[ActionSpec], action: &Action, name: &str) -> Option<Narrower> {
    let spec = specs.iter().find(|spec| spec.kind == *action.kind())?;
    spec.parameters.iter().find(|parameter| parameter.name == name)?.narrower
}

fn replaced(
    action: &Action,
    name: &str,
    value: &Value,
    narrower: Option<Narrower>,
    by: &str,
) -> Result<Action, Misfit> {
    let known = || action.parameters().keys().cloned().collect::<Vec<_>>().join(", ");
    let old = action.parameters().get(name).ok_or_else(|| Misfit::NoParameter { known: known() })?;
    check_value(&old.value, value, narrower).map_err(|expected| Misfit::Value { expected })?;
    if old.value == *value {
        return Ok(action.clone());
    }
    let parameter = Parameter { value: value.clone(), provenance: named(&old.provenance, by) };
    action.replacing(name, parameter).ok_or_else(|| Misfit::NoParameter { known: known() })
}

/// The same class, by whoever edited the value.
fn named(old: &Provenance, by: &str) -> Provenance {
    let mut provenance = old.clone();
    let (Provenance::Configured { by: source }
    | Provenance::Observed { by: source }
    | Provenance::Extracted { by: source, .. }
    | Provenance::Model { by: source }) = &mut provenance;
    *source = format!("approver {by}");
    provenance
}

fn check_value(old: &Value, new: &Value, narrower: Option<Narrower>) -> Result<(), String> {
    match (narrower, old, new) {
        (_, old, new) if old == new => Ok(()),
        (Some(Narrower::Lower), Value::Integer(old), Value::Integer(new)) if (0..=*old).contains(new) => Ok(()),
        (Some(Narrower::Higher), Value::Integer(old), Value::Integer(new)) if new >= old => Ok(()),
        (Some(Narrower::Lower), Value::Integer(old), _) => Err(format!("a number from 0 to {old}")),
        (Some(Narrower::Higher), Value::Integer(old), _) => Err(format!("a number of at least {old}")),
        // A text may be long.
        (_, Value::Text(_), _) => Err("it to stay as it is: of two texts none is less".to_owned()),
        (_, old, _) => Err(format!("it to stay {old}: its kind does not say that another value is less")),
    }
}

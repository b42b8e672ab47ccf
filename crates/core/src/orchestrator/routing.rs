//! Routing: which executor performs which steps of a plan.

use std::ops::Range;
use std::sync::Arc;

use crate::action::ActionSpec;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Step;
use crate::ports::Executor;

/// Consecutive steps of one executor.
pub(super) struct Leg<'a> {
    pub(super) executor: &'a Arc<dyn Executor>,
    pub(super) steps: Range<usize>,
}

pub(super) fn route<'a>(
    executors: &'a [Arc<dyn Executor>],
    step: &Step,
) -> Result<(&'a Arc<dyn Executor>, &'a ActionSpec)> {
    let action = &step.action;
    let of_system = executors.iter().filter(|executor| executor.system() == &*action.target().system);
    for executor in of_system {
        if let Some(spec) = executor.kinds().iter().find(|spec| &spec.kind == action.kind()) {
            // A plan may come from a store; nothing is trusted to still fit.
            spec.check(action).map_err(|invalid| Error::new(ErrorKind::Invalid, "route", invalid.to_string()))?;
            return Ok((executor, spec));
        }
    }
    let message = format!("no executor of system `{}` performs {}", action.target().system, action.kind());
    Err(Error::new(ErrorKind::Unsupported, "route", message))
}

/// The plan's legs, in order.
pub(super) fn legs<'a>(executors: &'a [Arc<dyn Executor>], steps: &[Step]) -> Result<Vec<Leg<'a>>> {
    let mut legs: Vec<Leg<'a>> = Vec::with_capacity(1);
    for (index, step) in steps.iter().enumerate() {
        let (executor, _) = route(executors, step)?;
        match legs.last_mut() {
            Some(leg) if Arc::ptr_eq(leg.executor, executor) => leg.steps.end = index + 1,
            _ => legs.push(Leg { executor, steps: index..index + 1 }),
        }
    }
    Ok(legs)
}

pub(super) fn specs_of(executors: &[Arc<dyn Executor>], system: &str) -> Vec<ActionSpec> {
    let of_system = executors.iter().filter(|executor| executor.system() == system);
    of_system.flat_map(|executor| executor.kinds().iter().cloned()).collect()
}

//! Rehearsing steps: the command runs on a copy of the directory.

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::Rehearsal;

use crate::local::noise::Noise;
use crate::local::observation;
use crate::local::pipeline::Pipeline;
use crate::local::staging::copy_error;
use crate::local::steps::LocalStep;
use crate::local::workspace::{FileChange, Scope, Scratch, TreeStamp};

/// Runs the command on a copy to which `changes` are made.
pub(super) fn rehearse_on_copy(
    pipeline: &Pipeline,
    steps: &[LocalStep],
    changes: &[FileChange],
    attempts: u32,
) -> Result<Rehearsal> {
    let config = pipeline.config();
    let cancel = pipeline.cancel();
    let scratch = match Scratch::copy(&config.dir, &config.scratch, Scope::Everything, cancel) {
        Err(refused) if refused.is_refusal() => {
            return Ok(Rehearsal::Unsupported { why: format!("it can't be rehearsed on a copy: {refused}") });
        }
        copied => copied.map_err(copy_error)?,
    };
    scratch.write(changes).map_err(copy_error)?;
    let before = TreeStamp::of(&config.dir, scratch.root(), cancel).map_err(copy_error)?;
    let mut rehearsal = rehearse_once(pipeline, &scratch, steps)?;
    for attempt in 2..=attempts {
        if !matches!(rehearsal, Rehearsal::Failed { .. }) || pipeline.may_start().is_err() {
            break;
        }
        let _noise = Noise::for_attempt(attempt);
        rehearsal = rehearse_once(pipeline, &scratch, steps)?;
    }
    if TreeStamp::of(&config.dir, scratch.root(), cancel).map_err(copy_error)? != before {
        let why = "files in the directory itself changed while the command ran on the copy, so the copy proves nothing";
        return Ok(Rehearsal::Unsupported { why: why.to_owned() });
    }
    if matches!(rehearsal, Rehearsal::Failed { .. }) && !copy_is_faithful(pipeline)? {
        let why = "the command fails differently on an unchanged copy than in its directory, so a copy proves nothing";
        return Ok(Rehearsal::Unsupported { why: why.to_owned() });
    }
    Ok(rehearsal)
}

/// Whether an unchanged copy fails just as the directory did. What fails otherwise (the copy lacks a neighbour of the
/// directory, say) would be taken for the next thing to mend. Found out once, by a run of its own.
fn copy_is_faithful(pipeline: &Pipeline) -> Result<bool> {
    let known = pipeline.session().kept.copy_is_faithful;
    if let Some(known) = known {
        return Ok(known);
    }
    let Some(first) = pipeline.first_failure() else { return Ok(false) };
    pipeline.may_start()?;
    let config = pipeline.config();
    let scratch =
        Scratch::copy(&config.dir, &config.scratch, Scope::Everything, pipeline.cancel()).map_err(copy_error)?;
    let faithful = pipeline.failure_of(&pipeline.run_in_copy(&scratch, &[], None)?) == first;
    pipeline.change(|kept| {
        kept.copy_is_faithful = Some(faithful);
        true
    })?;
    Ok(faithful)
}

fn rehearse_once(pipeline: &Pipeline, scratch: &Scratch, steps: &[LocalStep]) -> Result<Rehearsal> {
    let given: Vec<String> = steps.iter().filter_map(variable).collect();
    let memory = steps.iter().filter_map(limit).max();
    let ran = pipeline.run_in_copy(scratch, &given, memory)?;
    if pipeline.cancel().requested().is_some() {
        return Err(Error::new(ErrorKind::Cancelled, "executor.rehearse", "stopped by the user"));
    }
    let facts = observation::facts(&ran, memory.or(pipeline.memory_limit()));
    if ran.exit.success() && ran.stopped.is_none() {
        return Ok(Rehearsal::Verified { facts });
    }
    let origin = format!("output of `{}` on a copy", pipeline.program());
    Ok(Rehearsal::Failed {
        facts,
        evidence: observation::evidence(&ran, observation::TAIL_LINES, &origin, &pipeline.config().redactor),
    })
}

fn variable(step: &LocalStep) -> Option<String> {
    match step {
        LocalStep::SetEnvironment { name, .. } => Some(name.clone()),
        _ => None,
    }
}

fn limit(step: &LocalStep) -> Option<u64> {
    match step {
        LocalStep::IncreaseMemory { limit_bytes } => Some(*limit_bytes),
        _ => None,
    }
}

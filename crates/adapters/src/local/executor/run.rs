//! Running the command in its directory for an incident, such that another process can tell how far that got.

use selfheal_core::criterion::Observation;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;

use super::undo_error;
use crate::local::kept::{KeptSession, StepKey};
use crate::local::observation;
use crate::local::pipeline::{Pipeline, in_doubt};

/// Runs the command in place, as `step` or to verify, and keeps what was seen.
pub(in crate::local) fn observe_run(
    pipeline: &Pipeline,
    incident: &IncidentId,
    step: Option<StepKey>,
) -> Result<Observation> {
    pipeline.check_undisturbed(incident)?;
    let ran = pipeline.run_again(step);
    failpoint::hit("executor.run_ended");
    pipeline.undo(incident, |undo| undo.command_ended()).map_err(undo_error)?;
    let ran = ran?;
    if pipeline.cancel().requested().is_some() {
        return Err(Error::new(ErrorKind::Cancelled, "pipeline.run", "stopped by the user"));
    }
    let redactor = &pipeline.config().redactor;
    let origin = format!("output of `{}`", pipeline.program());
    let seen = observation::observation(&ran, &origin, pipeline.memory_limit(), redactor);
    let ended = |kept: &mut KeptSession| {
        kept.run_ended(&seen, redactor);
        true
    };
    pipeline.change(ended).map_err(in_doubt)?;
    failpoint::hit("executor.run_noted");
    Ok(seen)
}

//! Running a command from start to finish.

use std::time::Instant;

use wait4::Wait4;

use super::attend::attend;
use super::launch::Launch;
use super::memory::OomBaseline;
use super::spawn::spawn;
use super::supervise::Bounds;
use super::{Cancel, Captured, Command, Finished, Input, RunError};

/// Runs `command` and waits for it. Blocks the calling thread.
///
/// # Errors
/// Where the command could not be run as described; one that ran and failed is an `Ok`.
pub fn run(command: &Command, cancel: &Cancel) -> Result<Finished, RunError> {
    if let Some(signal) = cancel.requested() {
        return Err(RunError::Cancelled(signal));
    }
    command.input.as_ref().map_or(Ok(()), Input::rewind)?;
    let mut launch = Launch::prepare(command)?;
    let baseline = OomBaseline::take();
    let started = Instant::now();
    let mut child = spawn(command, launch.route(command))?;
    let bounds = Bounds {
        deadline: command.timeout.and_then(|timeout| started.checked_add(timeout)),
        stop_grace: command.stop_grace,
    };
    let attended = attend(&mut child, command, cancel, bounds).map_err(RunError::io("watch the command"));
    let usage = child.wait4().map_err(RunError::io("wait for the command"))?;
    let attended = attended?;
    launch.check(command)?;
    let group = launch.group.as_ref();
    Ok(Finished {
        exit: usage.status.into(),
        duration: attended.ended.duration_since(started),
        peak_memory_bytes: match group {
            Some(group) => group.peak_bytes(),
            None => Some(usage.rusage.maxrss).filter(|bytes| *bytes > 0),
        },
        oom: baseline.compare(group),
        output: Captured::new(attended.pumped.capture),
        pipe_left_open: attended.pumped.left_open,
        input_given: command.input.as_ref().is_some_and(Input::has_content),
        stopped: attended.stopped,
        undelivered: attended.pumped.undelivered,
    })
}

//! What the end of a command means.

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_detect::redact::Redactor;

use crate::local::process::{Finished, Stopped};

/// Characters that are told of what it said last.
const TOLD_CHARS: usize = 200;

/// An `Ok` if it ended well. It only reads, so one that didn't changed nothing.
pub(super) fn of(ran: &Finished, text: &str, redactor: &Redactor) -> Result<()> {
    let failed = |kind, message| Err(Error::new(kind, "executor.apply", message));
    match ran.stopped {
        None if ran.exit.success() => Ok(()),
        None => {
            let status = ran.exit.shell_status();
            let message = format!("`{text}` ended with status {status}{}", last_words(ran, redactor));
            failed(ErrorKind::Unavailable, message)
        }
        Some(Stopped::TimedOut) => {
            let seconds = ran.duration.as_secs_f64();
            failed(ErrorKind::Unavailable, format!("`{text}` was stopped after {seconds:.1} s"))
        }
        Some(Stopped::Cancelled(_)) => failed(ErrorKind::Cancelled, "stopped by the user".to_owned()),
    }
}

fn last_words(ran: &Finished, redactor: &Redactor) -> String {
    let lines = ran.output.tail_lines(20);
    let last = lines.iter().rev().map(|line| line.text.trim()).find(|text| !text.is_empty());
    last.map_or_else(String::new, |last| {
        let told: String = redactor.redact(last).chars().take(TOLD_CHARS).collect();
        format!(": {told}")
    })
}

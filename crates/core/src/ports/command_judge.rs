//! Command judge: says whether the text of a command may be run at all.

use crate::error::Result;

/// A command that may be run: one program and its arguments, exactly as the text spells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedCommand {
    /// The program's name or path.
    pub program: String,
    /// Its arguments, without the program's own name.
    pub args: Vec<String>,
}

/// Judges the text of a `run_command` action, without running any of it.
///
/// Policy asks it about a plan, and an executor of that kind asks it again right before it runs anything: so an executor can't be
/// built without one.
///
/// # To be correct
/// 1. It is a function of the text: no clock, no file, no environment. Same text, same answer.
/// 2. Only what is known to only read is let through; what is not understood, in part or as a whole, is refused.
/// 3. What it lets through is all of the text: an argument vector that needs no shell, and does what a shell would have done with
///    the text.
/// 4. A refusal is [`ErrorKind::Forbidden`](crate::error::ErrorKind::Forbidden), and its message names what would be destroyed, or
///    what isn't understood.
/// 5. It bounds its own work, whatever the text; it doesn't panic.
pub trait CommandJudge: Send + Sync {
    /// What may be run of `text`: all of it.
    ///
    /// # Errors
    /// What may not be run, with why.
    fn judge(&self, text: &str) -> Result<JudgedCommand>;
}

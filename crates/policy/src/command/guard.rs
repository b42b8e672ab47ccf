//! Whether a script may run with nobody asked, and who insists on it.

mod argv;
mod engine;
mod judge;
mod programs;

use std::fmt;

pub use self::engine::CommandGuard;
pub use self::judge::Judge;

use super::assess;
use super::assessment::{Destruction, Verdict};

/// Why a script may not run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It would destroy something; never empty.
    Destructive(Vec<Destruction>),
    /// It isn't known to only read.
    Unknown(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(why) => write!(f, "not known to only read: {why}"),
            Self::Destructive(effects) => {
                f.write_str("destructive: ")?;
                for (index, effect) in effects.iter().enumerate() {
                    write!(f, "{}{effect}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Allows a script of which every command is known to only read.
///
/// Whoever runs it must still bound its time and its output: what only reads may read much, and wait long.
///
/// # Errors
/// Anything else is refused; the refusal says what would be destroyed, or what isn't understood.
pub fn may_run(script: &str) -> Result<(), Refusal> {
    match assess(script).verdict {
        Verdict::ReadOnly => Ok(()),
        Verdict::Unknown { why } => Err(Refusal::Unknown(why)),
        Verdict::Destructive { effects } => Err(Refusal::Destructive(effects)),
    }
}

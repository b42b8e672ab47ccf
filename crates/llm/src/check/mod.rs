//! What a server can do, found out by asking it.

mod asking;
mod report;

pub use report::{Ability, Finding, Outcome, ServerReport};

pub(crate) use asking::{Examiner, timed};

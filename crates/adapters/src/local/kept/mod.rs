//! What is kept of an incident, so that another process can go on with it after this one was killed.
//!
//! Each incident has a private folder in the directory's state: its session ([`KeptSession`]: what the command was given and
//! how often it ran, never the value of a variable) and the changes that were previewed last ([`PlannedChanges`]). Undo records lie
//! beside, see [`Undo`](super::workspace::Undo).

mod folder;
mod leftover;
mod plan;
mod run_mark;
mod session;
mod step_key;
mod undisturbed;
mod value_key;

pub(super) use folder::IncidentFolder;
pub use leftover::Leftover;
pub(super) use plan::PlannedChanges;
pub(super) use run_mark::{RunMark, Standing};
pub(super) use session::{CommandEnd, Gives, KeptSession};
pub(super) use step_key::StepKey;
pub(super) use value_key::ValueKey;

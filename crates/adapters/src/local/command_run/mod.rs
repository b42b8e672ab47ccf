//! `run_command`: a command that a person wrote down and a judge let through, run without a shell.
//!
//! It is an executor of its own, beside that of the other kinds, so that a host without one has no such kind at all.

mod checkout;
mod environment;
mod executor;
mod outcome;
mod prepared;
mod program;

pub use executor::CommandExecutor;
pub(super) use program::is_program_as_seen;

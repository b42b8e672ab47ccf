//! The binary `heal`, from outside: what a user sees, and what is left on the disk.
//!
//! Every test has private directories and no network. What a command waits for is a named pipe, never a clock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod approvals;
mod auditing;
mod bad_input;
mod busy;
mod cargo_projects;
mod commands;
mod common;
mod crashes;
mod credentials;
mod edits;
mod environment;
mod hanging;
mod input;
mod interrupts;
mod json;
mod languages;
mod links;
#[cfg(feature = "mcp")]
mod mcp;
mod memory;
mod memory_limits;
#[cfg(feature = "models")]
mod models;
mod odd_places;
mod passing;
mod policy;
mod recovering;
mod recovery;
mod reruns;
mod restraint;
mod resuming;
mod stores;
mod switches;
mod telling;

//! Another process goes on with an incident after the one before was killed: each test drops the executor where a kill may
//! strike, and makes a new one for the same directory.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod files;
mod given;
mod leftovers;
mod runs;
mod undisturbed;
mod world;

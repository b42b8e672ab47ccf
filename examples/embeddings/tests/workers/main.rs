//! Several workers on one Postgres, killed and paused at every durable boundary: nothing is lost, nothing is done twice.
//!
//! By default a sample of the boundaries, each name among them; all of them with `SELFHEAL_KILL_MATRIX=full`.

// Whether a process has stopped is read from `/proc`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests fail like tests")]

mod aftermath;
mod course;
mod faults;
mod pausing;
mod process;
#[path = "../../../../crates/memory/tests/common/postgres.rs"]
mod server;
mod sharing;
mod site;

use std::time::Duration;

/// How long an incident stays with a worker that is dead or paused.
const LEASE: Duration = Duration::from_millis(1_000);

/// How often a worker looks for what is due: `run::PAUSE`.
const POLL: Duration = Duration::from_millis(100);

/// What a loaded machine may add to both: a process that starts, connections, a few transactions.
const SLACK: Duration = Duration::from_secs(5);

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(60);

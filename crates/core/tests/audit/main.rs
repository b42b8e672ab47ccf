//! The audit log's contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod accounts;
mod checkpoints;
mod log;
mod trees;
mod verifying;
#[path = "../laws/walk.rs"]
mod walk;

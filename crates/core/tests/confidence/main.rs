//! The confidence head, its calibration, and the gate that reads it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail and speak like tests")]

mod autonomy;
mod fitting;
mod honesty;
mod laws;
mod synthetic;

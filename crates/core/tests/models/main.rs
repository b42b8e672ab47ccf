//! The agents that ask language models: what they are shown, what is taken of their answers, and what can't come of any.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod auditing;
mod choosing;
mod editing;
mod healing;
mod hostile;
mod looking;
mod prompting;
mod reading;
mod scene;
mod trusting;
mod waiting;

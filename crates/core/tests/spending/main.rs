//! What language models may cost is never exceeded, whoever counts at the same time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod budgets;
mod ledgers;
mod meters;

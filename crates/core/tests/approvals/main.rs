//! Who counts, what the answers come to, and that they are acted upon once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod asking;
mod editing;
mod handing_in;
mod oracle;
mod races;
mod racing_ledger;
mod scene;
mod standing;

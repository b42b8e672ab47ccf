//! What a host can rely on: the orchestrator over fakes, one behaviour per file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod approvals;
mod approving;
mod assuring;
mod bounding;
mod breaking;
mod cancelling;
mod clearing;
mod confining;
mod conformance;
mod crashing;
mod deciding;
mod fleet;
mod healing;
mod journaling;
mod leasing;
mod mocking;
mod planning;
mod progressing;
mod proposing;
mod reconsidering;
mod rehearsing;
mod remembering;
mod restarting;
mod retrying;
mod scene;
mod serialising;
mod telling;
mod undoing;
mod unknown_outcome;

//! What may be looked up about a local pipeline, and that looking changes nothing and runs nothing of the project.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod git;
mod hostile;
mod places;
mod registry;
mod scene;

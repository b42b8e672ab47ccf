//! Recovery policies and healing policies: what they add to another engine's word, and what a document is refused for.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../engines/scene.rs"]
mod scene;

mod documents;
mod healing;
mod pipelines;

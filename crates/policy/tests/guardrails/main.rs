//! Guardrails: the shipped decisions, what documents can say, what no document can allow, and what one is refused for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod conditions;
mod documents;
mod laws;
mod moment;
mod permits;
mod refused;
mod scene;
mod shipped;
mod unread;

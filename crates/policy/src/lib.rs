//! Declarative documents: runbooks and guardrails.

pub mod error;
pub mod limits;
pub mod runbook;
mod yaml;

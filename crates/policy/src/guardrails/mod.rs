//! Guardrails: which actions may be taken where, and which never.

mod document;
mod engine;
mod rule;
mod subject;
mod verdict;

pub use document::SCHEMA;
pub use engine::Guardrails;

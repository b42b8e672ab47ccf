//! Guardrails: which actions may be taken where, and which never.

mod autonomy;
mod bits;
mod budget;
mod calendar;
mod case;
mod check;
mod document;
mod duration;
mod engine;
mod examples;
mod explain;
mod index;
mod load;
mod measure;
mod place;
mod reloading;
mod sections;
mod standing;
mod verdicts;
mod words;

pub use document::SCHEMA;
pub use engine::{Guardrails, RuleInForce};
pub use reloading::Reloading;
pub use verdicts::{Spoke, Verdicts};

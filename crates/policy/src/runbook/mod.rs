//! Runbooks: how known failures are recognised and what may be tried.

mod catalogue;
mod condition;
mod definition;
mod diagnosis;
mod document;
mod kinds;
mod line;
pub(crate) mod literal;
mod offer;
mod pattern;
mod port;
mod sample;
mod shipped;
mod signature;
mod tables;
mod template;

pub use catalogue::{Catalogue, CatalogueBuilder};
pub use definition::Runbook;
pub use diagnosis::Match;
pub use document::SCHEMA;
pub use kinds::ActionKinds;
pub use selfheal_core::value_type::ValueType;

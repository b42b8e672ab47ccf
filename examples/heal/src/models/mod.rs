//! Language models: which are asked, and what their servers can do.

#[cfg(not(feature = "models"))]
mod absent;
#[cfg(feature = "models")]
mod check;
mod cli;
#[cfg(feature = "models")]
mod found;

#[cfg(not(feature = "models"))]
pub(crate) use absent::{Models, main};
#[cfg(feature = "models")]
pub(crate) use check::main;
pub(crate) use cli::{LlmOptions, ModelsOptions};
#[cfg(feature = "models")]
pub(crate) use found::Models;

//! Language models for selfheal: adapters of [`LlmProvider`](selfheal_core::ports::LlmProvider) to the servers that people run, a
//! router over several of them, and cassettes.
//!
//! Nothing here decides anything: what a model says is untrusted, and what becomes of it is the matter of `selfheal-core` and policy.

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "anthropic")]
pub mod anthropic;
pub mod cache;
#[cfg(feature = "cassettes")]
pub mod cassette;
#[cfg(feature = "http")]
mod check;
mod failure;
mod fingerprint;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
mod key;
#[cfg(feature = "openai")]
pub mod openai;
pub mod router;

#[cfg(feature = "http")]
pub use answer::Piece;
#[cfg(feature = "http")]
pub use check::{Ability, Finding, Outcome, ServerReport};
pub use failure::{Failure, FailureClass};
#[cfg(feature = "http")]
pub use key::{ApiKey, KeyError, KeySource};

#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "testing")]
pub mod testing;

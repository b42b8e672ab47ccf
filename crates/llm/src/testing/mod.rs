//! Models for tests: scripted, noisy, failing, slow, obedient and adversarial, each repeatable from a seed and generic over the JSON
//! schema of the request.
//!
//! Behind the feature `testing`.

mod adversarial;
mod chance;
mod instructions;
mod model;
mod noisy;
mod obedient;
pub mod schema;

pub use adversarial::Adversarial;
pub use chance::Chance;
pub use model::{Model, Reply, Script};
pub use noisy::{Failing, Noisy};
pub use obedient::Obedient;

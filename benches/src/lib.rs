//! What the benches share: the incident they heal, its ports, the loops it is compared with, and fair timing.
//!
//! - [`incident`]: the failure, its knowledge and its signals
//! - [`ports`]: in-memory ports that cost as little as a port can
//! - [`compared`]: the same rules in several languages, and plans to ask about
//! - [`floor`]: plain loops over boxed async steps that do the same visits without engine and orchestrator
//! - [`novel`]: a failure that no rule explains, and models that know what to do about it
//! - [`slow`]: ports that take their time
//! - [`story`]: recorded incidents, under as many names as are needed
//! - [`timing`]: interleaved samples and their medians
//!
//! How to run them and what the figures mean: `README.md` beside this package's manifest.

pub mod compared;
pub mod floor;
pub mod incident;
pub mod novel;
pub mod ports;
pub mod slow;
pub mod story;
pub mod timing;

/// What setting up or running a bench fails with.
pub type Failed = Box<dyn std::error::Error>;

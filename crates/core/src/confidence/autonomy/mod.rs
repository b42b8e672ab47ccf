//! How sure is sure enough to act without asking.

mod check;
mod gate;
mod settings;
mod threshold;

pub use check::InvalidAutonomy;
pub use gate::{Gate, Situation, Why};
pub use settings::{Autonomy, ByEnvironment, ByHistory, ByImpact, ByRisk, Impact};
pub use threshold::{Part, Threshold};

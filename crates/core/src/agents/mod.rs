//! The five agents, each with one job. All of them work from deterministic knowledge alone; [`models`] asks language models for what
//! that leaves open.

mod analyst;
mod auditor;
mod classifier;
pub mod models;
mod scholar;
mod strategist;

pub use analyst::Analyst;
pub use auditor::Auditor;
pub use classifier::Classifier;
pub use scholar::Scholar;
pub(crate) use scholar::remembered;
pub use strategist::{Assignment, Strategist};

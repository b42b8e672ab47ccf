//! The five agents, each with one job. All of them work from deterministic knowledge alone.

mod analyst;
mod auditor;
mod classifier;
mod scholar;
mod strategist;

pub use analyst::Analyst;
pub use auditor::Auditor;
pub use classifier::Classifier;
pub use scholar::Scholar;
pub(crate) use scholar::remembered;
pub use strategist::{Assignment, Strategist};

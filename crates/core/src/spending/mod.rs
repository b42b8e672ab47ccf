//! What language models may cost: ceilings, and the meter that every call is begun at.
//!
//! A ceiling is hard: a call is let through only if the most that it could take still fits, per incident and per day. What a call
//! could take and didn't is given back when it ends.

mod allotment;
mod amount;
mod budget;
mod day;
mod meter;
mod pool;

pub use amount::{Amount, Ceilings, Price};
pub use budget::{Budget, is_ceiling};
pub use day::Day;
pub use meter::{Call, CallEnd, CallRecord, Meter, PlannedCall};

/// What errors of counting name as their operation.
const OPERATION: &str = "llm.budget";

//! Verification: whatever was changed in a stored log is found.
//!
//! In two passes. [`Segment`] looks at each row by itself, so that several threads can each take a range; [`verify`] then
//! looks at what connects them: the chain, the tree, checkpoints, witness, erasures and head.

mod connected;
mod defect;
mod erasures;
mod segment;
mod signed;

pub use connected::{Stored, Verified, verify};
pub use defect::{CheckpointPlace, Defect, Defects, MAX_DEFECTS};
pub use segment::{Row, Segment};

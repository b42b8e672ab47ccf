//! Memory of a command: an enforced limit, and what the kernel counted. Linux only; elsewhere a limit is refused.

mod counters;
mod group;
mod hierarchy;
mod oom;

pub(super) use self::group::{Group, Survivors};
pub(super) use self::oom::OomBaseline;
pub use self::oom::{OomEvidence, OomSource};

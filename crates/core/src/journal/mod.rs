//! What every journal shares: one that lives as long as the process, and how much is kept.

mod in_memory;
mod retention;
mod waking;

pub use in_memory::InMemoryJournal;
pub use retention::{Pruned, Retention, retain};
pub use waking::wake_all;

//! What every journal shares: one that lives as long as the process, and how much is kept.

mod in_memory;
mod retention;

pub use in_memory::InMemoryJournal;
pub use retention::{Pruned, Retention, retain};

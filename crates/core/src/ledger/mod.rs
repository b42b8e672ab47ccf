//! What every ledger shares: one that lives as long as the process, and what is read out of the streams.

mod activity;
mod appending;
mod in_memory;
mod reading;
pub mod runs;
pub mod switches;

pub use activity::{HORIZON, MOST_ENTRIES, Recent};
pub use in_memory::InMemoryLedger;
pub(crate) use reading::catch_up;
pub use switches::Switches;

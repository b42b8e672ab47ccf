//! What every ledger shares: one that lives as long as the process, and what is read out of the streams.

mod activity;
mod appending;
mod in_memory;
mod reading;
mod ring;
pub mod runs;
pub mod switches;

pub use activity::{HORIZON, History, Kind, MOST_ENTRIES, Recent};
pub use in_memory::InMemoryLedger;
pub use ring::MOST_OF_A_KIND;
pub use switches::Switches;

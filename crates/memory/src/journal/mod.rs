//! Durable journals: the history of every incident, and beside it, in the same transaction, the audit log that vouches for it.

pub(crate) mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{CrossChecked, JournalOptions, Mismatch, SqliteJournal, SqliteRows, Written};

//! Durable journals: the history of every incident, and beside it, in the same transaction, the audit log that vouches for it.

pub(crate) mod crosscheck;
pub(crate) mod leaves;
pub(crate) mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod vouching;
pub(crate) mod witnessing;

pub(crate) use crosscheck::Part;
pub use crosscheck::{CrossChecked, Mismatch};
#[cfg(feature = "sqlite")]
pub use sqlite::{JournalOptions, SqliteJournal, SqliteRows, Written};

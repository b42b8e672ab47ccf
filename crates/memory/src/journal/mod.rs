//! Durable journals: the history of every incident, a ledger of what people and healers share, and beside both, in the same
//! transactions, the audit log that vouches for them.

pub(crate) mod crosscheck;
pub(crate) mod entries;
pub(crate) mod leaves;
pub(crate) mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod streams;
pub(crate) mod vouching;
pub(crate) mod witnessing;

pub(crate) use crosscheck::Part;
pub use crosscheck::{CrossChecked, Mismatch};
#[cfg(feature = "sqlite")]
pub use sqlite::{JournalOptions, SqliteJournal, SqliteRows, Written};

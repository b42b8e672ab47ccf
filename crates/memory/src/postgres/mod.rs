//! A store in one schema of a Postgres database, for several workers that share the load.
//!
//! Journal, ledger and audit log are written in one transaction. The log is one chain for the whole store, so its end is what all appends of all workers
//! pass one after the other; what waits in a process meanwhile goes into its next transaction together.
//!
//! All workers sign with the same key: whoever opens a store with another is refused.
//!
//! ```no_run
//! use selfheal_core::ports::{Journal, Query};
//! use selfheal_memory::audit::SigningKey;
//! use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};
//!
//! # async fn run() -> selfheal_core::error::Result<()> {
//! let key = SigningKey::open("/etc/healer/journal.key".as_ref())?;
//! let url = "postgres://healer@db.example.org/healing";
//! let journal = PostgresJournal::connect(url, key, None, PostgresOptions::default()).await?;
//! for open in journal.list(&Query::open(20)).await? {
//!     println!("{} is {}", open.incident, open.phase);
//! }
//! # Ok(())
//! # }
//! ```

mod commit;
mod crosscheck;
mod failure;
mod journal;
mod leases;
mod ledger;
mod log;
mod noting;
mod options;
mod reading;
mod rows;
mod schema;
mod server;
mod session;
mod tending;
mod witness;
mod writer;

pub use journal::PostgresJournal;
pub use options::PostgresOptions;
pub use rows::PostgresRows;

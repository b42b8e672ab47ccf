//! What outlives an incident, and with a database the process: its history, what can be proved of it, and which fix healed
//! which failure.
//!
//! - `Store` (feature `sqlite`): a directory with all of it, which can be copied and verified anywhere;
//! - `journal` (feature `sqlite`): journal and ledger in one SQLite file, and in the same transactions their audit log;
//! - `postgres` (feature `postgres`): the same for several workers that share the load;
//! - `audit` (feature `audit`): the audit log's keys, witness, export and verification.
//!
//! And two [`MemoryStore`](selfheal_core::ports::MemoryStore)s with the same behaviour, held to core's conformance suite:
//!
//! - [`InMemory`]: for tests, and for hosts that keep no state;
//! - `Sqlite` (feature `sqlite`): one private file, durable when `record` returns.
//!
//! Both recall by the exact fingerprint only. Memory proposes; whether it is done is for policy, rehearsal and verification.
//!
//! ```
//! use selfheal_core::incident::Fingerprint;
//! use selfheal_core::ports::MemoryStore;
//! use selfheal_memory::InMemory;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> selfheal_core::error::Result<()> {
//! let memory = InMemory::default();
//! assert!(memory.recall(&Fingerprint::from_hex("00ff")).await?.is_none());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "audit")]
pub mod audit;
mod in_memory;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod journal;
#[cfg(feature = "postgres")]
pub mod postgres;
mod ranking;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod store;

pub use in_memory::InMemory;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
#[cfg(feature = "sqlite")]
pub use store::{Store, StoreOptions, UnverifiedStore, VerifiedStore, read_checkpoints};

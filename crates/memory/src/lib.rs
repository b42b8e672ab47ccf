//! What outlives an incident, and with SQLite the process: which fix healed which failure.
//!
//! Two [`MemoryStore`](selfheal_core::ports::MemoryStore)s with the same behaviour, held to core's conformance suite:
//!
//! - [`InMemory`]: for tests, and for hosts that keep no state;
//! - `Sqlite` (feature `sqlite`): one private file, durable when `record` returns.
//!
//! Both recall by the exact fingerprint only. Memory proposes; whether it is done is for policy, rehearsal and verification.
//!
//! And the audit log's edges (feature `audit`): `audit`, with keys, witness, export and verification. `postgres` (feature
//! `postgres`) is a journal with its log for several workers that share the load.
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
pub use store::{Store, StoreOptions, UnverifiedStore, VerifiedStore};

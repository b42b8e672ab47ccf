//! The audit log at its edges: keys, the witness's file, exports, and verification on all cores.
//!
//! What a log is stands in [`selfheal_core::audit`]. Here is what reads and writes files for it:
//!
//! - [`SigningKey`] and [`PublicKey`]: Ed25519, the private half in a private file; [`verify_signature`] by a key without a name;
//! - [`FileWitness`]: keeps each signed checkpoint in a file of its own;
//! - [`AuditRows`]: what a store gives so that [`verify`] can read it; [`InMemoryLog`] is the plainest one;
//! - [`export`] and [`Export`]: a log as JSON lines, which verifies by itself, offline.
//!
//! ```
//! use selfheal_core::audit::Field;
//! use selfheal_core::time::Timestamp;
//! use selfheal_memory::audit::{InMemoryLog, SigningKey, verify};
//!
//! let key = SigningKey::generate("example.org/healer")?;
//! let mut log = InMemoryLog::new(key.public());
//! log.append(vec![Field::new("event", "opened")])?;
//! log.checkpoint(Timestamp::from_millis(1), &key)?;
//! assert_eq!(verify(&log, None, &[])?.leaves, 1);
//!
//! log.rows[0].openings[25] ^= 1;
//! assert!(verify(&log, None, &[]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod export;
mod export_line;
mod export_reader;
mod in_memory;
mod keys;
mod private_file;
mod rows;
mod salts;
mod verify;
mod witness;

pub use export::{EXPORT_VERSION, export};
pub use export_reader::Export;
pub use in_memory::{InMemoryLog, InMemoryRow};
pub use keys::{PublicKey, SigningKey, verify_signature};
pub use rows::AuditRows;
pub use salts::Salts;
pub use verify::{Unverified, verify};
pub use witness::FileWitness;

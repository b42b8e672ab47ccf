//! The audit log's pure part: a transparency log in the shape of RFC 9162 (earlier RFC 6962), of salted commitments.
//!
//! - Each event of an incident, and each entry of a ledger, is a **leaf** ([`Leaf`]): its place, the hash of the leaf before, and
//!   per field a salted commitment. What it says ([`account`], [`account_of_entry`]) can be read from its **openings**
//!   ([`Openings`]), which are kept apart.
//! - The leaves' hashes form a Merkle tree ([`Frontier`] to append, [`Tree`] to prove). **Checkpoints**
//!   ([`SignedCheckpoint`]) sign its size and root; a [`Witness`] holds the log to them.
//! - A value is **erased** ([`Erasure`]) by dropping its opening. The commitment stays, so every proof stays valid, and a
//!   leaf tells who did it and why.
//! - [`verify`] finds what was changed: any byte of any stored column.
//!
//! No IO, no clock, no entropy: salts come in as arguments, signatures through [`Signer`] and [`SignatureVerifier`].
//!
//! ```
//! use selfheal_core::audit::{Field, Head, Opening, Openings, Salt, Tree, verify_inclusion};
//!
//! let (mut head, mut tree) = (Head::new(), Tree::new());
//! let mut salts = (0..).map(|n| Salt([n; 16])); // random in earnest
//! let entry = head.append(vec![Field::new("event", "opened"), Field::new("by", "healer")], || salts.next().unwrap())?;
//! tree.append(entry.hash);
//!
//! let path = tree.inclusion(entry.index, head.size())?;
//! assert!(verify_inclusion(&entry.hash, 0, 1, &path, &head.root()));
//! assert_eq!(Openings::decode(&entry.openings)?.value("by"), Some("healer"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod bytes;
mod checkpoint;
mod detail;
mod erasure;
mod field;
mod frontier;
mod hash;
mod leaf;
mod log;
mod note;
mod noted;
mod openings;
mod proof;
mod tree;
mod verify;
mod witness;

pub use account::{account, account_of};
pub use bytes::{MAX_FIELDS, MAX_NAME_BYTES, MAX_VALUE_BYTES, Malformed};
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use erasure::{ERASED, Erasure, MalformedErasure};
pub use field::{Field, Opening, Salt};
pub use frontier::Frontier;
pub use hash::{Hash, NotAHash};
pub use leaf::Leaf;
pub use log::{Entry, Head};
pub use note::{KeyId, MAX_NOTE_BYTES, NotAKeyId, NotANote, SignatureVerifier, Signer, is_key_name};
pub use noted::account_of_entry;
pub use openings::{Openings, encode_openings};
pub use proof::{verify_consistency, verify_inclusion};
pub use tree::{NoProof, Tree};
pub use verify::{CheckpointPlace, Defect, Defects, MAX_DEFECTS, Row, Segment, Stored, Verified, verify};
pub use witness::Witness;

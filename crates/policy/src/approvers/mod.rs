//! Approvers: who may agree to what a healer asks.
//!
//! ```yaml
//! schema: selfheal.dev/approvers/v1
//! people:
//!   - name: ada
//!     key: ed25519:1exg1Iqk8xAh0TkN9XJzCHSyY7IDVj/vZ0O1UhUKXWs=   # or 64 hex digits
//!     roles: [sre, database]
//!   - name: bob
//!     key: ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c
//!     roles: [sre]
//!     until: 2027-03-31        # the last day (UTC) on which he counts; or a time such as 2027-03-31T12:00:00Z
//! self_approval: [dev]         # who asked may agree themselves there; no other environment is taken
//! ```
//!
//! A guardrails rule names roles, this document says who has them. Names and keys are unique: one key under two names would let
//! one person agree twice. Names that look alike, mix scripts or hold what can't be seen are refused, and so are weak keys.

mod document;
mod file;
mod key;
mod name;
mod people;

pub use document::SCHEMA;
pub use file::ApproversFile;
pub use key::{EnrolledKey, NotAKey};
pub use people::{Approvers, Enrolled, Verifier};

//! What a store gives so that its log can be verified.

use std::ops::Range;

use selfheal_core::audit::{Row, Stored};
use selfheal_core::error::Result;

/// A stored log, to be read from several threads at once.
///
/// # To be correct
/// 1. [`stored`](AuditRows::stored) counts every row of leaves, whatever stands in it, and gives every checkpoint in the
///    order in which they were signed.
/// 2. [`read`](AuditRows::read) gives the columns as they are stored, in ascending order of their index, the rows at the
///    0-based places `places`; fewer where there are fewer. It stops when `each` answers `false`.
/// 3. What a column holds of another type than it should is an error or another value, never skipped.
/// 4. All reads see one state of the store.
pub trait AuditRows: Sync {
    /// The public key's text, as it lies in the store.
    ///
    /// # Errors
    /// If it can't be read.
    fn public_key(&self) -> Result<String>;

    /// Everything but the rows.
    ///
    /// # Errors
    /// If it can't be read.
    fn stored(&self) -> Result<Stored>;

    /// Gives the rows at `places` to `each`.
    ///
    /// # Errors
    /// If they can't be read.
    fn read(&self, places: Range<u64>, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()>;
}

//! Days, as ceilings count them.

use std::fmt;

use crate::time::Timestamp;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A day in UTC, by its number from 1970-01-01 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Day(u64);

impl Day {
    /// The day that `at` lies in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_millis() / DAY_MS)
    }

    /// So many days before; never before the first.
    #[must_use]
    pub fn before(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

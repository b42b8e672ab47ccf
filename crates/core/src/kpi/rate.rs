//! A share with the numbers that it comes from.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// `count` of `of`. It has no value where there is nothing to count: 0 of 0 is neither 0 % nor 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// How many.
    pub count: u64,
    /// Of how many; never less than `count`.
    pub of: u64,
}

impl Rate {
    /// `count` of `of`.
    #[must_use]
    pub fn new(count: u64, of: u64) -> Self {
        Self { count, of: of.max(count) }
    }

    /// 0 to 1; `None` if there is nothing to count.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Rate", 3)?;
        object.serialize_field("count", &self.count)?;
        object.serialize_field("of", &self.of)?;
        object.serialize_field("share", &self.share())?;
        object.end()
    }
}

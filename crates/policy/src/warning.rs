//! What a document says that its author can hardly mean.

use std::fmt;

use serde_saphyr::Location;

use crate::error::{LoadError, Place};

/// Something odd. It prints as `FILE:LINE:COLUMN: what is odd, and what was expected`. What says it is still in force: a warning is
/// advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(LoadError);

impl Warning {
    pub(crate) fn at(document: &str, at: Location, problem: impl fmt::Display) -> Self {
        Self(LoadError::located(document, at, problem))
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        self.0.place()
    }

    /// What is odd.
    #[must_use]
    pub fn problem(&self) -> &str {
        self.0.problem()
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

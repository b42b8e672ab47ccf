//! Why a document was refused.

use std::fmt;

/// A document that can't be used: where, and what was expected there.
///
/// It prints as `FILE:LINE:COLUMN: what was expected`, the form editors jump to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct LoadError {
    at: Place,
    problem: String,
}

/// A place in a named document; line and column are 1-based, absent for the document as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The document's name: its path for a host's file, its identifier for a shipped one.
    pub document: String,
    /// Line and column, where they are known.
    pub position: Option<(u64, u64)>,
}

impl LoadError {
    /// A problem of the whole document.
    pub fn whole(document: impl Into<String>, problem: impl fmt::Display) -> Self {
        let at = Place { document: document.into(), position: None };
        Self { at, problem: problem.to_string() }
    }

    /// A problem at a 1-based line and column.
    #[cfg(any(feature = "cedar", feature = "rego"))]
    pub(crate) fn at(document: impl Into<String>, line: u64, column: u64, problem: impl fmt::Display) -> Self {
        let at = Place { document: document.into(), position: Some((line, column)) };
        Self { at, problem: problem.to_string() }
    }

    /// A problem at a location the parser reported.
    pub(crate) fn located(
        document: impl Into<String>,
        location: serde_saphyr::Location,
        problem: impl fmt::Display,
    ) -> Self {
        let position = (location.line() > 0).then(|| (location.line(), location.column()));
        let at = Place { document: document.into(), position };
        Self { at, problem: problem.to_string() }
    }

    /// A problem on a line of a file that is not YAML, such as a sample log.
    pub(crate) fn on_line(document: impl Into<String>, line: usize, problem: impl fmt::Display) -> Self {
        let at = Place { document: document.into(), position: Some((line as u64, 1)) };
        Self { at, problem: problem.to_string() }
    }

    /// Where the problem is.
    pub fn place(&self) -> &Place {
        &self.at
    }

    /// What was expected and what was found.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.document)?;
        match self.position {
            Some((line, column)) => write!(out, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

//! Why models can't be used as they were configured.

use std::fmt;

/// What is wrong with the configuration, where, and what was expected. It never holds a key.
///
/// It prints as `FILE:LINE:COLUMN: what was expected`, the form editors jump to; of variables the name stands for the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    place: String,
    problem: String,
}

impl ConfigError {
    pub(super) fn new(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { place: place.to_string(), problem: problem.to_string() }
    }

    pub(super) fn of_yaml(document: &str, error: &serde_saphyr::Error) -> Self {
        let located = error.location().filter(|location| location.line() > 0);
        let place = located.map_or_else(
            || document.to_owned(),
            |location| format!("{document}:{}:{}", location.line(), location.column()),
        );
        Self::new(place, error.without_snippet())
    }
}

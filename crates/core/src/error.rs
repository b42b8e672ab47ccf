//! The one error of this crate's boundary: kind, retry status, operation, context.

use std::fmt;

/// What went wrong, coarsely enough to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing asked for doesn't exist.
    NotFound,
    /// Input that doesn't fit what was expected; the context says what and where.
    Invalid,
    /// The world is not as it was observed: a fence (hash, version) no longer holds.
    Conflict,
    /// The port, or what is behind it, can't be reached at the moment.
    Unavailable,
    /// The caller isn't allowed to do this.
    Forbidden,
    /// A bound of [`Limits`](crate::limits::Limits) or of the adapter is used up.
    LimitReached,
    /// The port can't do this at all.
    Unsupported,
    /// A person or the host asked to stop.
    Cancelled,
    /// A defect, or a failure that nobody classified.
    Internal,
}

/// Whether the same call may be made again.
///
/// The default for effects is [`Retry::Permanent`]: a caller repeats only what a port declared repeatable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Nothing happened; the same call may succeed later.
    Retryable,
    /// Repeating doesn't help.
    Permanent,
    /// It may or may not have happened: ask [`Executor::probe`](crate::ports::Executor::probe) before anything else.
    UnknownOutcome,
}

/// An error of a port, the engine or the orchestrator.
///
/// `Display` gives operation and message with the context pairs; it doesn't repeat the source.
#[derive(Debug, Clone, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    retry: Retry,
    operation: &'static str,
    message: String,
    context: Vec<(&'static str, String)>,
    #[source]
    source: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A permanent error of `operation` (such as `executor.apply`).
    #[must_use]
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self { kind, retry: Retry::Permanent, operation, message: message.into(), context: Vec::new(), source: None }
    }

    /// The same error with another retry status.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Adds a pair such as (`path`, `Cargo.lock`) that tells where.
    #[must_use]
    pub fn with_context(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, value.into()));
        self
    }

    /// Attaches the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(std::sync::Arc::new(source));
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the call may be repeated.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// Which operation failed, as `port.method`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The message alone, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The serialisable part, as journal and engine keep it.
    #[must_use]
    pub fn summary(&self) -> Failure {
        Failure { kind: self.kind, retry: self.retry, operation: self.operation.to_owned(), message: self.described() }
    }

    fn described(&self) -> String {
        let mut text = self.message.clone();
        for (key, value) in &self.context {
            text.push_str(&format!(" ({key}: {value})"));
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.described())
    }
}

/// An [`Error`] as a value of the engine: what the journal keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether the call may be repeated.
    pub retry: Retry,
    /// Which operation failed.
    pub operation: String,
    /// For people: message and context.
    pub message: String,
}

/// The result of every port method.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_operation_and_context_but_not_the_source() {
        let source = std::io::Error::other("disk on fire");
        let error = Error::new(ErrorKind::Unavailable, "executor.apply", "could not write")
            .with_context("path", "Cargo.lock")
            .with_source(source);
        assert_eq!(error.to_string(), "executor.apply: could not write (path: Cargo.lock)");
        assert_eq!(std::error::Error::source(&error).map(ToString::to_string), Some("disk on fire".to_owned()));
        assert_eq!(error.retry(), Retry::Permanent, "effects are not repeatable unless a port says so");
    }
}

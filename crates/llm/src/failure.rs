//! Why a provider gave no answer that can be used: what a caller branches on, without reading messages.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Retry};
use serde::{Deserialize, Serialize};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureClass {
    /// The key is missing, wrong, or may not use this model.
    Auth,
    /// No such model, or no such address.
    NotFound,
    /// Too many requests or tokens for the moment; [`Failure::retry_after`] may say until when.
    RateLimited,
    /// What was paid for is used up; waiting a minute doesn't help.
    QuotaExceeded,
    /// The server can't answer at the moment: 5xx, overloaded.
    Overloaded,
    /// The conversation is longer than the model can read.
    ContextOverflow,
    /// The model, or a filter before it, declines.
    Refusal,
    /// The server can't do what was asked for: a form of answers, tools.
    Unsupported,
    /// The server says that the request is wrong.
    BadRequest,
    /// The answer ended before it was complete: the connection broke off.
    Truncated,
    /// The answer has more tokens than were allowed.
    OutputLimit,
    /// The answer is not in the form that was asked for.
    NotJson,
    /// What came back is no answer of such a server: a web page, another protocol.
    NotAnApi,
    /// The answer has more bytes than are read.
    TooLarge,
    /// No connection.
    Unreachable,
    /// No answer in time.
    Timeout,
}

impl FailureClass {
    /// The name, as in configuration and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Overloaded => "overloaded",
            Self::ContextOverflow => "context_overflow",
            Self::Refusal => "refusal",
            Self::Unsupported => "unsupported",
            Self::BadRequest => "bad_request",
            Self::Truncated => "truncated",
            Self::OutputLimit => "output_limit",
            Self::NotJson => "not_json",
            Self::NotAnApi => "not_an_api",
            Self::TooLarge => "too_large",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
        }
    }

    /// The kind of [`Error`] that carries it.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Auth | Self::Refusal => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::RateLimited | Self::Overloaded | Self::Truncated | Self::Unreachable | Self::Timeout => {
                ErrorKind::Unavailable
            }
            Self::QuotaExceeded | Self::ContextOverflow | Self::OutputLimit | Self::TooLarge => ErrorKind::LimitReached,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::BadRequest | Self::NotJson | Self::NotAnApi => ErrorKind::Invalid,
        }
    }

    /// Whether the same request to the same provider may succeed a little later.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded | Self::Truncated | Self::Unreachable | Self::Timeout)
    }

    /// Whether it is certain that no model read anything, so that no tokens were spent.
    #[must_use]
    pub fn is_before_reading(self) -> bool {
        matches!(
            self,
            Self::Auth
                | Self::NotFound
                | Self::RateLimited
                | Self::QuotaExceeded
                | Self::ContextOverflow
                | Self::Unsupported
                | Self::BadRequest
                | Self::NotAnApi
                | Self::Unreachable
        )
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The source of an [`Error`] of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{class}")]
pub struct Failure {
    /// What kind.
    pub class: FailureClass,
    /// How long the server asked to wait; not bounded.
    pub retry_after: Option<Duration>,
}

impl From<FailureClass> for Failure {
    fn from(class: FailureClass) -> Self {
        Self { class, retry_after: None }
    }
}

impl Failure {
    /// The error that says so in `message`, with the kind and retry status that go with the class.
    #[must_use]
    pub fn error(self, message: impl Into<String>) -> Error {
        let retry = if self.class.is_transient() { Retry::Retryable } else { Retry::Permanent };
        Error::new(self.class.kind(), "llm.complete", message).with_retry(retry).with_source(self)
    }

    /// The failure that `error` carries; `None` if it comes from elsewhere, such as the meter.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let source = error.source()?;
        // An error shares its source, and so hands out the share.
        let shared = source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>();
        shared.map_or_else(|| source.downcast_ref(), |shared| shared.downcast_ref()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_carries_its_failure() {
        let failure = Failure { class: FailureClass::RateLimited, retry_after: Some(Duration::from_secs(3)) };
        let error = failure.error("too many requests");
        assert_eq!(Failure::of(&error), Some(failure));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable));
        assert_eq!(Failure::of(&Error::new(ErrorKind::LimitReached, "llm.budget", "used up")), None);
    }

    #[test]
    fn what_may_have_been_read_counts_as_read() {
        for class in [FailureClass::Timeout, FailureClass::Overloaded, FailureClass::Truncated, FailureClass::NotJson] {
            assert!(!class.is_before_reading(), "{class}");
        }
    }
}

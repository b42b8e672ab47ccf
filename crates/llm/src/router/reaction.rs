//! What a failure means for the next attempt.

use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::spending::is_ceiling;

use crate::failure::{Failure, FailureClass};

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It may pass: the same backend once more, a little later.
    Again,
    /// Not this backend; another one may do.
    Next,
    /// Only a backend that reads more may do.
    Larger,
    /// No other backend would do.
    Stop,
}

impl Reaction {
    pub(super) fn to(error: &Error) -> Self {
        if is_ceiling(error) {
            return Self::Stop;
        }
        match Failure::of(error).map(|failure| failure.class) {
            Some(FailureClass::ContextOverflow) => Self::Larger,
            Some(class) if class.is_transient() => Self::Again,
            // Servers differ in what they take: one that objects to a request says nothing about the others.
            Some(_) => Self::Next,
            None if error.kind() == ErrorKind::Cancelled => Self::Stop,
            None if error.retry() == Retry::Retryable => Self::Again,
            None => Self::Next,
        }
    }
}

/// Whether the failure says that the backend is out of order, or closed to us. A server that refuses one request, or asks to slow
/// down, is in order.
pub(super) fn is_down(error: &Error) -> bool {
    match Failure::of(error).map(|failure| failure.class) {
        Some(
            FailureClass::Auth
            | FailureClass::NotFound
            | FailureClass::NotAnApi
            | FailureClass::QuotaExceeded
            | FailureClass::Overloaded
            | FailureClass::Truncated
            | FailureClass::Unreachable
            | FailureClass::Timeout,
        ) => true,
        Some(_) => false,
        None => error.kind() == ErrorKind::Unavailable && !is_ceiling(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_another_backend_would_repeat_stops() {
        let to = |class: FailureClass| Reaction::to(&Failure::from(class).error("no"));
        assert_eq!(to(FailureClass::Overloaded), Reaction::Again);
        assert_eq!(to(FailureClass::Auth), Reaction::Next);
        assert_eq!(to(FailureClass::Refusal), Reaction::Next);
        assert_eq!(to(FailureClass::ContextOverflow), Reaction::Larger);
        assert_eq!(to(FailureClass::BadRequest), Reaction::Next);
        assert_eq!(to(FailureClass::Unsupported), Reaction::Next);
        assert_eq!(Reaction::to(&Error::new(ErrorKind::LimitReached, "llm.budget", "used up")), Reaction::Stop);
        assert_eq!(Reaction::to(&Error::new(ErrorKind::LimitReached, "llm.complete", "too long")), Reaction::Next);
    }

    #[test]
    fn a_server_that_asks_to_slow_down_is_up() {
        assert!(!is_down(&Failure::from(FailureClass::RateLimited).error("429")));
        assert!(is_down(&Failure::from(FailureClass::Unreachable).error("refused")));
    }
}

//! What every backend said, for the error at the end.

use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::ports::ModelTier;

use super::backend::Unanswered;
use crate::failure::Failure;

/// Most bytes of what one backend said.
const MAX_SAID_BYTES: usize = 240;

/// Most bytes of all of it.
const MAX_MESSAGE_BYTES: usize = 2_000;

/// Gathers why there is no answer.
#[derive(Debug, Default)]
pub(super) struct Account {
    said: Vec<String>,
    last: Option<Error>,
    may_pass: bool,
}

impl Account {
    /// A backend isn't asked, for a reason that stays.
    pub(super) fn passed_over(&mut self, backend: &str, because: &str) {
        self.said.push(format!("{backend}: not called: {because}"));
    }

    /// A backend gave no answer.
    pub(super) fn add(&mut self, backend: &str, unanswered: Unanswered) {
        let Unanswered { calls, error, not_called } = unanswered;
        self.may_pass |= not_called.is_some() || error.as_ref().is_some_and(|error| error.retry() == Retry::Retryable);
        let mut parts = Vec::new();
        parts.extend(error.as_ref().map(|error| said(error, calls)));
        parts.extend(not_called.map(|why| format!("not called{}: {why}", if calls > 0 { " again" } else { "" })));
        self.said.push(format!("{backend}: {}", parts.join(", ")));
        self.last = error.or(self.last.take());
    }

    /// Bounded, and of the kind of the last failure, unless one of all may pass.
    pub(super) fn error(self, tier: ModelTier) -> Error {
        let mut message = format!("no {} model answered: {}", tier.as_str(), self.said.join("; "));
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        let kind = match &self.last {
            Some(last) if !self.may_pass => last.kind(),
            _ => ErrorKind::Unavailable,
        };
        let retry = if self.may_pass { Retry::Retryable } else { Retry::Permanent };
        let error = Error::new(kind, "llm.complete", message).with_retry(retry);
        match self.last.as_ref().and_then(Failure::of) {
            Some(failure) => error.with_source(failure),
            None => error,
        }
    }
}

fn said(error: &Error, calls: u32) -> String {
    let class = Failure::of(error).map(|failure| format!("{failure}: ")).unwrap_or_default();
    let times = if calls > 1 { format!(" ({calls} calls)") } else { String::new() };
    format!("{class}{}{times}", plain(error.message()))
}

/// One line, of bounded length: servers say what they like.
fn plain(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(MAX_SAID_BYTES)];
    cut.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::backend::NotCalled;
    use super::*;
    use crate::failure::FailureClass;

    fn failed(calls: u32, class: FailureClass, message: &str) -> Unanswered {
        Unanswered { calls, error: Some(Failure::from(class).error(message)), not_called: None }
    }

    #[test]
    fn the_error_tells_what_each_said() {
        let mut account = Account::default();
        account.add("nim", failed(3, FailureClass::Overloaded, "503\n\u{1b}[31m"));
        account.add("backup", Unanswered { calls: 0, error: None, not_called: Some(NotCalled::Broken) });
        let error = account.error(ModelTier::Small);
        let expected = "no small model answered: nim: overloaded: 503  [31m (3 calls); \
                        backup: not called: it failed too often lately";
        assert_eq!((error.message(), error.retry()), (expected, Retry::Retryable));
    }

    #[test]
    fn it_is_bounded_whatever_they_said() {
        let mut account = Account::default();
        for _ in 0..100 {
            account.add("b", failed(1, FailureClass::Auth, &"ß".repeat(10_000)));
        }
        let error = account.error(ModelTier::Large);
        assert!(error.message().len() <= MAX_MESSAGE_BYTES);
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Forbidden, Retry::Permanent));
    }
}

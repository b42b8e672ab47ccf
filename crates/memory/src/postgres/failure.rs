//! What a failed call to the server means.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use selfheal_core::error::{Error, ErrorKind, Result, Retry};

/// What a failure leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// The server said no: nothing was changed, and the connection is good.
    Refused,
    /// The connection is gone. What was sent last may have been carried out, or may still be.
    Disconnected,
}

/// What the failure leaves behind.
pub(super) fn aftermath(error: &sqlx::Error) -> Aftermath {
    match reported(error) {
        // A server that shuts down may end a session after its commit.
        Some(report) if is_fatal(report) => Aftermath::Disconnected,
        Some(_) => Aftermath::Refused,
        None => match error {
            sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => Aftermath::Refused,
            _ => Aftermath::Disconnected,
        },
    }
}

/// A transaction that was given up.
#[derive(Debug)]
pub(super) struct Broken {
    /// For whoever waits for it.
    pub(super) error: Error,
    /// What it left behind.
    pub(super) aftermath: Aftermath,
    /// Whether it may be durable, or become it, all the same.
    pub(super) in_doubt: bool,
}

impl Broken {
    /// Nothing was changed, and asking again at once would end the same way.
    pub(super) fn refused(error: Error) -> Self {
        Self { error, aftermath: Aftermath::Refused, in_doubt: false }
    }

    /// The server can't be reached, and nothing was changed.
    pub(super) fn disconnected(error: Error) -> Self {
        Self { error, aftermath: Aftermath::Disconnected, in_doubt: false }
    }
}

/// The error of `operation`, for a call that may be made again whatever became of it.
pub(super) fn failed(operation: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |error| describe(operation, &error)
}

/// The error of an operation that took longer than `statement_timeout`.
pub(super) fn timed_out(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "the database did not answer in time").with_retry(Retry::Retryable)
}

/// Waits for `call` at most so long.
pub(super) async fn within<T>(
    limit: std::time::Duration,
    operation: &'static str,
    call: impl Future<Output = sqlx::Result<T>>,
) -> Result<T> {
    let answer = tokio::time::timeout(limit, call).await.map_err(|_| timed_out(operation))?;
    answer.map_err(failed(operation))
}

/// As [`within`], for a call on a connection that is there, and that changes something which is not the same when it is made
/// again: if its answer is lost, nobody knows.
pub(super) async fn changing<T>(
    limit: std::time::Duration,
    operation: &'static str,
    call: impl Future<Output = sqlx::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if aftermath(&error) == Aftermath::Refused => Err(describe(operation, &error)),
        Ok(Err(error)) => Err(describe(operation, &error).with_retry(Retry::UnknownOutcome)),
        Err(_) => Err(timed_out(operation).with_retry(Retry::UnknownOutcome)),
    }
}

pub(super) fn describe(operation: &'static str, error: &sqlx::Error) -> Error {
    let Some(report) = reported(error) else {
        let (kind, retry, message) = unreported(error);
        return Error::new(kind, operation, message).with_retry(retry);
    };
    let (kind, retry) = meaning(report.code());
    let error = Error::new(kind, operation, report.message()).with_retry(retry).with_context("sqlstate", report.code());
    match report.hint() {
        Some(hint) => error.with_context("hint", hint),
        None => error,
    }
}

fn reported(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

fn is_fatal(report: &PgDatabaseError) -> bool {
    matches!(report.severity(), PgSeverity::Fatal | PgSeverity::Panic) || report.code().starts_with("57P")
}

/// What a SQLSTATE (PostgreSQL, appendix A) says; everything was rolled back.
fn meaning(code: &str) -> (ErrorKind, Retry) {
    match code {
        "42501" => (ErrorKind::Forbidden, Retry::Permanent),
        // Out of disk or memory, too many connections; read-only, which a standby is until it takes over.
        _ if code.starts_with("53") => (ErrorKind::Unavailable, Retry::Retryable),
        "25006" | "55P03" | "57014" => (ErrorKind::Unavailable, Retry::Retryable),
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "40" | "57" | "58" => (ErrorKind::Unavailable, Retry::Retryable),
            "28" => (ErrorKind::Forbidden, Retry::Permanent),
            "3D" | "3F" => (ErrorKind::NotFound, Retry::Permanent),
            "22" | "42" | "XX" => (ErrorKind::Invalid, Retry::Permanent),
            _ => (ErrorKind::Internal, Retry::Permanent),
        },
    }
}

fn unreported(error: &sqlx::Error) -> (ErrorKind, Retry, String) {
    match error {
        sqlx::Error::PoolTimedOut => {
            (ErrorKind::Unavailable, Retry::Retryable, "no connection became free in time".to_owned())
        }
        sqlx::Error::Configuration(_) | sqlx::Error::Encode(_) => {
            (ErrorKind::Invalid, Retry::Permanent, error.to_string())
        }
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => {
            (ErrorKind::Invalid, Retry::Permanent, error.to_string())
        }
        sqlx::Error::RowNotFound => {
            (ErrorKind::Invalid, Retry::Permanent, "a row that must be there is not".to_owned())
        }
        other => (ErrorKind::Unavailable, Retry::Retryable, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_are_told_apart_by_what_the_caller_can_do() {
        assert_eq!(meaning("28P01"), (ErrorKind::Forbidden, Retry::Permanent), "wrong password");
        assert_eq!(meaning("53100"), (ErrorKind::Unavailable, Retry::Retryable), "disk full");
        assert_eq!(meaning("40P01"), (ErrorKind::Unavailable, Retry::Retryable), "deadlock");
        assert_eq!(meaning("3D000"), (ErrorKind::NotFound, Retry::Permanent), "no such database");
        assert_eq!(meaning("22P05"), (ErrorKind::Invalid, Retry::Permanent), "text that can't be stored");
        assert_eq!(meaning("23505"), (ErrorKind::Internal, Retry::Permanent), "a defect");
    }

    #[test]
    fn a_broken_connection_leaves_the_outcome_open_and_a_bad_value_does_not() {
        let broken = sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into());
        assert_eq!(aftermath(&broken), Aftermath::Disconnected);
        assert_eq!(aftermath(&sqlx::Error::Encode("too long".into())), Aftermath::Refused);
    }
}

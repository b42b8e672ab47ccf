//! What went wrong in SQLite, in the terms of the port.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi;
use selfheal_core::error::{Error, ErrorKind, Retry};

/// Why a write was not carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// The journal's own answer; nothing was written for it.
    Refused(Error),
    /// The database failed: the whole transaction is taken back.
    Database(rusqlite::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// The port's error for `error`, of which nothing was stored.
pub(super) fn of(operation: &'static str, path: &Path, error: &rusqlite::Error) -> Error {
    use ErrorKind::{Forbidden, Internal, Invalid, Unavailable};
    let (kind, retry, what) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Unavailable, Retry::Retryable, "another process holds the store for too long")
        }
        Some(ErrorCode::NotADatabase) => (Invalid, Retry::Permanent, "expected a store, this is no SQLite database"),
        Some(ErrorCode::DatabaseCorrupt) => (Invalid, Retry::Permanent, "the store is damaged"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (Forbidden, Retry::Permanent, "the store can't be written to")
        }
        // Room can be made.
        Some(ErrorCode::DiskFull) => (Unavailable, Retry::Retryable, "the disk is full"),
        Some(ErrorCode::SystemIoFailure) => (Unavailable, Retry::Retryable, "reading or writing the store failed"),
        Some(ErrorCode::CannotOpen) => (Unavailable, Retry::Permanent, "the store can't be opened"),
        Some(ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation) => {
            (Invalid, Retry::Permanent, "the store is damaged")
        }
        Some(_) => (Internal, Retry::Permanent, "the store failed"),
        // Not SQLite but a column that doesn't hold what it should.
        None => (Invalid, Retry::Permanent, "the store is damaged"),
    };
    Error::new(kind, operation, format!("{what}: {error}"))
        .with_retry(retry)
        .with_context("path", path.display().to_string())
}

/// Whether another process was in the way.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether a commit that ended with `error` may be durable all the same. The frame with the commit mark is the last that is
/// written; what can fail after it is the system's word that it reached the disk, and the shared index that tells others of it.
pub(super) fn leaves_doubt(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    match error.extended_code {
        // That frame itself, or one before it, is not whole.
        ffi::SQLITE_IOERR_WRITE => false,
        code => matches!(code & 0xff, ffi::SQLITE_IOERR | ffi::SQLITE_NOMEM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fails_before_the_commit_mark_is_certainly_not_stored() {
        let failed = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_SHMMAP, ffi::SQLITE_NOMEM] {
            assert!(leaves_doubt(&failed(code)), "{code}");
        }
        for code in [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_READONLY] {
            assert!(!leaves_doubt(&failed(code)), "{code}");
        }
    }
}

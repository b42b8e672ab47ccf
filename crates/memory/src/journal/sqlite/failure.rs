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

/// Whether a commit that ended with `error` may be durable all the same: the frames were written, and only the system's word
/// that they reached the disk is missing.
pub(super) fn leaves_doubt(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC))
}

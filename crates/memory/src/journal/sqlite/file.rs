//! Opening the file: what is no journal of ours is left as it is.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use selfheal_core::audit::{Head, SignedCheckpoint};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;

use super::failure::{self, Failure};
use super::log;
use super::schema::{Found, MIGRATIONS, bring_up_to_date, find};
use crate::audit::PublicKey;

const OPERATION: &str = "journal.open";

/// How long another process may hold the file before a call gives up.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// How long between two tries to open it.
const PAUSE: Duration = Duration::from_millis(2);

/// Pages (of 4 KiB) that the write-ahead log may take before they are moved to their places.
const WAL_PAGES: i64 = 4096;

/// `PRAGMA cache_size` of a connection that reads: as a negative number, KiB. A list goes through the index and two tables at
/// once.
const READER_CACHE: i64 = -16_384;

/// Opens the file for writing, or creates it as the journal of `key`.
pub(super) fn open(path: &Path, key: &PublicKey) -> Result<Connection> {
    create_private(path)?;
    check_header(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error| failure::of(OPERATION, path, &error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    prepare_patiently(&mut connection, path, key)?;
    failpoint::hit("journal.opened");
    Ok(connection)
}

/// While several make or open the file at once, SQLite may refuse to turn on the write-ahead log without waiting for the others.
fn prepare_patiently(connection: &mut Connection, path: &Path, key: &PublicKey) -> Result<()> {
    let deadline = Instant::now() + BUSY;
    loop {
        match prepare(connection, key) {
            Ok(()) => return Ok(()),
            Err(Failure::Refused(error)) => return Err(at(error, path)),
            Err(Failure::Database(error)) if failure::is_busy(&error) && Instant::now() < deadline => {
                std::thread::sleep(PAUSE);
            }
            Err(Failure::Database(error)) => return Err(failure::of(OPERATION, path, &error)),
        }
    }
}

fn prepare(connection: &mut Connection, key: &PublicKey) -> Result<(), Failure> {
    // Before anything is changed: turning on the write-ahead log would already be a change.
    check(find(connection, MIGRATIONS)?)?;
    set_up(connection)?;
    let found = bring_up_to_date(connection, MIGRATIONS, |connection, found| complete(connection, found, key))?;
    Ok(check(found)?)
}

/// The audit log's newest checkpoint.
pub(super) fn newest_checkpoint(connection: &Connection, path: &Path) -> Result<Option<SignedCheckpoint>> {
    match log::newest_checkpoint(connection) {
        Ok(newest) => Ok(newest.map(|(_, checkpoint)| checkpoint)),
        Err(Failure::Refused(error)) => Err(at(error, path)),
        Err(Failure::Database(error)) => Err(failure::of(OPERATION, path, &error)),
    }
}

/// Opens an existing file for reading only, and leaves nothing behind; beside a write-ahead log, SQLite's shared memory.
pub(super) fn open_read_only(path: &Path) -> Result<Connection> {
    match open_to_inspect(path)? {
        // Only a writer brings it up to date.
        (_, version) if version < MIGRATIONS.len() => {
            let message = format!("the journal is of version {version}, and must be opened for writing once");
            Err(at(Error::new(ErrorKind::Invalid, OPERATION, message), path))
        }
        (connection, _) => Ok(connection),
    }
}

/// The same, of any version that this program knows; also says of which.
pub(super) fn open_to_inspect(path: &Path) -> Result<(Connection, usize)> {
    if !path.exists() {
        return Err(at(Error::new(ErrorKind::NotFound, OPERATION, "there is no journal"), path));
    }
    check_header(path)?;
    let failed = |error| failure::of(OPERATION, path, &error);
    let connection = read_only(path).map_err(failed)?;
    match find(&connection, MIGRATIONS).map_err(failed)? {
        Found::Version(version) => Ok((connection, version)),
        found => match check(found) {
            Ok(()) => Err(at(Error::new(ErrorKind::NotFound, OPERATION, "the journal is empty"), path)),
            Err(error) => Err(at(error, path)),
        },
    }
}

fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    // Without a write-ahead log to be moved to its place, closing changes nothing; and whoever may write can remove the
    // shared memory afterwards, which whoever may only read leaves behind.
    let mode = if has_log(path) { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    // Before the pragmas, which look at the file too.
    let connection = match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => connection,
        Err(error) if is_unwritable(&error) && !has_log(path) => immutable(path)?,
        Err(error) => return Err(error),
    };
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", READER_CACHE)?;
    Ok(connection)
}

/// Where even shared memory can't be created, such as on read-only media, nobody can be writing either.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let mut uri = url_of(path);
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}

fn url_of(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let escaped = |byte: &u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.as_os_str().as_bytes().iter().map(escaped).fold("file://".to_owned(), |uri, part| uri + &part)
}

fn is_unwritable(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
}

fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Nobody else may read what incidents hold; SQLite gives its other files the same mode.
fn create_private(path: &Path) -> Result<()> {
    let opened = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
    let error = match opened {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let kind = match error.kind() {
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => ErrorKind::Forbidden,
        IoKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    };
    Err(at(Error::new(kind, OPERATION, format!("the file can't be opened for writing: {error}")), path))
}

/// SQLite takes what is shorter than a page for an empty database, and would write over it.
fn check_header(path: &Path) -> Result<()> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut header = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read(&mut header));
    match read {
        // Empty, or made by a process that ended within: then SQLite knows how to undo that.
        Ok(0) => Ok(()),
        Ok(_) if header == *MAGIC || beside(path, "-journal").exists() => Ok(()),
        Ok(_) => {
            Err(at(Error::new(ErrorKind::Invalid, OPERATION, "expected a store, this is no SQLite database"), path))
        }
        Err(error) => {
            let message = format!("the file can't be read: {error}");
            Err(at(Error::new(ErrorKind::Unavailable, OPERATION, message), path))
        }
    }
}

/// A file that SQLite keeps beside the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    // What is erased or forgotten is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A new journal is that of `key`; an existing one must be.
fn complete(connection: &Connection, found: Found, key: &PublicKey) -> Result<(), Failure> {
    if found == Found::Empty {
        connection.execute("INSERT INTO audit_key (one, key) VALUES (1, ?1)", [key.to_string()])?;
        connection.execute("INSERT INTO audit_head (one, head) VALUES (1, ?1)", [Head::new().encode()])?;
        return Ok(());
    }
    let stored: String = connection.query_row("SELECT key FROM audit_key", [], |row| row.get(0))?;
    if stored == key.to_string() {
        return Ok(());
    }
    let message = "the audit log of this store is signed with another key: nothing can be appended without that";
    Err(Error::new(ErrorKind::Forbidden, OPERATION, message)
        .with_context("expected", stored)
        .with_context("given", key.to_string())
        .into())
}

fn check(found: Found) -> Result<()> {
    let message = match found {
        Found::Empty | Found::Version(_) => return Ok(()),
        Found::Newer(version) => {
            format!("the journal is of version {version}, this program knows up to {}", MIGRATIONS.len())
        }
        Found::Altered => "the journal has other tables, indices, views or triggers than it was made with".to_owned(),
        Found::Foreign => "the file is an SQLite database, but no journal of selfheal".to_owned(),
    };
    Err(Error::new(ErrorKind::Invalid, OPERATION, message))
}

fn at(error: Error, path: &Path) -> Error {
    error.with_retry(Retry::Permanent).with_context("path", path.display().to_string())
}

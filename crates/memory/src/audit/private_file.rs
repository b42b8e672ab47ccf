//! Files that are made whole or not at all, and that nobody else may read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use selfheal_core::error::{Error, ErrorKind, Result};

/// Makes the file at `path`, private (0600) and durable; one that is there already stays as it is.
///
/// # Errors
/// [`ErrorKind::Conflict`] if there is one already.
pub(super) fn create(path: &Path, content: &str, operation: &'static str) -> Result<()> {
    let failed = |error| io(operation, path, error);
    let folder = folder_of(path);
    // Made private by its builder.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    sync_folder(path).map_err(failed)
}

/// Makes the entry of `path` in its folder durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The text of a file of at most `most` bytes.
pub(super) fn read(path: &Path, most: u64, operation: &'static str) -> Result<(String, File)> {
    let failed = |error| io(operation, path, error);
    let file = OpenOptions::new().read(true).open(path).map_err(failed)?;
    let about = |message: String| {
        Error::new(ErrorKind::Invalid, operation, message).with_context("path", path.display().to_string())
    };
    let length = file.metadata().map_err(failed)?.len();
    if length > most {
        return Err(about(format!("the file has {length} bytes, expected at most {most}")));
    }
    let mut bytes = Vec::new();
    (&file).take(most).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| about("the file is no text".to_owned()))?;
    Ok((text, file))
}

/// Refuses a file that others than its owner can read or write.
pub(super) fn check_private(file: &File, path: &Path, operation: &'static str) -> Result<()> {
    let mode = file.metadata().map_err(|error| io(operation, path, error))?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!("others can reach the private key: its mode is {mode:03o}, expected 600");
    Err(Error::new(ErrorKind::Forbidden, operation, message).with_context("path", path.display().to_string()))
}

pub(super) fn io(operation: &'static str, path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        IoKind::NotFound => ErrorKind::NotFound,
        IoKind::AlreadyExists => ErrorKind::Conflict,
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => ErrorKind::Forbidden,
        IoKind::StorageFull | IoKind::QuotaExceeded | IoKind::FileTooLarge => ErrorKind::LimitReached,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, operation, error.to_string()).with_context("path", path.display().to_string())
}

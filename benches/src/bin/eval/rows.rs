//! Labelled rows, one JSON object a line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why data couldn't be read, or a result not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}:{line}: expected {expected}: {source}", path.display())]
    Row { path: PathBuf, line: usize, expected: &'static str, source: serde_json::Error },
    #[error("{}: no rows", path.display())]
    Empty { path: PathBuf },
    #[error("writing the result: {0}")]
    Output(#[from] io::Error),
}

/// Largest file read, in bytes.
const FILE_BYTES: u64 = 64 << 20;

/// `file` in `data`, or in the folder `safety` below.
pub(crate) fn file(data: &Path, file: &str) -> PathBuf {
    let below = data.join("safety").join(file);
    if !data.join(file).exists() && below.exists() { below } else { data.join(file) }
}

/// Reads every row of a file; blank lines are skipped.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path, expected: &'static str) -> Result<Vec<T>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_BYTES {
        return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {FILE_BYTES} bytes"))));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let rows: Vec<T> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let row = |source| Error::Row { path: path.to_owned(), line: index + 1, expected, source };
            serde_json::from_str(line).map_err(row)
        })
        .collect::<Result<_, _>>()?;
    if rows.is_empty() { Err(Error::Empty { path: path.to_owned() }) } else { Ok(rows) }
}

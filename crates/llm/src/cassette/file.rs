//! A cassette's file.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::exchange::Exchange;
use crate::fingerprint::Fingerprint;

/// The largest file that is read or written, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Most exchanges in it.
pub(super) const MAX_EXCHANGES: usize = 10_000;

/// Why a cassette can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CassetteError {
    /// The file can't be read or written.
    #[error("{}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is larger than a cassette may be.
    #[error("{}: expected at most {MAX_EXCHANGES} exchanges in {MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// A line is no exchange.
    #[error("{}, line {line}: expected an exchange", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// What it is instead.
        source: serde_json::Error,
    },
    /// A line was edited by hand: the fingerprint is that of another request.
    #[error("{}, line {line}: the fingerprint of this request is {expected}", path.display())]
    Fingerprint {
        /// Which file.
        path: PathBuf,
        /// 1-based.
        line: usize,
        /// What stands there should be.
        expected: String,
    },
    /// Without its secrets an answer isn't JSON any more, and would be replayed as another one.
    #[error("the answer to request {fingerprint} has a secret in it that can't be left out")]
    Secret {
        /// Whose answer.
        fingerprint: String,
    },
}

pub(super) fn read(path: &Path) -> Result<Vec<Exchange>, CassetteError> {
    let failed = |source| CassetteError::Io { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > MAX_BYTES {
        return Err(CassetteError::TooLarge { path: path.to_owned() });
    }
    let mut exchanges = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file.take(MAX_BYTES)).lines()) {
        if exchanges.len() == MAX_EXCHANGES {
            return Err(CassetteError::TooLarge { path: path.to_owned() });
        }
        exchanges.push(exchange(path, line, &text.map_err(failed)?)?);
    }
    Ok(exchanges)
}

fn exchange(path: &Path, line: usize, text: &str) -> Result<Exchange, CassetteError> {
    let mut exchange: Exchange =
        serde_json::from_str(text).map_err(|source| CassetteError::Line { path: path.to_owned(), line, source })?;
    exchange.request.sort_all_objects();
    let expected = Fingerprint::of_canonical(&exchange.request).to_string();
    if exchange.fingerprint != expected {
        return Err(CassetteError::Fingerprint { path: path.to_owned(), line, expected });
    }
    Ok(exchange)
}

/// Writes all of it or nothing.
pub(super) fn write(path: &Path, exchanges: &[Exchange]) -> Result<(), CassetteError> {
    let failed = |source| CassetteError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    for exchange in exchanges {
        serde_json::to_writer(&mut bytes, exchange).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
    }
    if bytes.len() as u64 > MAX_BYTES || exchanges.len() > MAX_EXCHANGES {
        return Err(CassetteError::TooLarge { path: path.to_owned() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

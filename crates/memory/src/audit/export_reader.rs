//! Reading an export, without ever holding more than a line of it.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use selfheal_core::audit::{Opening, Row, Salt, Stored, encode_openings};
use selfheal_core::error::Result;

use super::export::EXPORT_VERSION;
use super::export_line::{CheckpointLine, LeafLine, LogLine, OpeningLine, invalid, next_line, parse};
use super::private_file::io;
use super::rows::AuditRows;

/// Every how many leaves the place in the file is remembered.
const STRIDE: u64 = 1024;

/// A log in a file that [`export`](super::export) wrote.
///
/// Every byte counts: a line that isn't exactly as it would be written is refused.
#[derive(Debug)]
pub struct Export {
    path: PathBuf,
    key: String,
    stored: Stored,
    /// Offsets in the file of the leaves 0, 1024, 2048, ….
    offsets: Vec<u64>,
}

impl Export {
    /// Opens the export at `path`: reads it through once, for the places of its lines.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](selfheal_core::error::ErrorKind::Invalid) if it is none, is cut off or goes on past its end;
    /// others if it can't be read.
    pub fn open(path: &Path) -> Result<Self> {
        Self::scan(path).map_err(|error| error.with_context("path", path.display().to_string()))
    }

    fn scan(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| io("audit.import", path, error))?;
        let mut lines = Lines { reader: BufReader::new(file), line: Vec::new(), offset: 0 };
        let head: LogLine = parse(lines.expect("the first line")?, "the first line")?;
        if head.selfheal_audit_export != EXPORT_VERSION {
            let found = head.selfheal_audit_export;
            return Err(invalid(format!("it is of version {found}, this program reads {EXPORT_VERSION}")));
        }
        let mut offsets = Vec::new();
        for leaf in 0..head.leaves {
            if leaf % STRIDE == 0 {
                offsets.push(lines.offset);
            }
            lines.expect("a leaf")?;
        }
        let mut checkpoints = Vec::new();
        for _ in 0..head.checkpoints {
            let line: CheckpointLine = parse(lines.expect("a checkpoint")?, "a checkpoint")?;
            checkpoints.push(line.checkpoint);
        }
        lines.end()?;
        let head_bytes = STANDARD.decode(&head.head).map_err(|_| invalid("the head is not base64"))?;
        let stored = Stored { rows: head.leaves, head: head_bytes, checkpoints };
        Ok(Self { path: path.to_owned(), key: head.key, stored, offsets })
    }

    /// The lines from leaf `place` on.
    fn lines_from(&self, place: u64) -> Result<Lines> {
        let failed = |error| io("audit.import", &self.path, error);
        let mut reader = BufReader::new(File::open(&self.path).map_err(failed)?);
        let mark = usize::try_from(place / STRIDE).unwrap_or(usize::MAX);
        let offset = self.offsets.get(mark).copied().unwrap_or_default();
        reader.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut lines = Lines { reader, line: Vec::new(), offset };
        for _ in 0..place % STRIDE {
            lines.expect("a leaf")?;
        }
        Ok(lines)
    }
}

impl AuditRows for Export {
    fn public_key(&self) -> Result<String> {
        Ok(self.key.clone())
    }

    fn stored(&self) -> Result<Stored> {
        Ok(self.stored.clone())
    }

    fn read(&self, places: Range<u64>, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()> {
        let places = places.start..places.end.min(self.stored.rows);
        if places.is_empty() {
            return Ok(());
        }
        let mut lines = self.lines_from(places.start)?;
        for place in places {
            let line: LeafLine = parse(lines.expect("a leaf")?, &format!("leaf {place}"))?;
            let leaf = STANDARD.decode(&line.leaf).map_err(|_| invalid(format!("leaf {place} is not base64")))?;
            let openings = openings(&line).ok_or_else(|| invalid(format!("the openings of leaf {place} are none")))?;
            let row = Row { index: line.index, hash: line.hash.as_bytes(), leaf: &leaf, openings: &openings };
            if !each(&row) {
                break;
            }
        }
        Ok(())
    }
}

fn openings<'a>(line: &'a LeafLine) -> Option<Vec<u8>> {
    let opening = |line: &'a OpeningLine| {
        Some(Opening { name: &line.name, salt: Salt::from_hex(&line.salt)?, value: &line.value })
    };
    let openings = line.openings.iter().map(opening).collect::<Option<Vec<_>>>()?;
    encode_openings(&openings).ok()
}

struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    offset: u64,
}

impl Lines {
    fn expect(&mut self, what: &str) -> Result<&[u8]> {
        let line = next_line(&mut self.reader, &mut self.line)?;
        let line = line.ok_or_else(|| invalid(format!("the file ends where {what} should stand")))?;
        self.offset += line.len() as u64 + 1;
        Ok(line)
    }

    fn end(mut self) -> Result<()> {
        match next_line(&mut self.reader, &mut self.line)? {
            None => Ok(()),
            Some(_) => Err(invalid("lines follow its end")),
        }
    }
}

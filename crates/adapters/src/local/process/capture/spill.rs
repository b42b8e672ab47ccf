//! Writing captured output to a private file.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use super::runs::{cut_end, cut_start};

/// The beginning's share of a limit; the end tells more about a failure.
const HEAD_SHARE: usize = 4;

/// What was written to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spilled {
    /// The file's size in bytes.
    pub bytes: u64,
    /// Bytes of output that are not in the file.
    pub omitted: u64,
}

/// The two ends of the output, and how much is missing between them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    omitted: u64,
}

impl<'a> Parts<'a> {
    pub(super) fn of_whole(all: &'a [u8], limit: usize) -> Self {
        if all.len() <= limit {
            return Self { head: all, tail: &[], omitted: 0 };
        }
        Self::of_ends(all, all, all.len() as u64, limit)
    }

    pub(super) fn of_ends(head: &'a [u8], tail: &'a [u8], total: u64, limit: usize) -> Self {
        let head = cut_end(head, limit / HEAD_SHARE);
        let tail = cut_start(tail, limit - limit / HEAD_SHARE);
        let kept = (head.len() + tail.len()) as u64;
        Self { head, tail, omitted: total.saturating_sub(kept) }
    }
}

pub(super) fn write(path: &Path, redact: &dyn Fn(&str) -> Cow<'_, str>, parts: Parts<'_>) -> io::Result<Spilled> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    // Created with mode 0600, and never through a link that somebody left at `path`.
    let mut file = tempfile::NamedTempFile::new_in(dir.unwrap_or(Path::new(".")))?;
    file.write_all(redact(&String::from_utf8_lossy(parts.head)).as_bytes())?;
    if parts.omitted > 0 {
        write!(file, "\n[... {} bytes omitted ...]\n", parts.omitted)?;
    }
    file.write_all(redact(&String::from_utf8_lossy(parts.tail)).as_bytes())?;
    let bytes = file.as_file().metadata()?.len();
    file.persist(path)?;
    Ok(Spilled { bytes, omitted: parts.omitted })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn spill(all: &str, limit: usize) -> (String, u32) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        write(&path, &|text| text.replace("hunter2", "<secret>").into(), Parts::of_whole(all.as_bytes(), limit))
            .unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        (std::fs::read_to_string(path).unwrap(), mode & 0o777)
    }

    #[test]
    fn what_fits_is_written_whole_redacted_and_private() {
        let written = spill("password hunter2\nend", 1000);
        assert_eq!(written, ("password <secret>\nend".to_owned(), 0o600));
    }

    #[test]
    fn what_does_not_fit_keeps_both_ends_and_says_what_is_missing() {
        let (written, _) = spill("first line\nmiddle middle\nlast line of all\n", 40);
        assert_eq!(written, "first \n[... 12 bytes omitted ...]\nmiddle\nlast line of all\n");
    }
}

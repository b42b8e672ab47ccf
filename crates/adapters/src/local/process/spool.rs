//! What commands have read of a stream, kept so that the next one reads the same.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Most bytes that are kept of a stream.
pub(super) const MOST_KEPT: u64 = 64 << 20;

/// The beginning of a stream, in a file without a name.
#[derive(Debug, Default)]
pub(super) struct Spool {
    file: Option<File>,
    kept: u64,
    lost: Option<String>,
}

impl Spool {
    /// Bytes kept.
    pub(super) fn len(&self) -> u64 {
        self.kept
    }

    /// Why the stream can't be given again from its beginning, if it can't.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Keeps what follows the bytes kept so far, or gives up for good.
    pub(super) fn keep(&mut self, bytes: &[u8], most: u64) {
        if self.lost.is_some() {
            return;
        }
        if self.kept.saturating_add(bytes.len() as u64) > most {
            return self.lose(format!("the command read more than {} MiB", most >> 20));
        }
        match self.append(bytes) {
            Ok(()) => self.kept += bytes.len() as u64,
            Err(error) => self.lose(format!("it could not be kept in a temporary file: {error}")),
        }
    }

    /// Gives up keeping the stream, and what was kept.
    pub(super) fn lose(&mut self, why: String) {
        *self = Self { file: None, kept: 0, lost: Some(why) };
    }

    /// Reads from `at`; 0 at the end of what was kept.
    pub(super) fn read_at(&self, at: u64, space: &mut [u8]) -> io::Result<usize> {
        self.file.as_ref().map_or(Ok(0), |file| file.read_at(space, at))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => self.file.insert(tempfile::tempfile()?).write_all(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(spool: &Spool) -> Vec<u8> {
        let mut space = [0; 64];
        let count = spool.read_at(0, &mut space).unwrap();
        space[..count].to_vec()
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        let mut spool = Spool::default();
        spool.keep(b"first ", MOST_KEPT);
        spool.keep(b"second", MOST_KEPT);
        assert_eq!((read(&spool), spool.len(), spool.lost()), (b"first second".to_vec(), 12, None));
    }

    #[test]
    fn past_the_bound_nothing_is_kept_and_nothing_pretends_to_be() {
        let mut spool = Spool::default();
        spool.keep(b"1234", 6);
        spool.keep(b"567", 6);
        spool.keep(b"8", 6);
        assert_eq!((read(&spool), spool.len()), (Vec::new(), 0));
        assert!(spool.lost().is_some());
    }
}

//! Copying many files: blocks shared where the file system can, several at once.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::CopyError;
use super::copy_error::failed;
use crate::local::process::Cancel;

/// Most threads that copy.
const MAX_THREADS: usize = 8;

/// Fewer files are not worth another thread.
const FILES_PER_THREAD: usize = 64;

/// As much is copied between two looks at whether to stop, in bytes.
const CHUNK_BYTES: u64 = 64 << 20;

/// Copies each (from, to) with content, permissions and modification time; nothing may be at `to` yet.
///
/// # Errors
/// The first path that could not be copied; [`CopyError::Cancelled`] once `cancel` is requested.
pub(super) fn copy_all(files: &[(PathBuf, PathBuf)], cancel: &Cancel) -> Result<(), CopyError> {
    let job = Job {
        files,
        cancel,
        next: AtomicUsize::new(0),
        shares_blocks: AtomicBool::new(true),
        failed: Mutex::new(None),
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MAX_THREADS).min(files.len().div_ceil(FILES_PER_THREAD));
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| job.work());
        }
        job.work();
    });
    job.failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

struct Job<'a> {
    files: &'a [(PathBuf, PathBuf)],
    cancel: &'a Cancel,
    next: AtomicUsize,
    /// Whether the file system has not refused to share blocks yet.
    shares_blocks: AtomicBool,
    failed: Mutex<Option<CopyError>>,
}

impl Job<'_> {
    fn work(&self) {
        while let Some((from, to)) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = self.copy(from, to) {
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                self.next.store(self.files.len(), Ordering::Relaxed);
            }
        }
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<(), CopyError> {
        let copied = self.copy_unless_cancelled(from, to);
        match self.cancel.requested() {
            Some(_) => Err(CopyError::Cancelled),
            None => copied.map_err(failed("cannot copy", from)),
        }
    }

    /// Copies one file; it may be cut short once somebody asked to stop.
    fn copy_unless_cancelled(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.cancel.requested().is_some() {
            return Ok(());
        }
        let mut source = File::open(from)?;
        let metadata = source.metadata()?;
        let shared = self.shares_blocks.load(Ordering::Relaxed) && self.share_blocks(from, to);
        let target = match shared {
            // Read-only files can't be opened for writing again, and neither need they be.
            true => File::open(to)?,
            false => {
                let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
                while self.cancel.requested().is_none()
                    && io::copy(&mut source.by_ref().take(CHUNK_BYTES), &mut target)? > 0
                {}
                target
            }
        };
        // Build tools compare times: with new ones everything would be rebuilt.
        if let Ok(modified) = metadata.modified() {
            target.set_times(FileTimes::new().set_modified(modified))?;
        }
        target.set_permissions(metadata.permissions())
    }

    fn share_blocks(&self, from: &Path, to: &Path) -> bool {
        let shared = reflink_copy::reflink(from, to).is_ok();
        if !shared {
            self.shares_blocks.store(false, Ordering::Relaxed);
            // It must not stand in the way of the ordinary copy.
            let _ = fs::remove_file(to);
        }
        shared
    }
}

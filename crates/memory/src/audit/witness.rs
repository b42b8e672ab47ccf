//! A witness in a file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind as IoKind, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use selfheal_core::audit::{MAX_NOTE_BYTES, SignedCheckpoint, Witness};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;

use super::private_file::{io, sync_folder};

/// The longest line: a note in which every byte is escaped.
const MAX_LINE_BYTES: usize = 6 * MAX_NOTE_BYTES + 3;

/// How long to wait for another process that writes to the file, which takes it a millisecond.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// How long between two looks whether it is done.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// Keeps each signed checkpoint as one line, a JSON string, at the end of a file; durable when it returns. Several processes
/// may use the file at once.
///
/// It is worth most where who can rewrite the log can't rewrite it: another user's folder, another machine's file system.
/// A last line without its end was never acknowledged; it is passed over, and cut off by the next write.
#[derive(Debug, Clone)]
pub struct FileWitness {
    path: PathBuf,
}

impl FileWitness {
    /// The witness whose file is, or will be, at `path`; it is made, private (0600), with the first checkpoint.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Every checkpoint, oldest first, as [`verify`](super::verify) takes them; not parsed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no file; [`ErrorKind::Invalid`] if a line is none of its lines.
    pub fn all(&self) -> Result<Vec<String>> {
        const OPERATION: &str = "witness.read";
        let file = File::open(&self.path).map_err(|error| io(OPERATION, &self.path, error))?;
        let mut reader = BufReader::new(file);
        let mut notes = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let most = MAX_LINE_BYTES as u64 + 1;
            reader
                .by_ref()
                .take(most)
                .read_until(b'\n', &mut line)
                .map_err(|error| io(OPERATION, &self.path, error))?;
            match line.strip_suffix(b"\n") {
                Some(whole) => notes.push(self.note(whole, OPERATION)?),
                None if line.len() <= MAX_LINE_BYTES => return Ok(notes),
                None => return Err(self.invalid(OPERATION, "a line is longer than a checkpoint may be")),
            }
        }
    }

    /// As [`Witness::witness`], blocking.
    ///
    /// # Errors
    /// As [`Witness::witness`].
    pub fn append(&self, checkpoint: &SignedCheckpoint) -> Result<()> {
        const OPERATION: &str = "witness.append";
        let failed = |error| io(OPERATION, &self.path, error);
        let file = self.open_for_append().map_err(failed)?;
        // Held until the file is closed.
        self.lock(&file)?;
        let (latest, end) = self.last_line(&file, OPERATION)?;
        if !self.follows(latest.as_ref(), checkpoint)? {
            return Ok(());
        }
        let mut line = serde_json::to_vec(checkpoint.as_str())
            .map_err(|error| Error::new(ErrorKind::Internal, OPERATION, error.to_string()))?;
        line.push(b'\n');
        file.set_len(end).map_err(failed)?;
        failpoint::hit("witness.before_append");
        (&file).write_all(&line).map_err(failed)?;
        failpoint::hit("witness.before_sync");
        file.sync_data().map_err(failed)?;
        if end == 0 {
            sync_folder(&self.path).map_err(failed)?;
        }
        failpoint::hit("witness.appended");
        Ok(())
    }

    /// As [`Witness::latest`], blocking.
    ///
    /// # Errors
    /// As [`Witness::latest`].
    pub fn newest(&self) -> Result<Option<SignedCheckpoint>> {
        const OPERATION: &str = "witness.latest";
        match File::open(&self.path) {
            Ok(file) => Ok(self.last_line(&file, OPERATION)?.0),
            Err(error) if error.kind() == IoKind::NotFound => Ok(None),
            Err(error) => Err(io(OPERATION, &self.path, error)),
        }
    }

    /// Waits a while for whoever has it: a process that was paused with the lock must not hold up all others.
    fn lock(&self, file: &File) -> Result<()> {
        const OPERATION: &str = "witness.append";
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) => return Err(io(OPERATION, &self.path, error)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let message = "another process holds on to the file of checkpoints; the next one will be shown";
                    return Err(Error::new(ErrorKind::Unavailable, OPERATION, message)
                        .with_retry(Retry::Retryable)
                        .with_context("path", self.path.display().to_string()));
                }
            }
        }
    }

    fn open_for_append(&self) -> std::io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)
    }

    /// The last whole line, and where it ends.
    fn last_line(&self, file: &File, operation: &'static str) -> Result<(Option<SignedCheckpoint>, u64)> {
        let failed = |error| io(operation, &self.path, error);
        let length = file.metadata().map_err(failed)?.len();
        // A whole line and a torn one behind it.
        let start = length.saturating_sub(2 * MAX_LINE_BYTES as u64 + 1);
        let mut tail = vec![0; usize::try_from(length - start).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut tail, start).map_err(failed)?;
        let Some(end) = memchr::memrchr(b'\n', &tail) else {
            let torn = start == 0 && tail.len() <= MAX_LINE_BYTES;
            return if torn {
                Ok((None, 0))
            } else {
                Err(self.invalid(operation, "its last lines are no checkpoints"))
            };
        };
        let begin = memchr::memrchr(b'\n', &tail[..end]).map_or(0, |before| before + 1);
        let note = self.note(&tail[begin..end], operation)?;
        let checkpoint = SignedCheckpoint::parse(&note);
        let checkpoint = checkpoint.map_err(|problem| self.invalid(operation, problem.to_string()))?;
        Ok((Some(checkpoint), start + end as u64 + 1))
    }

    /// Whether `next` is new.
    fn follows(&self, latest: Option<&SignedCheckpoint>, next: &SignedCheckpoint) -> Result<bool> {
        let Some(latest) = latest.map(SignedCheckpoint::checkpoint) else { return Ok(true) };
        let next = next.checkpoint();
        let (size, seen) = (next.size, latest.size);
        let problem = match () {
            () if next.origin != latest.origin => {
                format!("it is of the log {}, expected {}", next.origin, latest.origin)
            }
            () if size < seen => format!("the log was cut: it had {seen} leaves, and has {size}"),
            () if size == seen && next.root != latest.root => {
                format!("the log was rewritten: another root of {size} leaves")
            }
            () => return Ok(size > seen),
        };
        Err(Error::new(ErrorKind::Conflict, "witness.append", problem)
            .with_context("path", self.path.display().to_string()))
    }

    fn note(&self, line: &[u8], operation: &'static str) -> Result<String> {
        let note: Option<String> = serde_json::from_slice(line).ok();
        let canonical = |note: &String| serde_json::to_vec(note).is_ok_and(|written| written == line);
        note.filter(canonical).ok_or_else(|| self.invalid(operation, "a line is no JSON string of a checkpoint"))
    }

    fn invalid(&self, operation: &'static str, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, operation, message).with_context("path", self.path.display().to_string())
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T> + Send + 'static) -> Result<T> {
        let witness = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&witness)).await;
        done.map_err(|error| Error::new(ErrorKind::Internal, "witness", "a call panicked").with_source(error))?
    }

    /// Where its file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl Witness for FileWitness {
    async fn witness(&self, checkpoint: &SignedCheckpoint) -> Result<()> {
        let checkpoint = checkpoint.clone();
        self.blocking(move |witness| witness.append(&checkpoint)).await
    }

    async fn latest(&self) -> Result<Option<SignedCheckpoint>> {
        self.blocking(Self::newest).await
    }
}

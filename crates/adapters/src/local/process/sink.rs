//! Delivering a stream to the user: every byte, at once, without being held hostage by who reads it.

use std::io::{self, PipeReader};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::{Errno, write};

/// Linux promises that a pipe reported writable takes this much without blocking.
const PIPE_BUF: usize = 4096;
/// Asked of a pipe, so that neither side often waits for the other; the most Linux grants without privilege.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// Where one stream of a command is delivered.
#[derive(Debug)]
pub(super) struct Sink {
    target: Target,
    /// Why delivery ended early. Capture goes on.
    pub(super) failure: Option<io::Error>,
}

#[derive(Debug)]
enum Target {
    /// Nobody reads it.
    Nowhere,
    /// Writes of any size return soon: a file, a device, a private non-blocking opening.
    Prompt(OwnedFd),
    /// As before, and a pipe: what is in another pipe can be put into it without being copied.
    Pipe(OwnedFd),
    /// A write may block, so it is made small, and only when there is room.
    Blocking(OwnedFd),
}

impl Sink {
    pub(super) fn nowhere() -> Self {
        Self::of(Target::Nowhere)
    }

    /// Delivers to an open descriptor of ours, which keeps its own flags: they are shared with other processes.
    pub(super) fn to(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(fstat(fd)?.st_mode);
        let own = fd.try_clone_to_owned()?;
        Ok(Self::of(match kind {
            FileType::RegularFile => Target::Prompt(own),
            FileType::CharacterDevice if !rustix::termios::isatty(fd) => Target::Prompt(own),
            FileType::Fifo => reopen_nonblocking(fd).map_or(Target::Blocking(own), |private| {
                enlarge(&private);
                Target::Pipe(private)
            }),
            FileType::CharacterDevice => reopen_nonblocking(fd).map_or(Target::Blocking(own), Target::Prompt),
            _ => Target::Blocking(own),
        }))
    }

    fn of(target: Target) -> Self {
        Self { target, failure: None }
    }

    /// Delivers `bytes`, waiting for the reader until `abandon` closes. After a failure nothing more is delivered.
    pub(super) fn deliver(&mut self, bytes: &[u8], abandon: &PipeReader) {
        let outcome = match &self.target {
            Target::Nowhere => return,
            Target::Prompt(fd) | Target::Pipe(fd) => write_prompt(fd.as_fd(), bytes, abandon),
            Target::Blocking(fd) => write_blocking(fd.as_fd(), bytes, abandon),
        };
        if let Err(error) = outcome {
            self.target = Target::Nowhere;
            self.failure = Some(error.into());
        }
    }

    /// Delivers what `source` holds without taking it out, if the system can do that. Returns the number of bytes.
    pub(super) fn deliver_ahead(&mut self, source: BorrowedFd<'_>, abandon: &PipeReader) -> usize {
        let Target::Pipe(pipe) = &self.target else {
            return 0;
        };
        // What went wrong is met again, and told, by the ordinary delivery that follows.
        tee_prompt(source, pipe.as_fd(), abandon).unwrap_or_default()
    }
}

/// Asks for a larger pipe. Refused above the system's quota; the size it has works too.
pub(super) fn enlarge(pipe: &OwnedFd) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}

/// A second opening of the same pipe or terminal, whose flags are ours alone.
fn reopen_nonblocking(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsRawFd;
    // Elsewhere than on Linux such a path only duplicates the descriptor, flags included.
    if !cfg!(target_os = "linux") {
        return Err(Errno::NOTSUP);
    }
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    open(path, flags, Mode::empty())
}

fn write_prompt(fd: BorrowedFd<'_>, mut bytes: &[u8], abandon: &PipeReader) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => await_room(fd, abandon)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write_blocking(fd: BorrowedFd<'_>, bytes: &[u8], abandon: &PipeReader) -> Result<(), Errno> {
    bytes.chunks(PIPE_BUF).try_for_each(|chunk| {
        await_room(fd, abandon)?;
        write_prompt(fd, chunk, abandon)
    })
}

#[cfg(target_os = "linux")]
fn tee_prompt(source: BorrowedFd<'_>, pipe: BorrowedFd<'_>, abandon: &PipeReader) -> Result<usize, Errno> {
    use rustix::pipe::{SpliceFlags, tee};
    loop {
        match tee(source, pipe, PIPE_BYTES, SpliceFlags::NONBLOCK) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => await_room(pipe, abandon)?,
            outcome => return outcome,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn tee_prompt(_: BorrowedFd<'_>, _: BorrowedFd<'_>, _: &PipeReader) -> Result<usize, Errno> {
    Err(Errno::NOTSUP)
}

fn await_room(fd: BorrowedFd<'_>, abandon: &PipeReader) -> Result<(), Errno> {
    loop {
        let mut fds = [PollFd::new(&fd, PollFlags::OUT), PollFd::new(abandon, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if !fds[1].revents().is_empty() {
            return Err(Errno::CANCELED);
        }
        return Ok(());
    }
}

//! Feeding a command: first what the runs before it read, then the stream itself.

use std::io::{self, PipeReader, stdin};
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio, ioctl_fionread, read, retry_on_intr, write};

use super::spool::{MOST_KEPT, Spool};

/// A pipe that is reported writable takes this much at once or not at all (POSIX, `PIPE_BUF`).
const CHUNK: usize = rustix::pipe::PIPE_BUF;

/// Feeds `pipe` until the stream ends, the reader closes it, or the command has `ended`. Waits for nothing else: a stream
/// that never says anything holds up nobody.
///
/// # Errors
/// If what was kept could not be given again: the run proves nothing.
pub(super) fn feed(pipe: OwnedFd, spool: &mut Spool, ended: &PipeReader) -> io::Result<()> {
    let feeder = Feeder { one_slot: hold_one_chunk(&pipe), pipe, ended };
    let wants_more = match feeder.replay(spool) {
        // A reader that closed its end wants no more, which is not a failure.
        Err(Errno::PIPE) => false,
        outcome => outcome?,
    };
    match if wants_more { feeder.hand_on(spool) } else { Ok(()) } {
        Ok(()) | Err(Errno::PIPE) => {}
        Err(error) => spool.lose(format!("reading it failed: {}", io::Error::from(error))),
    }
    Ok(())
}

struct Feeder<'a> {
    pipe: OwnedFd,
    ended: &'a PipeReader,
    /// Whether the pipe is writable exactly when the command has read all that was in it.
    one_slot: bool,
}

impl Feeder<'_> {
    /// Feeds what was kept. Returns whether the command may want more.
    fn replay(&self, spool: &Spool) -> Result<bool, Errno> {
        ioctl_fionbio(&self.pipe, true)?;
        let (mut at, mut space) = (0, [0; CHUNK]);
        while at < spool.len() {
            if !self.await_room()? {
                return Ok(false);
            }
            let count = spool.read_at(at, &mut space).map_err(|_| Errno::IO)?;
            if count == 0 {
                return Err(Errno::IO);
            }
            at += self.put(&space[..count])? as u64;
        }
        Ok(true)
    }

    /// Feeds the stream, and keeps what is read of it.
    fn hand_on(&self, spool: &mut Spool) -> Result<(), Errno> {
        let mut space = [0; CHUNK];
        while self.await_room()? && self.await_stream()? {
            match if self.one_slot { duplicate(&self.pipe) } else { Err(Errno::INVAL) } {
                Ok(0) => return Ok(()),
                Ok(shown) => self.keep_what_is_read(shown, &mut space, spool)?,
                Err(Errno::AGAIN | Errno::INTR) => {}
                // Not a pipe: what was read can't be put back.
                Err(_) => {
                    let count = retry_on_intr(|| read(stdin(), &mut space))?;
                    if count == 0 {
                        return Ok(());
                    }
                    spool.keep(&space[..count], MOST_KEPT);
                    self.put(&space[..count])?;
                }
            }
        }
        Ok(())
    }

    /// Takes from the stream those of the `shown` bytes that the command has read, once that is known.
    fn keep_what_is_read(&self, shown: usize, space: &mut [u8; CHUNK], spool: &mut Spool) -> Result<(), Errno> {
        let unread = match self.await_room()? {
            true => 0,
            false => usize::try_from(ioctl_fionread(&self.pipe)?).unwrap_or(usize::MAX),
        };
        let mut left = shown.saturating_sub(unread);
        while left > 0 {
            let most = left.min(CHUNK);
            let count = retry_on_intr(|| read(stdin(), &mut space[..most]))?;
            if count == 0 {
                return Err(Errno::IO);
            }
            spool.keep(&space[..count], MOST_KEPT);
            left -= count;
        }
        Ok(())
    }

    fn put(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut written = 0;
        while written < bytes.len() {
            match write(&self.pipe, &bytes[written..]) {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.await_room()? => {}
                Err(Errno::AGAIN) => return Err(Errno::PIPE),
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Waits until the pipe takes a chunk; `false` if nobody will read it any more.
    fn await_room(&self) -> Result<bool, Errno> {
        let mut fds = [PollFd::new(&self.pipe, PollFlags::OUT), PollFd::new(self.ended, PollFlags::IN)];
        retry_on_intr(|| poll(&mut fds, None))?;
        // Room is looked at first: what a command read before it ended, it has read.
        Ok(fds[0].revents().contains(PollFlags::OUT) && !fds[0].revents().contains(PollFlags::ERR))
    }

    /// Waits until the stream has more or ends; `false` if nobody will read it any more.
    fn await_stream(&self) -> Result<bool, Errno> {
        let stream = stdin();
        let mut fds = [
            PollFd::new(&self.pipe, PollFlags::empty()),
            PollFd::new(self.ended, PollFlags::IN),
            PollFd::new(&stream, PollFlags::IN),
        ];
        retry_on_intr(|| poll(&mut fds, None))?;
        Ok(fds[0].revents().is_empty() && fds[1].revents().is_empty())
    }
}

/// Shrinks the pipe to a single slot, so that it is either empty or full.
#[cfg(target_os = "linux")]
fn hold_one_chunk(pipe: &OwnedFd) -> bool {
    // Rounded up to a page, which is a slot (pipe(7)).
    rustix::pipe::fcntl_setpipe_size(pipe, CHUNK).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn hold_one_chunk(_: &OwnedFd) -> bool {
    false
}

/// Shows the pipe what comes next on standard input, and leaves it there.
#[cfg(target_os = "linux")]
fn duplicate(pipe: &OwnedFd) -> Result<usize, Errno> {
    rustix::pipe::tee(stdin(), pipe, CHUNK, rustix::pipe::SpliceFlags::NONBLOCK)
}

#[cfg(not(target_os = "linux"))]
fn duplicate(_: &OwnedFd) -> Result<usize, Errno> {
    Err(Errno::INVAL)
}

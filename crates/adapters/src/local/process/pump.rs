//! Moving a child's output: read once, delivered from the same buffer, kept in the capture.

use std::io::{self, PipeReader};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread, read, retry_on_intr};

use super::capture::{Capture, Stream};
use super::sink::{Sink, enlarge};

/// After the command ended: how long a silent pipe is given before its other holders are ignored.
const IDLE_GRACE: Duration = Duration::from_millis(150);
/// After the command ended: how long other holders of its pipe may keep us busy.
const BUSY_GRACE: Duration = Duration::from_secs(1);

/// One stream of the child.
#[derive(Debug)]
pub(super) struct Source {
    stream: Stream,
    /// `None` at the end of the stream.
    pipe: Option<OwnedFd>,
    sink: Sink,
    /// Bytes in the pipe when the command ended: its own, and read however long it takes.
    owed: u64,
}

/// How a child's output ended.
#[derive(Debug)]
pub(super) struct Pumped {
    pub(super) capture: Capture,
    /// A process other than the command still held a stream open when we stopped reading.
    pub(super) left_open: bool,
    /// Why a stream was not delivered to its end.
    pub(super) undelivered: Vec<(Stream, io::Error)>,
}

/// The ends of two pipes that carry no data: what counts is that the other end is closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notices<'a> {
    /// Closed when the command has ended.
    pub(super) ended: &'a PipeReader,
    /// Closed when the output is to be dropped rather than waited for.
    pub(super) abandon: &'a PipeReader,
}

impl Source {
    pub(super) fn new(stream: Stream, pipe: Option<OwnedFd>, sink: Sink) -> Self {
        if let Some(pipe) = &pipe {
            enlarge(pipe);
        }
        Self { stream, pipe, sink, owed: 0 }
    }

    /// Moves what is in the pipe. Returns whether there was anything.
    fn advance(&mut self, capture: &mut Capture, abandon: &PipeReader) -> io::Result<bool> {
        let Some(pipe) = &self.pipe else {
            return Ok(false);
        };
        let ahead = self.sink.deliver_ahead(pipe.as_fd(), abandon);
        let moved = if ahead > 0 {
            keep(self.stream, pipe, ahead, capture)?;
            ahead
        } else {
            let bytes = capture.fill(self.stream, usize::MAX, |space| take(pipe, space))?;
            self.sink.deliver(bytes, abandon);
            bytes.len()
        };
        self.owed = self.owed.saturating_sub(moved as u64);
        if moved == 0 {
            self.pipe = None;
        }
        Ok(moved > 0)
    }

    fn note_owed(&mut self) {
        let in_pipe = self.pipe.as_ref().map(ioctl_fionread);
        self.owed = in_pipe.and_then(Result::ok).unwrap_or_default();
    }
}

/// Reads `count` bytes that are in the pipe and that the user has already.
fn keep(stream: Stream, pipe: &OwnedFd, count: usize, capture: &mut Capture) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        match capture.fill(stream, left, |space| take(pipe, space))?.len() {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            kept => left -= kept,
        }
    }
    Ok(())
}

fn take(pipe: &OwnedFd, space: &mut [u8]) -> Result<usize, Errno> {
    retry_on_intr(|| read(pipe, &mut *space))
}

/// Moves both streams until they end, or until the command has ended and nothing of its own is left to read.
pub(super) fn pump(mut sources: [Source; 2], mut capture: Capture, notices: Notices<'_>) -> io::Result<Pumped> {
    let mut after_end: Option<AfterEnd> = None;
    while sources.iter().any(|source| source.pipe.is_some()) {
        let wait = after_end.as_ref().map(|after| after.wait(&sources));
        if wait.is_some_and(|wait| wait.is_zero()) {
            break;
        }
        let ready = await_any(&sources, notices.ended, after_end.is_some(), wait)?;
        let mut moved = false;
        for (source, ready) in sources.iter_mut().zip(ready.sources) {
            moved |= ready && source.advance(&mut capture, notices.abandon)?;
        }
        match &mut after_end {
            Some(after) if moved => after.last_byte = Instant::now(),
            None if ready.ended => {
                sources.iter_mut().for_each(Source::note_owed);
                after_end = Some(AfterEnd::now());
            }
            _ => {}
        }
    }
    Ok(finish(sources, capture))
}

fn finish(sources: [Source; 2], capture: Capture) -> Pumped {
    let left_open = sources.iter().any(|source| source.pipe.is_some());
    let undelivered = sources.into_iter().filter_map(|source| Some((source.stream, source.sink.failure?))).collect();
    Pumped { capture, left_open, undelivered }
}

/// The time since the command ended, while somebody may hold its pipes open.
#[derive(Debug)]
struct AfterEnd {
    ended: Instant,
    last_byte: Instant,
}

impl AfterEnd {
    fn now() -> Self {
        let now = Instant::now();
        Self { ended: now, last_byte: now }
    }

    /// How long the next byte is waited for; zero to stop.
    fn wait(&self, sources: &[Source; 2]) -> Duration {
        if sources.iter().any(|source| source.pipe.is_some() && source.owed > 0) {
            return IDLE_GRACE;
        }
        let idle_left = IDLE_GRACE.saturating_sub(self.last_byte.elapsed());
        let busy_left = BUSY_GRACE.saturating_sub(self.ended.elapsed());
        idle_left.min(busy_left)
    }
}

struct Ready {
    sources: [bool; 2],
    ended: bool,
}

fn await_any(
    sources: &[Source; 2],
    ended: &PipeReader,
    ended_known: bool,
    wait: Option<Duration>,
) -> io::Result<Ready> {
    let mut fds = Vec::with_capacity(3);
    for source in sources {
        if let Some(pipe) = &source.pipe {
            fds.push(PollFd::new(pipe, PollFlags::IN));
        }
    }
    if !ended_known {
        fds.push(PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN));
    }
    match poll(&mut fds, wait.map(timespec).as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut events = fds.iter().map(|fd| !fd.revents().is_empty());
    let sources = [&sources[0], &sources[1]].map(|source| source.pipe.is_some() && events.next().unwrap_or(false));
    Ok(Ready { sources, ended: events.next().unwrap_or(false) })
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX), tv_nsec: duration.subsec_nanos().into() }
}

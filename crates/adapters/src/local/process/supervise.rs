//! Watching a child: its end, its deadline, and requests to stop it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use super::cancel::{Cancel, StopSignal};

/// How long a reader of our output may keep a stopped run waiting.
const DELIVERY_GRACE: Duration = Duration::from_millis(500);

/// Why a command was stopped before it ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody asked for it.
    Cancelled(StopSignal),
    /// It ran longer than [`Command::timeout`](super::Command::timeout).
    TimedOut,
}

/// A child that has not been reaped, so that its pid can't have passed to another process.
#[derive(Debug)]
pub(super) struct Unreaped {
    pub(super) pid: Pid,
    /// Whether the child leads a process group of its own.
    pub(super) leads_group: bool,
    pub(super) ended: AtomicBool,
    pub(super) drained: AtomicBool,
}

/// The bounds of a watch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) deadline: Option<Instant>,
    pub(super) stop_grace: Duration,
}

impl Unreaped {
    pub(super) fn new(pid: Pid, leads_group: bool) -> Self {
        Self { pid, leads_group, ended: AtomicBool::new(false), drained: AtomicBool::new(false) }
    }

    /// Blocks until the child has ended, and leaves it to be reaped.
    pub(super) fn await_end(&self) -> Result<(), Errno> {
        let until_end = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        retry_on_intr(|| waitid(WaitId::Pid(self.pid), until_end)).map(drop)
    }

    /// Returns once the child has ended, by itself or because it was stopped.
    pub(super) fn watch(&self, cancel: &Cancel, bounds: Bounds) -> Option<Stopped> {
        let requests = cancel.wait_while(bounds.deadline, |requests| !self.has_ended() && requests.count == 0);
        if self.has_ended() {
            return None;
        }
        let (stopped, signal) = match requests.first {
            Some(signal) => (Stopped::Cancelled(signal), signal),
            None => (Stopped::TimedOut, StopSignal::Terminate),
        };
        self.ask_to_stop(signal);
        let kill_at = Instant::now().checked_add(bounds.stop_grace);
        // The request that was just answered does not count, but one that came with it does.
        let answered = requests.count.min(1);
        cancel.wait_while(kill_at, |now| !self.has_ended() && now.count <= answered);
        self.kill();
        cancel.wait_while(None, |_| !self.has_ended());
        Some(stopped)
    }

    /// Waits for the output to be delivered: as long as it takes, but only a moment for a run that was stopped or
    /// that somebody asks to stop.
    pub(super) fn await_delivery(&self, cancel: &Cancel, stopped: bool) {
        let undelivered = || !self.drained.load(Ordering::Acquire);
        cancel.wait_while(None, |requests| !stopped && requests.count == 0 && undelivered());
        let deadline = Instant::now().checked_add(DELIVERY_GRACE);
        cancel.wait_while(deadline, |_| undelivered());
    }

    /// Kills the child, with its group if it has one. Harmless once the child has ended.
    pub(super) fn kill(&self) {
        self.send(Signal::KILL);
    }

    fn ask_to_stop(&self, signal: StopSignal) {
        if self.leads_group || !told_by_terminal(signal) {
            self.send(signal.signal());
        }
    }

    // That the child is gone already is the only error, and no failure.
    fn send(&self, signal: Signal) {
        let _ = match self.leads_group {
            true => kill_process_group(self.pid, signal),
            false => kill_process(self.pid, signal),
        };
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// Whether the terminal has sent `signal` to the child as well, because the child is in our group and that
/// is the foreground one. Sent twice, many tools give up at once and leave their own children behind.
fn told_by_terminal(signal: StopSignal) -> bool {
    signal.comes_from_terminal() && in_foreground().unwrap_or(false)
}

fn in_foreground() -> std::io::Result<bool> {
    let terminal = std::fs::File::open("/dev/tty")?;
    Ok(rustix::termios::tcgetpgrp(terminal)? == rustix::process::getpgrp())
}

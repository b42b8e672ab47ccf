//! Watching a child: its end, its deadline, and requests to stop it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use super::cancel::{Cancel, StopSignal};
use super::descendants::Descendants;

/// How long a reader of our output may keep a stopped run waiting.
const DELIVERY_GRACE: Duration = Duration::from_millis(500);

/// How often descendants are looked for again while they are killed.
const MOST_ROUNDS: usize = 16;

/// How often it is looked whether descendants have ended: nobody tells of those that are not our children.
const LOOK_EVERY: Duration = Duration::from_millis(10);

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

/// How long a command that was asked to stop may take.
struct Patience<'a> {
    cancel: &'a Cancel,
    until: Option<Instant>,
    /// Requests up to this one don't end it.
    answered: u32,
}

impl Patience<'_> {
    /// Waits for something that [wakes](Cancel::wake_after) those who wait.
    fn wait_while(&self, waiting: impl Fn() -> bool) {
        self.cancel.wait_while(self.until, |now| waiting() && now.count <= self.answered);
    }

    /// Waits for something that wakes nobody.
    fn look_while(&self, waiting: impl Fn() -> bool) {
        let mut urged = false;
        while !urged && waiting() && self.until.is_none_or(|until| Instant::now() < until) {
            let next_look = Instant::now().checked_add(LOOK_EVERY);
            urged = self.cancel.wait_while(next_look, |now| now.count <= self.answered).count > self.answered;
        }
    }
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
        let kill_at = Instant::now().checked_add(bounds.stop_grace);
        // The request that was just answered does not count, but one that came with it does.
        let patience = Patience { cancel, until: kill_at, answered: requests.count.min(1) };
        self.stop(signal, &patience);
        cancel.wait_while(None, |_| !self.has_ended());
        Some(stopped)
    }

    /// Asks the child to end, then kills it. Unless the terminal did the asking, this includes its descendants: what they
    /// would still write could undo what the host does next.
    fn stop(&self, signal: StopSignal, patience: &Patience<'_>) {
        let told = !self.leads_group && told_by_terminal(signal);
        let mut family = if self.leads_group { Descendants::default() } else { Descendants::of(self.pid) };
        if !told {
            self.send(signal.signal());
            family.send(signal.signal());
        }
        patience.wait_while(|| !self.has_ended());
        if told && self.has_ended() {
            return;
        }
        patience.look_while(|| family.any_lives());
        self.kill_with(&mut family, patience.cancel);
    }

    fn kill_with(&self, family: &mut Descendants, cancel: &Cancel) {
        self.kill();
        family.send(Signal::KILL);
        // Each round also finds what those before it gave birth to in the meantime.
        for _ in 0..MOST_ROUNDS {
            if self.leads_group || !family.grow(self.pid) {
                break;
            }
            family.send(Signal::KILL);
        }
        let until = Instant::now().checked_add(DELIVERY_GRACE);
        Patience { cancel, until, answered: u32::MAX }.look_while(|| family.any_lives());
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

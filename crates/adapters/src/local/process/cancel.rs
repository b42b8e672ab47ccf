//! Asking a running command to stop, from another thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::process::Signal;

/// A request to stop that every run holding a clone of it obeys.
///
/// The first request sends its signal and `SIGKILL` after [`Command::stop_grace`](super::Command::stop_grace); a second
/// one kills at once. A request is not taken back: later runs with the same `Cancel` do not start.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: u32,
    first: Option<StopSignal>,
}

/// What a waiter sees of a [`Cancel`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Requests {
    pub(super) count: u32,
    pub(super) first: Option<StopSignal>,
}

impl Cancel {
    /// A `Cancel` nobody has asked anything of.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every run that holds this to stop. Never blocks on the command.
    pub fn request(&self, signal: StopSignal) {
        let mut state = self.lock();
        state.requests = state.requests.saturating_add(1);
        state.first.get_or_insert(signal);
        self.0.changed.notify_all();
    }

    /// The signal of the first request, if there was one.
    pub fn requested(&self) -> Option<StopSignal> {
        self.lock().first
    }

    /// Runs `change` such that no [`wait_while`](Self::wait_while) misses its effect.
    pub(super) fn wake_after(&self, change: impl FnOnce()) {
        let _state = self.lock();
        change();
        self.0.changed.notify_all();
    }

    /// Waits while `waiting` holds, at most until `deadline`.
    pub(super) fn wait_while(&self, deadline: Option<Instant>, mut waiting: impl FnMut(Requests) -> bool) -> Requests {
        let mut state = self.lock();
        while waiting(state.seen()) {
            let Some(deadline) = deadline else {
                state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.0.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.seen()
    }

    // The state is valid between any two statements, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seen(&self) -> Requests {
        Requests { count: self.requests, first: self.first }
    }
}

/// The signals that ask a command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopSignal {
    /// `SIGINT`, what Ctrl-C sends.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
    /// `SIGHUP`, what closing a terminal sends.
    Hangup,
    /// `SIGQUIT`, what Ctrl-\ sends.
    Quit,
}

impl StopSignal {
    /// The signal's number, the same on every Unix.
    pub fn number(self) -> i32 {
        self.signal().as_raw()
    }

    /// The exit status a shell gives a command that this signal ended.
    pub fn shell_status(self) -> u8 {
        match self {
            Self::Hangup => 128 + 1,
            Self::Interrupt => 128 + 2,
            Self::Quit => 128 + 3,
            Self::Terminate => 128 + 15,
        }
    }

    /// Whether a terminal sends it to its whole foreground process group.
    pub(super) fn comes_from_terminal(self) -> bool {
        matches!(self, Self::Interrupt | Self::Quit)
    }

    pub(super) fn signal(self) -> Signal {
        match self {
            Self::Interrupt => Signal::INT,
            Self::Terminate => Signal::TERM,
            Self::Hangup => Signal::HUP,
            Self::Quit => Signal::QUIT,
        }
    }
}

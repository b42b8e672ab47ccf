//! The queue between the callers and the one thread that writes: whatever waits goes into one transaction.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selfheal_core::error::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;

/// How much may wait, in [shares](share_of); callers past it wait for room.
const ROOM: u32 = 4096;

/// Bytes that one share of the room stands for.
const SHARE_BYTES: usize = 64 << 10;

/// The part of the queue's room that something of `bytes` takes.
pub(super) fn share_of(bytes: usize) -> u32 {
    u32::try_from(1 + bytes / SHARE_BYTES).unwrap_or(ROOM).min(ROOM)
}

/// A bounded queue of many callers and one writer.
pub(super) struct Queue<W> {
    state: Mutex<State<W>>,
    arrived: Condvar,
    room: Semaphore,
}

struct State<W> {
    waiting: Vec<W>,
    shares: usize,
    /// How many must wait for the writer to be woken.
    wanted: usize,
    closed: bool,
}

impl<W> Queue<W> {
    pub(super) fn new() -> Self {
        let state = State { waiting: Vec::new(), shares: 0, wanted: 1, closed: false };
        Self { state: Mutex::new(state), arrived: Condvar::new(), room: Semaphore::new(ROOM as usize) }
    }

    fn held(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `write` in, once there is room for its `share`.
    pub(super) async fn push(&self, write: W, share: u32) -> Result<()> {
        let closed = || Error::new(ErrorKind::Unavailable, "journal.write", "the journal was closed");
        self.room.acquire_many(share).await.map_err(|_| closed())?.forget();
        let mut state = self.held();
        if state.closed {
            return Err(closed());
        }
        state.waiting.push(write);
        state.shares += share as usize;
        if state.waiting.len() >= state.wanted {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Takes all that waits into `batch`, as soon as there is something. If more callers are about to come, gives them
    /// `patience` to be `wanted` together: one transaction for many is what makes them cheap. `false` once the queue is closed
    /// and empty.
    pub(super) fn take(&self, batch: &mut Vec<W>, wanted: usize, patience: Duration) -> bool {
        let mut state = self.held();
        state.wanted = 1;
        while state.waiting.is_empty() && !state.closed {
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.wanted = wanted;
        let deadline = Instant::now() + patience;
        while state.waiting.len() < wanted && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(&mut state.waiting, batch);
        self.room.add_permits(std::mem::take(&mut state.shares));
        !batch.is_empty()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.held().waiting.len()
    }

    /// Lets nothing more in; what waits is still taken.
    pub(super) fn close(&self) {
        self.held().closed = true;
        self.room.close();
        self.arrived.notify_one();
    }
}

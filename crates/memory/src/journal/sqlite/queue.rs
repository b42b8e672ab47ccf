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
    /// How many must wait for a sleeping writer to be woken; `None` while it is at work. To wake is a system call, whether
    /// anybody sleeps or not.
    woken_by: Option<usize>,
    closed: bool,
}

impl<W> Queue<W> {
    pub(super) fn new() -> Self {
        let state = State { waiting: Vec::new(), shares: 0, woken_by: None, closed: false };
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
        if state.woken_by.is_some_and(|wanted| state.waiting.len() >= wanted) {
            state.woken_by = None;
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Takes all that waits into `batch`, as soon as there is something. If more callers are about to come, gives them
    /// `patience` to be `wanted` together: one transaction for many is what makes them cheap. `false` once the queue is closed
    /// and empty.
    pub(super) fn take(&self, batch: &mut Vec<W>, wanted: usize, patience: Duration) -> bool {
        let mut state = self.held();
        while state.waiting.is_empty() && !state.closed {
            state.woken_by = Some(1);
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let deadline = Instant::now() + patience;
        while state.waiting.len() < wanted && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.woken_by = Some(wanted);
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.woken_by = None;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn whatever_waits_is_taken_together_and_in_order() {
        let queue = Queue::new();
        for number in 0..5 {
            queue.push(number, 1).await.unwrap();
        }
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch, 1, Duration::ZERO));
        assert_eq!(batch, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn past_its_room_callers_wait_until_something_is_taken() {
        let queue = Arc::new(Queue::new());
        queue.push("large", share_of(usize::MAX)).await.unwrap();
        let waiting = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.push("late", share_of(0)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(queue.len(), 1);
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch, 1, Duration::ZERO));
        waiting.await.unwrap().unwrap();
        assert_eq!((batch, queue.len()), (vec!["large"], 1));
    }

    #[tokio::test]
    async fn a_closed_queue_is_emptied_and_lets_nothing_in() {
        let queue = Queue::new();
        queue.push(1, 1).await.unwrap();
        queue.close();
        assert!(queue.push(2, 1).await.is_err());
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch, 1, Duration::ZERO));
        batch.clear();
        assert!(!queue.take(&mut batch, 1, Duration::ZERO));
    }
}

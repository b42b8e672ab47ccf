//! A ledger on which tasks of one thread race, by a seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::ports::{Entry, Ledger, Note, Stream};
use selfheal_core::time::Timestamp;

/// Numbers that look random, the same for the same seed (SplitMix64, Steele et al. 2014).
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Less than `bound`.
    pub(crate) fn roll(&self, bound: u64) -> u64 {
        let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(crate) fn pick<T: Copy>(&self, of: &[T]) -> T {
        let bound = u64::try_from(of.len()).unwrap();
        of[usize::try_from(self.roll(bound)).unwrap()]
    }
}

/// Lets others go first, a few times.
pub(crate) async fn dawdle(dice: &Dice) {
    let mut turns = dice.roll(4);
    std::future::poll_fn(|context| {
        if turns == 0 {
            return Poll::Ready(());
        }
        turns -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets others go first before each call, and between a call and its answer.
pub(crate) struct RacingLedger {
    pub(crate) inner: InMemoryLedger,
    pub(crate) dice: Dice,
}

#[async_trait]
impl Ledger for RacingLedger {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        dawdle(&self.dice).await;
        let appended = self.inner.append(stream, expected, at, note).await;
        dawdle(&self.dice).await;
        appended
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        dawdle(&self.dice).await;
        let read = self.inner.read(stream, from, most).await;
        dawdle(&self.dice).await;
        read
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        self.inner.len(stream).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        self.inner.forget(stream, before).await
    }
}

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::task::yield_now;

use super::*;
use crate::confidence::TrackRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::incident::Fingerprint;
use crate::ports::{Lesson, ProvenFix};

/// Takes its time, and counts how often it is asked.
#[derive(Default)]
struct Slow {
    asked: AtomicUsize,
    fails: bool,
}

impl Slow {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl MemoryStore for Slow {
    async fn recall(&self, _: &Fingerprint) -> Result<Option<ProvenFix>> {
        Ok(None)
    }

    async fn record(&self, _: &Lesson) -> Result<()> {
        Ok(())
    }

    async fn past(&self, _: usize) -> Result<Vec<PastOutcome>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        yield_now().await;
        if self.fails { Err(Error::new(ErrorKind::Unavailable, "memory.past", "out of order")) } else { Ok(Vec::new()) }
    }

    async fn track_record(&self, _: &Source) -> Result<TrackRecord> {
        Ok(TrackRecord::default())
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

#[tokio::test]
async fn of_many_that_begin_together_one_reads() {
    let (experience, memory) = (Experience::default(), Slow::default());
    for (reads, second) in [(1, 0), (1, 59), (2, 60), (3, 120)] {
        join_all((0..64).map(|_| experience.refresh(Some(&memory), at(second)))).await;
        assert_eq!(memory.asked(), reads, "at second {second}");
    }
}

#[tokio::test]
async fn a_memory_that_fails_is_not_asked_again_at_once() {
    let (experience, memory) = (Experience::default(), Slow { fails: true, ..Slow::default() });
    for (reads, second) in [(1, 0), (1, 59), (2, 60)] {
        join_all((0..64).map(|_| experience.refresh(Some(&memory), at(second)))).await;
        assert_eq!(memory.asked(), reads, "at second {second}");
    }
}

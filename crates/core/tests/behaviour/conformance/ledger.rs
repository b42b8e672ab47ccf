//! The ledger in memory keeps the port's obligations, and the suite finds what doesn't.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::ports::{Entry, Ledger, Note, Stream};
use selfheal_core::testing::conformance;
use selfheal_core::time::Timestamp;

use super::broken;

#[tokio::test]
async fn the_ledger_in_memory_conforms() {
    let fresh = || async { (Arc::new(InMemoryLedger::default()) as Arc<dyn Ledger>, ()) };
    conformance::ledger(fresh).await.unwrap();
}

/// What a careless backend gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    AppendsAnywhere,
    ForgivesWhoSaysTheSame,
    ForgetsTheTime,
    MixesStreams,
    ReadsWithoutBound,
    CountsWhatIsLeft,
    ForgetsEverything,
    ForgetsNothing,
    TakesAnySize,
}

struct Careless(InMemoryLedger, Bug);

impl Careless {
    fn place(&self, stream: &Stream) -> Stream {
        if self.1 == Bug::MixesStreams { Stream::activity() } else { stream.clone() }
    }
}

#[async_trait]
impl Ledger for Careless {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        let stream = self.place(stream);
        let (expected, at) = match self.1 {
            Bug::AppendsAnywhere => (self.0.len(&stream).await?, at),
            Bug::MixesStreams => (self.0.len(&stream).await?, at),
            Bug::ForgetsTheTime => (expected, Timestamp::default()),
            _ => (expected, at),
        };
        match self.0.append(&stream, expected, at, note).await {
            Err(error) if error.kind() == ErrorKind::LimitReached && self.1 == Bug::TakesAnySize => Ok(()),
            Err(error) if self.1 == Bug::ForgivesWhoSaysTheSame => {
                let there = self.0.read(&stream, expected, 1).await?;
                if there.iter().any(|entry| entry.note == *note) { Ok(()) } else { Err(error) }
            }
            answer => answer,
        }
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        let most = if self.1 == Bug::ReadsWithoutBound { usize::MAX } else { most };
        self.0.read(&self.place(stream), from, most).await
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        match self.1 {
            Bug::CountsWhatIsLeft => Ok(self.0.read(stream, 0, usize::MAX).await?.len() as u64),
            _ => self.0.len(&self.place(stream)).await,
        }
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        match self.1 {
            Bug::ForgetsEverything => self.0.forget(stream, Timestamp::from_millis(u64::MAX)).await,
            Bug::ForgetsNothing => Ok(()),
            _ => self.0.forget(&self.place(stream), before).await,
        }
    }
}

#[tokio::test]
async fn the_suite_finds_what_a_careless_backend_gets_wrong() {
    let bugs = [
        (Bug::AppendsAnywhere, 1),
        (Bug::ForgivesWhoSaysTheSame, 1),
        (Bug::ForgetsTheTime, 2),
        (Bug::MixesStreams, 2),
        (Bug::ReadsWithoutBound, 3),
        (Bug::CountsWhatIsLeft, 4),
        (Bug::ForgetsEverything, 5),
        (Bug::ForgetsNothing, 5),
        (Bug::TakesAnySize, 7),
    ];
    for (bug, obligation) in bugs {
        let fresh = || async move { (Arc::new(Careless(InMemoryLedger::default(), bug)) as Arc<dyn Ledger>, ()) };
        assert_eq!(broken(conformance::ledger(fresh).await), Some(obligation), "{bug:?}");
    }
}

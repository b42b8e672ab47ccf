use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::confidence::TrackRecord;
use selfheal_core::diagnosis::Source;
use selfheal_core::error::Result;
use selfheal_core::incident::Fingerprint;
use selfheal_core::ports::{Lesson, MemoryStore, PastOutcome, ProvenFix};
use selfheal_core::testing::conformance::{self, Verdict};

use super::broken;
use crate::scene::Remembering;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    RecallsWhatFailed,
    RecallsTheSimilar,
    CountsTwice,
    ForgetsTheTime,
    KnowsNoSources,
    TellsTheOldestPast,
}

struct Buggy {
    inner: Remembering,
    bug: Bug,
}

#[async_trait]
impl MemoryStore for Buggy {
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>> {
        match self.bug {
            Bug::RecallsTheSimilar if fingerprint.as_str() == "ab" => {
                self.inner.recall(&Fingerprint::from_hex("aa")).await
            }
            _ => self.inner.recall(fingerprint).await,
        }
    }

    async fn record(&self, lesson: &Lesson) -> Result<()> {
        let mut lesson = lesson.clone();
        match self.bug {
            Bug::RecallsWhatFailed => lesson.healed = true,
            Bug::ForgetsTheTime => lesson.at = Default::default(),
            Bug::CountsTwice => {
                self.inner.plant(lesson);
                return Ok(());
            }
            _ => {}
        }
        self.inner.record(&lesson).await
    }

    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>> {
        match self.bug {
            Bug::TellsTheOldestPast => {
                let mut past = self.inner.past(usize::MAX).await?;
                past.reverse();
                past.truncate(most);
                Ok(past)
            }
            _ => self.inner.past(most).await,
        }
    }

    async fn track_record(&self, source: &Source) -> Result<TrackRecord> {
        match self.bug {
            Bug::KnowsNoSources => Ok(TrackRecord::default()),
            _ => self.inner.track_record(source).await,
        }
    }
}

async fn run(bug: Bug) -> Verdict {
    conformance::memory_store(|| async move {
        let store = Buggy { inner: Remembering::default(), bug };
        (Arc::new(store) as Arc<dyn MemoryStore>, ())
    })
    .await
}

#[tokio::test]
async fn a_faithful_store_keeps_its_obligations() {
    run(Bug::None).await.unwrap();
}

#[tokio::test]
async fn each_planted_bug_is_found() {
    let bugs = [
        (Bug::RecallsWhatFailed, 1),
        (Bug::RecallsTheSimilar, 1),
        (Bug::CountsTwice, 2),
        (Bug::ForgetsTheTime, 3),
        (Bug::KnowsNoSources, 2),
        (Bug::TellsTheOldestPast, 4),
    ];
    for (bug, obligation) in bugs {
        assert_eq!(broken(run(bug).await), Some(obligation), "{bug:?}");
    }
}

//! A memory that ends with the test, and can be told to be out of reach.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::confidence::TrackRecord;
use selfheal_core::diagnosis::Source;
use selfheal_core::error::{Error, Result};
use selfheal_core::incident::Fingerprint;
use selfheal_core::ports::{Lesson, MemoryStore, PastOutcome, ProvenFix};

type Meddler = Box<dyn Fn(&str) -> Option<Error> + Send + Sync>;

#[derive(Default)]
pub(crate) struct Remembering {
    lessons: Mutex<Vec<Lesson>>,
    meddler: Mutex<Option<Meddler>>,
}

impl Remembering {
    /// Asks `meddler` before each call (`recall`, `record`) whether it fails.
    pub(crate) fn before(&self, meddler: impl Fn(&str) -> Option<Error> + Send + Sync + 'static) {
        *self.meddler.lock().unwrap() = Some(Box::new(meddler));
    }

    pub(crate) fn lessons(&self) -> Vec<Lesson> {
        self.lessons.lock().unwrap().clone()
    }

    /// Puts a lesson there as if it had been learnt.
    pub(crate) fn plant(&self, lesson: Lesson) {
        self.lessons.lock().unwrap().push(lesson);
    }

    fn meddled(&self, call: &str) -> Result<()> {
        let error = self.meddler.lock().unwrap().as_ref().and_then(|meddler| meddler(call));
        error.map_or(Ok(()), Err)
    }
}

fn count<'a>(lessons: impl Iterator<Item = &'a Lesson>) -> TrackRecord {
    lessons.fold(TrackRecord::default(), |record, lesson| match lesson.healed {
        true => TrackRecord { healed: record.healed + 1, ..record },
        false => TrackRecord { failed: record.failed + 1, ..record },
    })
}

#[async_trait]
impl MemoryStore for Remembering {
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>> {
        self.meddled("recall")?;
        let lessons = self.lessons();
        let mut by_plan: BTreeMap<_, Vec<&Lesson>> = BTreeMap::new();
        for lesson in lessons.iter().filter(|lesson| lesson.fingerprint == *fingerprint) {
            by_plan.entry(lesson.plan_fingerprint()).or_default().push(lesson);
        }
        let good = by_plan.values().filter_map(|lessons| {
            let record = count(lessons.iter().copied());
            let last = lessons.iter().filter(|lesson| lesson.healed).max_by_key(|lesson| lesson.at)?;
            record.is_good().then(|| (record, (*last).clone()))
        });
        let best = good.max_by_key(|(record, last)| (record.healed - record.failed, last.at));
        Ok(best.map(|(record, Lesson { diagnosis, plan, incident, at, .. })| ProvenFix {
            diagnosis,
            plan,
            record,
            incident,
            at,
        }))
    }

    async fn record(&self, lesson: &Lesson) -> Result<()> {
        self.meddled("record")?;
        let mut lessons = self.lessons.lock().unwrap();
        let same =
            |known: &Lesson| known.incident == lesson.incident && known.plan_fingerprint() == lesson.plan_fingerprint();
        if !lessons.iter().any(same) {
            lessons.push(lesson.clone());
        }
        Ok(())
    }

    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>> {
        self.meddled("past")?;
        let mut past: Vec<_> = self.lessons().iter().map(Lesson::outcome).collect();
        past.sort_by_key(|outcome| std::cmp::Reverse(outcome.at));
        past.truncate(most);
        Ok(past)
    }

    async fn track_record(&self, source: &Source) -> Result<TrackRecord> {
        Ok(count(self.lessons().iter().filter(|lesson| lesson.plan.source == *source)))
    }
}

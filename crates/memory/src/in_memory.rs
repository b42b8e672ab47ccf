//! A memory that ends with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use selfheal_core::confidence::TrackRecord;
use selfheal_core::diagnosis::Source;
use selfheal_core::error::Result;
use selfheal_core::incident::{Fingerprint, IncidentId};
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::{Lesson, MemoryStore, PastOutcome, ProvenFix};

use crate::ranking::best;

/// Keeps lessons in the process's own memory.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<BTreeMap<(Fingerprint, PlanHash, IncidentId), Lesson>>);

impl InMemory {
    fn lessons(&self) -> MutexGuard<'_, BTreeMap<(Fingerprint, PlanHash, IncidentId), Lesson>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl MemoryStore for InMemory {
    async fn recall(&self, fingerprint: &Fingerprint) -> Result<Option<ProvenFix>> {
        let lessons = self.lessons();
        let mut fixes: BTreeMap<&PlanHash, ProvenFix> = BTreeMap::new();
        for ((_, plan, _), lesson) in lessons.iter().filter(|((of, ..), _)| of == fingerprint) {
            let fix = fixes.entry(plan).or_insert_with(|| empty(lesson));
            count(fix, lesson);
        }
        Ok(best(fixes.into_values()))
    }

    async fn record(&self, lesson: &Lesson) -> Result<()> {
        let key = (lesson.fingerprint.clone(), lesson.plan_fingerprint(), lesson.incident.clone());
        self.lessons().entry(key).or_insert_with(|| lesson.clone());
        Ok(())
    }

    async fn past(&self, most: usize) -> Result<Vec<PastOutcome>> {
        let mut past: Vec<PastOutcome> = self.lessons().values().map(Lesson::outcome).collect();
        past.sort_by_key(|outcome| std::cmp::Reverse(outcome.at));
        past.truncate(most);
        Ok(past)
    }

    async fn track_record(&self, source: &Source) -> Result<TrackRecord> {
        let lessons = self.lessons();
        let of_source = || lessons.values().filter(|lesson| lesson.plan.source == *source);
        let count = |healed: bool| {
            u32::try_from(of_source().filter(|lesson| lesson.healed == healed).count()).unwrap_or(u32::MAX)
        };
        Ok(TrackRecord { healed: count(true), failed: count(false) })
    }
}

fn empty(lesson: &Lesson) -> ProvenFix {
    ProvenFix {
        diagnosis: lesson.diagnosis.clone(),
        plan: lesson.plan.clone(),
        record: TrackRecord::default(),
        incident: lesson.incident.clone(),
        at: lesson.at,
    }
}

fn count(fix: &mut ProvenFix, lesson: &Lesson) {
    if !lesson.healed {
        fix.record.failed = fix.record.failed.saturating_add(1);
        return;
    }
    if fix.record.healed == 0 || lesson.at >= fix.at {
        let record = fix.record;
        *fix = ProvenFix { record, ..empty(lesson) };
    }
    fix.record.healed = fix.record.healed.saturating_add(1);
}

//! Conformance of memory stores.

use std::sync::Arc;

use super::{Suite, Verdict};
use crate::action::{Reversibility, RiskTier};
use crate::category::FailureCategory;
use crate::confidence::{Confidence, Features, SourceClass, TrackRecord};
use crate::diagnosis::{Diagnosis, Source};
use crate::incident::{Fingerprint, IncidentId};
use crate::plan::Plan;
use crate::ports::{Lesson, MemoryStore};
use crate::resource::ResourceRef;
use crate::testing::set_value;
use crate::time::Timestamp;

const SUITE: Suite = Suite("MemoryStore");

fn lesson(fingerprint: &str, incident: &str, value: &str, healed: bool, at: u64) -> Option<Lesson> {
    let resource = ResourceRef::new("fake", "thing", "one");
    let source = Source::Runbook { id: "conformance".to_owned(), version: 1 };
    let plan = Arc::new(Plan {
        steps: vec![set_value(&resource, "key", value).ok()?],
        rationale: format!("sets key to {value}"),
        source: source.clone(),
        confidence: Confidence::new(0.5),
    });
    let diagnosis = Arc::new(Diagnosis {
        category: FailureCategory::MISSING_CONFIGURATION,
        hypotheses: Arc::from([]),
        confidence: Confidence::new(0.5),
        source,
        reading: None,
    });
    let fingerprint = Fingerprint::from_hex(fingerprint);
    let incident = IncidentId::new(incident);
    Some(Lesson {
        fingerprint,
        incident,
        resource,
        diagnosis,
        plan,
        healed,
        features: None,
        at: Timestamp::from_millis(at),
    })
}

/// Runs the suite; `fresh` makes an empty store and a guard that cleans up when dropped.
///
/// # Errors
/// The first [`Violation`](super::Violation).
pub async fn memory_store<F, Fut, G>(fresh: F) -> Verdict
where
    F: Fn() -> Fut,
    Fut: Future<Output = (Arc<dyn MemoryStore>, G)>,
{
    let (store, _guard) = fresh().await;
    recalls_exactly_what_healed(store.as_ref()).await?;
    let (store, _guard) = fresh().await;
    counts_each_outcome_once(store.as_ref()).await?;
    let (store, _guard) = fresh().await;
    prefers_the_better_record(store.as_ref()).await?;
    let (store, _guard) = fresh().await;
    tells_the_past(store.as_ref()).await
}

async fn tells_the_past(store: &dyn MemoryStore) -> Verdict {
    let mut expected = Vec::new();
    for (incident, healed, at) in [("inc-1", true, 1), ("inc-2", false, 3), ("inc-3", true, 2)] {
        let mut lesson = lesson("aa", incident, "good", healed, at);
        if let Some(lesson) = lesson.as_mut().filter(|_| at == 3) {
            let (risk, reversibility) = (RiskTier::High, Reversibility::Undoable);
            lesson.features = Some(Box::new(Features::new(SourceClass::Runbook, risk, reversibility)));
        }
        let lesson = note(store, lesson).await?;
        note(store, Some(lesson.clone())).await?;
        expected.push(lesson.outcome());
    }
    expected.sort_by_key(|outcome| std::cmp::Reverse(outcome.at));
    let past = SUITE.call(4, "past", store.past(10).await)?;
    SUITE.check(4, past == expected, "the past is not what was recorded, each once and the latest first")?;
    let latest = SUITE.call(4, "past", store.past(1).await)?;
    SUITE.check(4, latest == expected[..1], "of the past not the latest was told")
}

async fn note(store: &dyn MemoryStore, lesson: Option<Lesson>) -> Result<Lesson, super::Violation> {
    let lesson = lesson.ok_or_else(|| SUITE.violation(3, "the suite's own lesson is invalid"))?;
    SUITE.call(2, "record", store.record(&lesson).await)?;
    Ok(lesson)
}

async fn recall(
    store: &dyn MemoryStore,
    fingerprint: &str,
) -> Result<Option<crate::ports::ProvenFix>, super::Violation> {
    SUITE.call(1, "recall", store.recall(&Fingerprint::from_hex(fingerprint)).await)
}

async fn recalls_exactly_what_healed(store: &dyn MemoryStore) -> Verdict {
    SUITE.check(1, recall(store, "aa").await?.is_none(), "an empty store recalled something")?;
    note(store, lesson("aa", "inc-1", "tried", false, 1)).await?;
    SUITE.check(1, recall(store, "aa").await?.is_none(), "a plan that failed was recalled")?;
    let healed = note(store, lesson("aa", "inc-2", "good", true, 2)).await?;
    let fix = recall(store, "aa").await?;
    let fix = fix.ok_or_else(|| SUITE.violation(1, "a plan that healed was not recalled"))?;
    SUITE.check(
        3,
        fix.plan == healed.plan && fix.diagnosis == healed.diagnosis,
        "plan or diagnosis came back changed",
    )?;
    SUITE.check(3, fix.incident == healed.incident && fix.at == healed.at, "incident or time came back changed")?;
    SUITE.check(1, recall(store, "ab").await?.is_none(), "another fingerprint was recalled")
}

async fn counts_each_outcome_once(store: &dyn MemoryStore) -> Verdict {
    for _ in 0..3 {
        note(store, lesson("aa", "inc-1", "good", true, 1)).await?;
    }
    let known = recall(store, "aa").await?.map(|fix| fix.record);
    SUITE.check(2, known == Some(TrackRecord { healed: 1, failed: 0 }), "a repeated lesson was counted again")?;
    for incident in ["inc-2", "inc-3"] {
        note(store, lesson("aa", incident, "good", false, 2)).await?;
    }
    SUITE.check(1, recall(store, "aa").await?.is_none(), "a fix that fails more often than it heals was recalled")?;
    let source = Source::Runbook { id: "conformance".to_owned(), version: 1 };
    let record = SUITE.call(2, "track_record", store.track_record(&source).await)?;
    SUITE.check(2, record == TrackRecord { healed: 1, failed: 2 }, "the source's record is not the sum of its outcomes")
}

async fn prefers_the_better_record(store: &dyn MemoryStore) -> Verdict {
    note(store, lesson("aa", "inc-1", "twice", true, 1)).await?;
    note(store, lesson("aa", "inc-2", "twice", true, 2)).await?;
    note(store, lesson("aa", "inc-3", "once", true, 3)).await?;
    let fix = recall(store, "aa").await?;
    let value = fix.and_then(|fix| fix.plan.steps[0].action.text("value").map(str::to_owned));
    SUITE.check(1, value.as_deref() == Some("twice"), "the plan with the better record was not preferred")?;
    note(store, lesson("aa", "inc-4", "once", true, 4)).await?;
    let fix = recall(store, "aa").await?;
    let value = fix.and_then(|fix| fix.plan.steps[0].action.text("value").map(str::to_owned));
    SUITE.check(1, value.as_deref() == Some("once"), "of equals the latest was not preferred")
}

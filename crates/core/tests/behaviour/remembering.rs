//! Memory proposes what healed before; it never grants.

use std::sync::Arc;

use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Event, Outcome, TriedResult, Trouble};
use selfheal_core::ports::{Lesson, Rehearsal};
use selfheal_core::resource::ResourceRef;
use selfheal_core::testing::{ScriptedPolicy, ScriptedRunbooks, SeededEntropy, set_value};

use crate::scene::{Remembering, Scene, escalated, evidence, hypothesis};

const GOOD: &[&[(&str, &str)]] = &[&[("mode", "good")]];

/// A memory that saw one failure of this kind healed by setting `mode` to `good`.
async fn experienced() -> Arc<Remembering> {
    let memory = Arc::new(Remembering::default());
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(GOOD).memory(memory.clone())).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(!report.diagnosis_skipped());
    assert_eq!(memory.lessons().len(), 1);
    memory
}

#[tokio::test]
async fn the_second_run_skips_diagnosis_and_nothing_else() {
    let memory = experienced().await;
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(GOOD).memory(memory)).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(report.diagnosis_skipped());
    let events = scene.events().await;
    assert!(!events.iter().any(|event| matches!(event, Event::Classified(_) | Event::Analysed(_))));
    assert_eq!(scene.executor.calls(), ["preview", "rehearse", "apply 0", "settle"]);
    let decided = events.iter().filter(|event| matches!(event, Event::Decided(_))).count();
    assert_eq!(decided, 2, "audit and gate");
    assert!(events.iter().any(|event| matches!(event, Event::Verified(seen) if seen.held)));
}

#[tokio::test]
async fn a_remembered_plan_is_denied_like_any_other() {
    let memory = experienced().await;
    let scene = Scene::broken();
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", GOOD)]]);
    let policy = ScriptedPolicy::new(vec![Verdict::Deny]);
    let report = scene.heal(scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(policy)).memory(memory)).await;
    assert_eq!(report.outcome().cloned(), escalated(Trouble::Denied));
    assert_eq!(scene.executor.count("rehearse"), 0);
}

#[tokio::test]
async fn a_remembered_plan_that_no_longer_helps_falls_back_to_diagnosis() {
    let memory = experienced().await;
    let stale = Rehearsal::Failed { facts: Default::default(), evidence: vec![evidence("error: mode is bad")] };
    let scene = Scene::rehearsing(vec![stale]);
    let host = scene.knowing(&[&[("mode", "good")], &[("other", "1"), ("mode", "good")]]).memory(memory.clone());
    let report = scene.heal(host.entropy(Arc::new(SeededEntropy::new(8)))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(!report.diagnosis_skipped(), "what healed was diagnosed");
    let results: Vec<TriedResult> = report.tried().iter().map(|tried| tried.result).collect();
    assert_eq!(results, [TriedResult::RehearsalFailed, TriedResult::Applied]);
    let lessons = memory.lessons();
    let learnt: Vec<bool> =
        lessons.iter().filter(|lesson| lesson.incident == report.incident().id).map(|l| l.healed).collect();
    assert_eq!(learnt, [false, true], "the remembered plan's failure counts against it");
}

#[tokio::test]
async fn what_failed_is_remembered_also_when_a_person_is_told() {
    let memory = Arc::new(Remembering::default());
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(&[&[("mode", "worse")]]).memory(memory.clone())).await;
    assert!(report.trouble().is_some());
    let lessons = memory.lessons();
    assert_eq!(lessons.len(), 1);
    assert!(!lessons[0].healed);
}

#[tokio::test]
async fn a_plan_that_was_only_proposed_or_denied_teaches_nothing() {
    for verdict in [Verdict::Propose, Verdict::Deny] {
        let memory = Arc::new(Remembering::default());
        let scene = Scene::broken();
        let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", GOOD)]]);
        let host = scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(ScriptedPolicy::new(vec![verdict])));
        scene.heal(host.memory(memory.clone())).await;
        assert!(memory.lessons().is_empty(), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_memory_that_names_another_target_is_not_believed() {
    let learnt = experienced().await.lessons().remove(0);
    let victim = ResourceRef::new("fake", "thing", "somebody-elses");
    let mut plan = learnt.plan.clone();
    Arc::make_mut(&mut plan).steps = vec![set_value(&victim, "mode", "good").unwrap()];
    let memory = Arc::new(Remembering::default());
    memory.plant(Lesson { plan, ..learnt });
    let scene = Scene::broken();
    let report = scene.heal(scene.knowing(GOOD).memory(memory)).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(!report.diagnosis_skipped());
    assert_eq!(report.tried().len(), 1, "the planted plan was not even previewed");
}

//! An approval is bound to one plan hash and to time.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::decision::Verdict;
use selfheal_core::engine::{Outcome, Phase, Trouble};
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder, Report};
use selfheal_core::plan::{Plan, PlanHash};
use selfheal_core::ports::{Approval, Clock, Journal};
use selfheal_core::testing::{ScriptedPolicy, ScriptedRunbooks};

use crate::scene::{Answers, Scene, escalated, hypothesis};

fn asking(scene: &Scene, answers: Answers) -> OrchestratorBuilder {
    without_approver(scene).approver(Arc::new(answers))
}

fn without_approver(scene: &Scene) -> OrchestratorBuilder {
    let runbooks = ScriptedRunbooks::new(vec![vec![hypothesis("bad_mode", &[&[("mode", "good")]])]]);
    scene.host().runbooks(Arc::new(runbooks)).policy(Arc::new(ScriptedPolicy::new(vec![Verdict::RequireApproval])))
}

fn another_plan(_: &PlanHash) -> Approval {
    let plan = Plan {
        steps: Vec::new(),
        rationale: String::new(),
        source: selfheal_core::diagnosis::Source::Nothing,
        confidence: selfheal_core::confidence::Confidence::NONE,
    };
    Approval::Given { by: "ada".to_owned(), plan_hash: PlanHash::of(&plan, &[]), at: None }
}

async fn go_on(scene: &Scene, host: &Orchestrator) -> Report {
    let incident = &scene.journal.incidents()[0];
    let lease = scene.journal.lease(incident, &host.claim()).await.unwrap();
    host.resume(lease, &Cancellation::new()).await.unwrap()
}

#[tokio::test]
async fn with_the_hash_that_was_shown_it_is_applied() {
    let scene = Scene::broken();
    let report = scene.heal(asking(&scene, Answers::new(&[Answers::yes]))).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn with_another_hash_it_is_refused() {
    let scene = Scene::broken();
    let report = scene.heal(asking(&scene, Answers::new(&[another_plan]))).await;
    assert!(matches!(report.trouble(), Some(Trouble::Refused { .. })), "{:?}", report.trouble());
    assert_eq!(scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn a_refusal_escalates_with_its_reason() {
    let scene = Scene::broken();
    let report = scene.heal(asking(&scene, Answers::new(&[Answers::no]))).await;
    assert_eq!(
        report.outcome().cloned(),
        escalated(Trouble::Refused { because: "ada refused it: not on a Friday".to_owned() })
    );
    assert_eq!(scene.mode(), "bad");
}

#[tokio::test]
async fn without_anybody_to_ask_it_escalates() {
    let scene = Scene::broken();
    let report = scene.heal(without_approver(&scene)).await;
    assert!(matches!(report.trouble(), Some(Trouble::Refused { .. })), "{:?}", report.trouble());
    assert_eq!(scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn a_pending_approval_parks_the_incident_and_another_process_goes_on_with_it() {
    let scene = Scene::broken();
    let parked = scene.heal(asking(&scene, Answers::new(&[Answers::later]))).await;
    assert!(matches!(parked.state.phase, Phase::AwaitingApproval { .. }));
    assert_eq!(parked.outcome(), None);
    assert_eq!(scene.executor.count("settle"), 0, "undo material is still needed");

    let records = scene.records().await.len();
    let host = asking(&scene, Answers::new(&[Answers::later, Answers::yes])).build().unwrap();
    let still = go_on(&scene, &host).await;
    assert_eq!(still.outcome(), None);
    assert_eq!(scene.records().await.len(), records, "looking whether somebody answered is no event");
    let healed = go_on(&scene, &host).await;
    assert_eq!(healed.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.executor.count("preview"), 1, "what was approved is what is applied");
}

#[tokio::test]
async fn silence_until_the_deadline_escalates_and_a_late_yes_does_not_count() {
    for late in [Answers::later as fn(&PlanHash) -> Approval, Answers::yes] {
        let scene = Scene::broken();
        let host = asking(&scene, Answers::new(&[Answers::later, late])).build().unwrap();
        let parked = host.heal(crate::scene::signal(), &Cancellation::new()).await.unwrap();
        let Phase::AwaitingApproval { deadline } = parked.state.phase else { panic!("{:?}", parked.state.phase) };
        scene.clock.sleep_until(deadline.after(Duration::from_millis(1))).await;
        let report = go_on(&scene, &host).await;
        let told = report.trouble().map(Trouble::in_words).unwrap_or_default();
        assert!(
            told == Trouble::NobodyAnswered.in_words() || told.contains("before anybody looked: ada agreed"),
            "{told}"
        );
        assert_eq!(scene.executor.count("apply 0"), 0);
    }
}

#[tokio::test]
async fn a_world_that_changed_while_waiting_is_a_conflict_not_an_overwrite() {
    let scene = Scene::broken();
    let host = asking(&scene, Answers::new(&[Answers::later, Answers::yes])).build().unwrap();
    host.heal(crate::scene::signal(), &Cancellation::new()).await.unwrap();
    scene.world.set("mode", "set by hand");
    let report = go_on(&scene, &host).await;
    assert!(matches!(report.trouble(), Some(Trouble::ForeignChange { .. })), "{:?}", report.trouble());
    assert_eq!(scene.mode(), "set by hand");
}

//! A failure that no rule explains is mended by what models choose, within what is observed and allowed.

use selfheal_core::action::Provenance;
use selfheal_core::diagnosis::Source;
use selfheal_core::engine::{Event, Outcome, State};
use selfheal_core::ports::{History, ModelTier};

use crate::scene::{LOG, Scene, well};

#[tokio::test]
async fn four_questions_mend_what_no_rule_knows() {
    let scene = Scene::of(|agent, _| well(agent));
    let report = scene.heal(scene.builder(), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert_eq!(scene.host.mode(), "good");
    assert_eq!(scene.model.agents(), ["analyst", "classifier", "strategist", "auditor"]);
    let tiers: Vec<ModelTier> = ["classifier", "analyst", "strategist", "auditor"]
        .iter()
        .map(|agent| scene.model.asked(agent)[0].tier)
        .collect();
    assert_eq!(tiers, [ModelTier::Small, ModelTier::Large, ModelTier::Large, ModelTier::Small]);
}

#[tokio::test]
async fn the_plan_is_the_operators_and_the_value_is_observed() {
    let scene = Scene::of(|agent, _| well(agent));
    let report = scene.heal(scene.builder(), LOG).await;
    let plan = &report.tried()[0].proposal.plan;
    assert_eq!(plan.source, Source::Model { name: "m-1".into() });
    assert_eq!(
        plan.rationale,
        "a language model suggests, unchecked: The program does not know mode bad; good is one that it knows."
    );
    let parameters = plan.steps[0].action.parameters();
    let by = |name: &str| parameters.get(name).unwrap().provenance.clone();
    assert_eq!(by("key"), Provenance::Configured { by: "set-mode/1".to_owned() });
    assert_eq!(by("value"), Provenance::Extracted { by: "m-1#mode".to_owned(), set: "modes".to_owned() });
}

#[tokio::test]
async fn the_record_shows_every_question_and_replays_to_the_same_state() {
    let scene = Scene::of(|agent, _| well(agent));
    let report = scene.heal(scene.builder(), LOG).await;
    let asked = scene.consultations().await;
    let prompts: Vec<&str> = asked.iter().map(|asked| asked.prompt.as_str()).collect();
    assert_eq!(prompts, ["analyst@1", "classifier@1", "strategist@1", "auditor@1"]);
    assert!(
        asked.iter().all(|asked| asked.calls.len() == 1),
        "each call stands under the question that it was made for"
    );
    assert_eq!(report.state.counters.spent.calls, 4);
    let records = scene.records().await;
    let replayed: State = selfheal_core::engine::replay(History { snapshot: None, records }).unwrap().0.unwrap();
    assert_eq!(replayed, report.state);
}

#[tokio::test]
async fn where_the_classifier_names_another_category_it_is_less_sure() {
    let agreed = Scene::of(|agent, _| well(agent));
    agreed.heal(agreed.builder(), LOG).await;
    let alone = Scene::but(|agent, _| {
        (agent == "classifier").then(|| crate::scene::Said::Json(serde_json::json!({ "category": "test_failure" })))
    });
    alone.heal(alone.builder(), LOG).await;
    assert!(alone.diagnosis().await.confidence < agreed.diagnosis().await.confidence);
    let categories: Vec<_> = alone.consultations().await.iter().filter_map(|asked| asked.category.clone()).collect();
    assert_eq!(categories.len(), 2, "both are kept");
    assert_ne!(categories[0], categories[1]);
}

#[tokio::test]
async fn what_a_rule_explains_and_what_says_nothing_is_not_asked_about() {
    let scene = Scene::of(|agent, _| well(agent));
    let runbooks =
        selfheal_core::testing::ScriptedRunbooks::new(vec![vec![selfheal_core::testing::wrong_value("mode", "good")]]);
    let report = scene.heal(scene.builder().runbooks(std::sync::Arc::new(runbooks)), LOG).await;
    assert_eq!(report.outcome(), Some(&Outcome::Healed));
    assert!(scene.model.agents().is_empty());

    let silent = Scene::of(|agent, _| well(agent));
    silent.heal(silent.builder(), "\n\n").await;
    assert!(silent.model.agents().is_empty());
    assert!(!silent.records().await.iter().any(|record| matches!(record.event, Event::Consulted(_))));
}

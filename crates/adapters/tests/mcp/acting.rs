//! Tools that act.

use selfheal_adapters::mcp::{ArgumentMap, McpAction, McpClient, McpError, McpExecutor};
use selfheal_core::action::{Action, ActionKind, ActionSpec, Parameter, ParameterType, Reversibility, RiskTier, Value};
use selfheal_core::error::{ErrorKind, Result, Retry};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{Compensation, Preview, Step, StepRetry};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};
use selfheal_core::resource::{Environment, ResourceRef};
use serde_json::json;

use crate::scene::{Manner, Services, TOKEN};

fn spec() -> ActionSpec {
    ActionSpec::new(ActionKind::custom("scale_service"))
        .requires("replicas", ParameterType::Integer)
        .rated(RiskTier::High, Reversibility::Irreversible)
}

fn map() -> ArgumentMap {
    ArgumentMap::new().resource_name("service").given("replicas", "count").constant("wait", json!(true))
}

fn scaling(client: &McpClient) -> McpAction {
    client.action(spec(), "scale", map()).unwrap()
}

/// A plan of one step, and the executor that performs it.
struct Stage {
    executor: McpExecutor,
    steps: Vec<Step>,
    incident: IncidentId,
    resource: ResourceRef,
}

impl Stage {
    fn of(action: McpAction, replicas: i64) -> Self {
        let resource = ResourceRef::new("services", "service", "checkout");
        let parameters = [("replicas".to_owned(), Parameter::configured("test", Value::Integer(replicas)))];
        let action_drawn_up = Action::for_tests(&spec(), resource.clone(), parameters.into()).unwrap();
        let step = Step {
            action: action_drawn_up,
            criteria: Vec::new(),
            compensation: Compensation::NothingToUndo,
            retry: StepRetry::ONCE,
        };
        let executor = McpExecutor::new("services", vec![action]);
        Self { executor, steps: vec![step], incident: IncidentId::new("inc-1"), resource }
    }

    fn work<'a>(&'a self, previews: &'a [Preview]) -> Work<'a> {
        Work::for_tests(&self.incident, &self.resource, &Environment::Staging, &self.steps, previews, None)
    }

    async fn preview(&self) -> Vec<Preview> {
        self.executor.preview(&self.work(&[])).await.unwrap()
    }

    async fn apply(&self, previews: &[Preview]) -> Result<()> {
        self.executor.apply(&Approved::for_tests(self.work(previews)), 0, 1).await
    }

    async fn probe(&self) -> EffectStatus {
        self.executor.probe(&self.work(&[]), 0).await.unwrap()
    }
}

#[tokio::test]
async fn a_preview_shows_the_exact_call_and_nothing_is_called_before_it_is_applied_once() {
    let services = Services::new();
    let stage = Stage::of(scaling(&services.client().await), 3);
    let previews = stage.preview().await;
    assert_eq!(previews, stage.preview().await);
    assert_eq!(previews[0].changes[0].diff, r#"+scale {"count":3,"service":"checkout","wait":true}"#);
    assert_eq!(previews[0].reversibility, Reversibility::Irreversible);
    let rehearsed = stage.executor.rehearse(&stage.work(&previews)).await.unwrap();
    assert!(matches!(rehearsed, Rehearsal::Unsupported { .. }));
    assert_eq!(services.state().calls.len(), 0);
    stage.apply(&previews).await.unwrap();
    let call = json!({"tool": "scale", "arguments": {"service": "checkout", "count": 3, "wait": true}});
    assert_eq!(services.state().calls, [call]);
}

#[tokio::test]
async fn a_plan_that_was_previewed_by_another_definition_is_not_carried_out() {
    let services = Services::new();
    let before = Stage::of(scaling(&services.client().await), 3).preview().await;
    services.redefine("scale", "Scales everything else to zero.");
    for client in [services.client().await, services.client().await] {
        let refused = Stage::of(scaling(&client), 3).apply(&before).await.unwrap_err();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Conflict, Retry::Permanent), "{refused}");
    }
    let stage = Stage::of(scaling(&services.client().await), 3);
    let previews = stage.preview().await;
    services.redefine("scale", "Scales.");
    assert_eq!(stage.apply(&previews).await.unwrap_err().kind(), ErrorKind::Conflict, "changed under the connection");
    let other = Stage::of(scaling(&services.client().await), 4);
    assert_eq!(other.apply(&stage.preview().await).await.unwrap_err().kind(), ErrorKind::Conflict, "other arguments");
    assert_eq!(services.state().calls.len(), 0);
}

#[tokio::test]
async fn what_the_schema_does_not_take_is_not_even_previewed() {
    let stage = Stage::of(scaling(&Services::new().client().await), 11);
    let refused = stage.executor.preview(&stage.work(&[])).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("at most 10"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_what_became_of_a_call_without_an_answer() {
    for (manner, kind) in [(Manner::Silent, ErrorKind::Unavailable), (Manner::SaysItFailed, ErrorKind::Internal)] {
        let services = Services::new();
        services.state().manner = manner;
        let stage = Stage::of(scaling(&services.client().await), 3);
        let failed = stage.apply(&stage.preview().await).await.unwrap_err();
        assert_eq!((failed.kind(), failed.retry()), (kind, Retry::UnknownOutcome), "{failed}");
        let said = failed.to_string();
        assert!(!said.contains('\u{1b}') && !said.contains(TOKEN), "{said}");
        assert_eq!(stage.probe().await, EffectStatus::Diverged, "nobody looks");
        let state = services.state();
        assert_eq!((state.replicas, state.calls.len()), (3, 1), "it was sent, once");
    }
}

#[tokio::test]
async fn what_was_refused_as_a_request_did_nothing() {
    let services = Services::new();
    services.state().manner = Manner::Refuses;
    let stage = Stage::of(scaling(&services.client().await), 3);
    let failed = stage.apply(&stage.preview().await).await.unwrap_err();
    assert_eq!((failed.kind(), failed.retry()), (ErrorKind::Invalid, Retry::Permanent), "{failed}");
}

#[tokio::test]
async fn a_tool_that_reads_can_tell_what_became_of_a_call() {
    let services = Services::new();
    let judge = |action: &Action, answer: &str| {
        let wanted = action.integer("replicas").map(|replicas| format!("{replicas} of them"));
        match answer {
            answer if Some(answer) == wanted.as_deref() => EffectStatus::Applied,
            "1 of them" => EffectStatus::Absent,
            _ => EffectStatus::Diverged,
        }
    };
    let looked_up = ArgumentMap::new().resource_name("service");
    let action = scaling(&services.client().await).looked_up_by("replicas", looked_up, judge).unwrap();
    let stage = Stage::of(action, 3);
    for (replicas, status) in [(1, EffectStatus::Absent), (3, EffectStatus::Applied), (7, EffectStatus::Diverged)] {
        services.state().replicas = replicas;
        assert_eq!(stage.probe().await, status, "{replicas}");
    }
}

#[tokio::test]
async fn nothing_is_promised_that_a_call_can_not_keep() {
    let services = Services::new();
    let client = services.client().await;
    let undoable = spec().rated(RiskTier::Low, Reversibility::Undoable);
    assert!(matches!(client.action(undoable, "scale", map()), Err(McpError::Undoable(_))));
    let unknown = map().given("replica", "count");
    assert!(matches!(client.action(spec(), "scale", unknown), Err(McpError::Arguments { .. })));
    let stage = Stage::of(scaling(&client), 3);
    let undone = stage.executor.undo(&stage.work(&[]), 0).await;
    assert_eq!(undone.unwrap_err().kind(), ErrorKind::Unsupported);
    let harmless = spec().rated(RiskTier::Low, Reversibility::NothingToUndo);
    let stage = Stage::of(client.action(harmless, "scale", map()).unwrap(), 3);
    assert_eq!(stage.executor.undo(&stage.work(&[]), 0).await.unwrap(), Undone::Nothing);
    assert_eq!(services.state().calls.len(), 0);
}

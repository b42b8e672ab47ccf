//! What comes in from outside is bounded.

use std::sync::Arc;

use selfheal_core::engine::Event;
use selfheal_core::facts::Facts;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{BuildError, Cancellation};
use selfheal_core::ports::Rehearsal;
use selfheal_core::testing::AllowAll;

use crate::scene::{Scene, evidence, signal};

fn limits() -> Limits {
    Limits { evidence_bytes: 100, ..Limits::default() }
}

#[tokio::test]
async fn of_too_much_evidence_the_latest_is_kept_and_numbered_from_one() {
    let scene = Scene::broken();
    let long = "x".repeat(60);
    let signal = ["first", "second", "third"]
        .iter()
        .fold(signal(), |signal, name| signal.with_evidence(evidence(&format!("{name} {long}"))));
    let host = scene.host().policy(Arc::new(AllowAll)).limits(limits()).build().unwrap();
    let report = host.heal(signal, &Cancellation::new()).await.unwrap();
    let kept = &report.incident().evidence;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].text().read().starts_with("third"));
    assert_eq!(kept[0].id().to_string(), "e1");
}

#[tokio::test]
async fn evidence_of_a_rehearsal_is_bounded_too() {
    let pieces = (0..50).map(|n| evidence(&format!("{n} {}", "x".repeat(40)))).collect();
    let scene = Scene::rehearsing(vec![Rehearsal::Failed { facts: Facts::new(), evidence: pieces }]);
    scene.heal(scene.knowing(&[&[("mode", "good")]]).limits(limits())).await;
    let events = scene.events().await;
    let failed = events.iter().find_map(|event| match event {
        Event::Rehearsed(Rehearsal::Failed { evidence, .. }) => Some(evidence),
        _ => None,
    });
    assert_eq!(failed.unwrap().len(), 2, "two of 42 to 43 bytes fit into 100");
}

#[test]
fn a_limit_of_zero_that_would_stop_everything_is_refused_by_name() {
    let scene = Scene::broken();
    let host = scene.knowing(&[]).limits(Limits { concurrent_incidents: 0, ..Limits::default() });
    assert_eq!(host.build().err(), Some(BuildError::ZeroLimit("concurrent_incidents")));
}

#[test]
fn limits_read_from_a_document_refuse_an_unknown_name() {
    assert!(serde_json::from_str::<Limits>(r#"{"plans_per_incident": 2}"#).is_ok());
    assert!(serde_json::from_str::<Limits>(r#"{"plans_per_incidnet": 2}"#).is_err());
}

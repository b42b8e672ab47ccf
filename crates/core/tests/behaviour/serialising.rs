//! Incidents of one resource take turns; those of different resources don't wait for each other.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::join_all;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::error::Result;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Signal;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{Case, Runbooks};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::AllowAll;

use crate::scene::Scene;

/// Says when it begins and ends with an incident, and lets others run in between.
#[derive(Default)]
struct Slow(Mutex<Vec<String>>);

#[async_trait]
impl Runbooks for Slow {
    async fn explain(&self, case: &Case<'_>) -> Result<Vec<Hypothesis>> {
        let name = case.facts.get("name").unwrap().to_string();
        self.0.lock().unwrap().push(format!("{name} begins"));
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        self.0.lock().unwrap().push(format!("{name} ends"));
        Ok(Vec::new())
    }
}

fn incident(resource: &str, name: &str) -> Signal {
    let facts = Facts::new().with("name", Fact::Text(name.to_owned()));
    Signal::new(ResourceRef::new("fake", "thing", resource), Environment::Dev).with_facts(facts)
}

async fn run(limits: Limits, incidents: &[(&str, &str)]) -> Vec<String> {
    let (scene, slow) = (Scene::broken(), Arc::new(Slow::default()));
    let host: Orchestrator =
        scene.host().policy(Arc::new(AllowAll)).runbooks(slow.clone()).limits(limits).build().unwrap();
    let cancel = Cancellation::new();
    join_all(incidents.iter().map(|(resource, name)| host.heal(incident(resource, name), &cancel))).await;
    let log = slow.0.lock().unwrap();
    log.clone()
}

#[tokio::test]
async fn two_incidents_of_one_resource_never_interleave() {
    let log = run(Limits::default(), &[("one", "a"), ("one", "b"), ("one", "c")]).await;
    assert_eq!(log, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
}

#[tokio::test]
async fn incidents_of_different_resources_do() {
    let log = run(Limits::default(), &[("one", "a"), ("two", "b")]).await;
    assert_eq!(log, ["a begins", "b begins", "a ends", "b ends"]);
}

#[tokio::test]
async fn the_bulkhead_bounds_how_many_are_worked_on_at_once() {
    let limits = Limits { concurrent_incidents: 1, ..Limits::default() };
    let log = run(limits, &[("one", "a"), ("two", "b")]).await;
    assert_eq!(log, ["a begins", "a ends", "b begins", "b ends"]);
}

#[tokio::test]
async fn a_resource_with_a_long_queue_does_not_take_the_places_of_others() {
    let limits = Limits { concurrent_incidents: 2, ..Limits::default() };
    let log = run(limits, &[("one", "a"), ("one", "b"), ("one", "c"), ("two", "d")]).await;
    let at = |event: &str| log.iter().position(|logged| logged == event).unwrap();
    assert!(at("d begins") < at("a ends"), "{log:?}");
}

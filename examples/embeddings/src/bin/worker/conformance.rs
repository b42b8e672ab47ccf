//! The executor is held to core's suite, and to what a fencing token is for.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::{Action, Parameter, Parameters, Value};
use selfheal_core::error::ErrorKind;
use selfheal_core::plan::Step;
use selfheal_core::ports::Executor;
use selfheal_core::resource::ResourceRef;
use selfheal_core::testing::conformance::{self, ExecutorFixture};
use selfheal_core::testing::set_value;

use crate::executor::{SYSTEM, ThingExecutor};
use crate::ledger::Ledger;
use crate::things::{Thing, Things};

struct Fixture {
    directory: tempfile::TempDir,
    things: Things,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let things = Things::at(directory.path().join("things"));
        for name in ["one", "two"] {
            things.add(name, &Thing::found(false)).unwrap();
        }
        Self { directory, things }
    }

    fn executor(&self) -> ThingExecutor {
        ThingExecutor::new(self.things.clone(), Ledger::at(self.directory.path().join("ledger")))
    }
}

fn set_mode(executor: &ThingExecutor, thing: &str) -> Step {
    let mode = Parameter::configured("test", Value::Text("normal".to_owned()));
    let target = ResourceRef::new(SYSTEM, "thing", thing);
    let parameters = Parameters::from([("mode".to_owned(), mode)]);
    let action = Action::for_tests(&executor.kinds()[0], target.clone(), parameters).unwrap();
    Step { action, ..set_value(&target, "unused", "unused").unwrap() }
}

#[async_trait]
impl ExecutorFixture for Fixture {
    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(self.executor())
    }

    fn steps(&self) -> Vec<Step> {
        ["one", "two"].map(|thing| set_mode(&self.executor(), thing)).into()
    }

    async fn observe(&self) -> String {
        ["one", "two"].map(|thing| self.things.read(thing).unwrap().mode).join(", ")
    }

    async fn disturb(&self) {
        self.things.fenced("one", 1, |thing| thing.set("maintenance")).unwrap();
    }
}

#[tokio::test]
async fn keeps_the_obligations_of_an_executor() {
    conformance::executor(|| async { Box::new(Fixture::new()) as Box<dyn ExecutorFixture> }).await.unwrap();
}

#[test]
fn a_worker_that_was_overtaken_is_refused_although_the_newer_one_only_looked() {
    let fixture = Fixture::new();
    fixture.things.fenced("one", 3, |_| ()).unwrap();
    let late = fixture.things.fenced("one", 2, |thing| thing.set("normal")).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict, "{late}");
    assert_eq!(fixture.things.read("one").unwrap().mode, "degraded");
    fixture.things.fenced("one", 3, |thing| thing.set("normal")).unwrap();
}

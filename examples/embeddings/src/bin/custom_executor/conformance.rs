//! The executor is held to core's suite.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::{Action, Parameter, Parameters, Value};
use selfheal_core::plan::Step;
use selfheal_core::ports::Executor;
use selfheal_core::resource::ResourceRef;
use selfheal_core::testing::conformance::{self, ExecutorFixture};
use selfheal_core::testing::set_value;

use crate::executor::FlagExecutor;
use crate::flags::Flags;

struct Fixture(Flags);

fn toggle(flag: &str, on: bool) -> Step {
    let configured = |value| Parameter::configured("test", value);
    let parameters = Parameters::from([
        ("flag".to_owned(), configured(Value::Text(flag.to_owned()))),
        ("on".to_owned(), configured(Value::Flag(on))),
    ]);
    let target = ResourceRef::new("flags", "service", "checkout");
    let executor = FlagExecutor::new(Flags::default());
    let action = Action::for_tests(&executor.kinds()[0], target.clone(), parameters).unwrap();
    Step { action, ..set_value(&target, "unused", "unused").unwrap() }
}

#[async_trait]
impl ExecutorFixture for Fixture {
    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(FlagExecutor::new(self.0.clone()))
    }

    fn steps(&self) -> Vec<Step> {
        vec![toggle("new_checkout", false), toggle("banner", true)]
    }

    async fn observe(&self) -> String {
        // A version goes up with every write, also with one that takes back.
        format!("new_checkout {}, banner {}", self.0.shown("new_checkout"), self.0.shown("banner"))
    }

    async fn disturb(&self) {
        self.0.set("new_checkout", true);
        self.0.set("new_checkout", true);
    }
}

#[tokio::test]
async fn keeps_the_obligations_of_an_executor() {
    conformance::executor(|| async {
        let flags = Flags::default();
        flags.set("new_checkout", true);
        flags.set("banner", false);
        Box::new(Fixture(flags)) as Box<dyn ExecutorFixture>
    })
    .await
    .unwrap();
}

//! What could be permitted before there is a plan.

use selfheal_core::facts::Facts;
use selfheal_core::incident::Severity;
use selfheal_core::ports::{PolicyEngine, Reach};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::standard::standard_specs;
use selfheal_policy::guardrails::Guardrails;

use crate::scene::guardrails;

async fn permitted(guardrails: &Guardrails, environment: Environment) -> Vec<String> {
    let specs = standard_specs();
    let reach = Reach {
        resource: &ResourceRef::new("local", "pipeline", "shop"),
        environment: &environment,
        severity: Severity::Error,
        facts: &Facts::new(),
        specs: &specs,
    };
    guardrails.permits(&reach).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_shipped_default_permits_its_kinds_where_it_knows_the_environment() {
    let shipped = Guardrails::shipped().unwrap();
    assert_eq!(permitted(&shipped, Environment::Dev).await.len(), standard_specs().len());
    assert_eq!(permitted(&shipped, Environment::Production).await.len(), standard_specs().len());
    assert!(permitted(&shipped, Environment::Other("lab".into())).await.is_empty());
}

#[tokio::test]
async fn a_deny_without_conditions_takes_a_kind_out_and_one_with_conditions_does_not() {
    let sections = "\
rules:
  - {id: some, effect: propose, kinds: ['edit_*', retry_stage, set_environment, increase_memory], because: b}
  - {id: never, effect: deny, kinds: [set_environment], because: b}
  - {id: not-here, effect: deny, kinds: [retry_stage], resources: ['local/*/shop'], because: b}
  - {id: elsewhere, effect: deny, kinds: [edit_file], environments: [production], because: b}
  - {id: at-times, effect: deny, kinds: [increase_memory], when: {rehearsed: false}, because: b}
";
    assert_eq!(permitted(&guardrails(sections), Environment::Dev).await, ["edit_file", "increase_memory"]);
    assert_eq!(permitted(&guardrails(sections), Environment::Production).await, ["increase_memory"]);
}

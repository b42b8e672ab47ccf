//! What could be permitted before there is a plan.

use selfheal_core::action::ActionKind;
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

fn left_out(guardrails: &Guardrails, environment: Environment, kind: ActionKind) -> Option<String> {
    let specs = standard_specs();
    let reach = Reach {
        resource: &ResourceRef::new("local", "pipeline", "shop"),
        environment: &environment,
        severity: Severity::Error,
        facts: &Facts::new(),
        specs: &specs,
    };
    guardrails.leaves_out(&reach, &kind)
}

#[test]
fn a_kind_that_is_left_out_is_told_with_the_rules_that_do() {
    let sections = "\
rules:
  - {id: dev-only, effect: allow, kinds: [retry_stage], environments: [dev, lab], because: b}
  - {id: never, effect: deny, kinds: [set_environment], because: 'secrets are ours'}
  - {id: named, effect: allow, kinds: ['*_file'], resources: ['local/pipeline/pay*'], because: b}
";
    let guardrails = guardrails(sections);
    let told = |kind| left_out(&guardrails, Environment::Production, kind).unwrap();
    let denied = told(ActionKind::SET_ENVIRONMENT);
    assert_eq!(denied, "on local/pipeline/shop in production it is denied by p/never (secrets are ours)");
    let elsewhere = told(ActionKind::RETRY_STAGE);
    assert!(
        elsewhere.contains("#") && elsewhere.ends_with("p/dev-only asks for the environment dev or lab"),
        "{elsewhere}"
    );
    assert!(told(ActionKind::EDIT_FILE).ends_with("p/named asks for the resource local/pipeline/pay*"));
    assert!(told(ActionKind::INCREASE_MEMORY).ends_with("permits it anywhere"));
    assert_eq!(left_out(&guardrails, Environment::Dev, ActionKind::RETRY_STAGE), None);
}

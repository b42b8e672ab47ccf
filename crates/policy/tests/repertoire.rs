//! What runbooks offer for failures that none of them recognises.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use selfheal_core::action::ActionKind;
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::ports::{Offer, Repertoire};
use selfheal_core::value_type::ValueType;
use selfheal_policy::runbook::Catalogue;

async fn offers(catalogue: &Catalogue, facts: &Facts) -> Vec<Offer> {
    catalogue.offers(facts).await.unwrap()
}

fn ids(offers: &[Offer]) -> Vec<&str> {
    offers.iter().map(|offer| offer.id.as_str()).collect()
}

fn using(names: &[&str]) -> Facts {
    Facts::new().with("ecosystems", Fact::Names(names.iter().map(|name| (*name).to_owned()).collect()))
}

fn of(documents: &[String]) -> Result<Catalogue, String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, document) in documents.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.yaml")), document).unwrap();
    }
    let loaded = Catalogue::builder().with_directory(folder.path()).and_then(|builder| builder.build());
    loaded.map_err(|error| error.to_string())
}

fn document(id: &str, rest: &str) -> String {
    format!(
        "schema: selfheal.dev/runbook/v1
id: {id}
version: 1
title: {id} happens
category: licence_unavailable
priority: 700
cause: {{kind: licence_pool_empty, summary: 'none is free'}}
escalation: 'Ask for more.'
{rest}"
    )
}

const SIGNATURE: &str = "signature: {all: ['licence checkout failed']}\n";

fn waits(minutes: u32, more: &str) -> String {
    format!(
        "plans:
  - actions:
      - kind: retry_stage
        parameters: {{attempts: {{value: 2}}, initial_backoff_ms: {{value: {}}}}}
    compensation: nothing_to_undo
{more}",
        minutes * 60_000
    )
}

#[tokio::test]
async fn every_remedy_of_the_shipped_catalogue_is_offered_once() {
    let offers = offers(&Catalogue::shipped().unwrap(), &Facts::new()).await;
    let shown: Vec<String> = offers
        .iter()
        .map(|offer| {
            let inputs = offer.inputs.iter().map(|input| format!("{}: {}", input.name, input.value_type.as_str()));
            let kinds: Vec<&str> = offer.remedy.actions.iter().map(|action| action.kind.as_str()).collect();
            format!("{} {} ({})", offer.id, kinds.join("+"), inputs.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "cargo-crate-unresolved/1 add_dependency (crate: crate_name)",
            "cargo-lockfile-stale/1 regenerate_lockfile ()",
            "cargo-version-conflict/1 patch_dependency_version (package: crate_name)",
            "environment-variable-missing/1 set_environment (name: env_name)",
            "memory-exhausted/1 increase_memory ()",
            "network-transient/1 retry_stage ()",
            "node-module-missing/1 add_dependency (module: npm_package)",
            "npm-lockfile-out-of-sync/1 regenerate_lockfile ()",
            "npm-lockfile-out-of-sync/2 patch_dependency_version ()",
            "npm-no-matching-version/1 patch_dependency_version (package: npm_package)",
            "npm-peer-conflict/1 patch_dependency_version (dependent: npm_package, peer: npm_package)",
            "pip-no-matching-distribution/1 patch_dependency_version (package: python_distribution)",
            "pip-resolution-impossible/1 patch_dependency_version (package: python_distribution)",
            "pip-resolution-impossible/2 patch_dependency_version ()",
            "python-module-missing/1 add_dependency (module: python_module)",
            "script-test-failure/1 retry_stage ()",
        ]
    );
    let unsaid: Vec<&str> = offers.iter().filter(|offer| offer.what.starts_with("Does ")).map(|one| &*one.id).collect();
    assert!(unsaid.is_empty(), "no words for {unsaid:?}");
    assert!(offers.iter().all(|offer| offer.inputs.iter().all(|input| input.value_type.selects())));
}

#[tokio::test]
async fn an_offer_says_what_it_does_and_when_in_the_operator_s_words() {
    let offers = offers(&Catalogue::shipped().unwrap(), &Facts::new()).await;
    let lockfile = offers.iter().find(|offer| offer.id == "cargo-lockfile-stale/1").unwrap();
    let expected = "Writes Cargo.lock anew from Cargo.toml. Helps when Cargo.lock does not match Cargo.toml.";
    assert_eq!(lockfile.what, expected);
    let rerun = offers.iter().find(|offer| offer.id == "network-transient/1").unwrap();
    assert!(rerun.what.len() < 600 && rerun.what.contains("the crate registry can't be reached; "), "{}", rerun.what);
}

#[tokio::test]
async fn what_another_ecosystem_needs_is_left_out() {
    let catalogue = Catalogue::shipped().unwrap();
    let in_python = offers(&catalogue, &using(&["pip"])).await;
    assert!(ids(&in_python).contains(&"python-module-missing/1"));
    assert!(!ids(&in_python).iter().any(|id| id.starts_with("npm-") || id.starts_with("cargo-")));
    let plain = offers(&catalogue, &using(&[])).await;
    let kinds: Vec<&ActionKind> = plain.iter().flat_map(|one| &one.remedy.actions).map(|action| &action.kind).collect();
    assert!(!kinds.contains(&&ActionKind::ADD_DEPENDENCY) && kinds.contains(&&ActionKind::SET_ENVIRONMENT));
}

#[tokio::test]
async fn a_runbook_s_conditions_on_facts_hold_for_its_offers_too() {
    let guarded = document("guarded", &waits(1, "signature: {facts: {ecosystems: go}, unless: {exit_code: 2}}\n"));
    let catalogue = of(&[guarded]).unwrap();
    assert_eq!(ids(&offers(&catalogue, &using(&["go", "npm"])).await), ["guarded/1"]);
    assert!(offers(&catalogue, &using(&["npm"])).await.is_empty());
    assert!(offers(&catalogue, &Facts::new()).await.is_empty());
    assert!(offers(&catalogue, &using(&["go"]).with("exit_code", Fact::Number(2))).await.is_empty());
}

#[tokio::test]
async fn a_document_may_keep_its_plans_to_itself() {
    let kept = document("kept", &waits(1, &format!("offer: false\n{SIGNATURE}")));
    let bare = document("bare", SIGNATURE);
    let given = document("given", &waits(2, SIGNATURE));
    assert_eq!(ids(&offers(&of(&[kept, bare, given]).unwrap(), &Facts::new()).await), ["given/1"]);
}

#[tokio::test]
async fn the_same_remedy_is_named_after_the_runbook_that_has_words_for_it() {
    let said = waits(1, SIGNATURE).replace("  - actions:", "  - what: 'Waits for a licence.'\n    actions:");
    let documents = [document("a", &waits(1, SIGNATURE)), document("b", &said), document("c", &waits(1, SIGNATURE))];
    let offers = offers(&of(&documents).unwrap(), &Facts::new()).await;
    assert_eq!(ids(&offers), ["b/1"]);
    assert_eq!(offers[0].what, "Waits for a licence. Helps when a happens; b happens; c happens.");
}

#[tokio::test]
async fn values_of_the_same_type_are_the_same_input_whatever_they_are_called() {
    let plan = |name: &str| {
        format!(
            "signature:
  extract: [{{name: {name}, type: env_name, required: true, pattern: '(?P<{name}>[A-Z_]{{4,}}) is unset'}}]
plans:
  - from: environment.configured
    given: {{name: {name}}}
    actions:
      - kind: set_environment
        parameters: {{name: {{row: name}}, source: {{row: source}}}}
    compensation: undo
"
        )
    };
    let offers =
        offers(&of(&[document("a", &plan("name")), document("b", &plan("variable"))]).unwrap(), &Facts::new()).await;
    assert_eq!(ids(&offers), ["a/1"]);
    assert_eq!((offers[0].inputs[0].name.as_str(), offers[0].inputs[0].value_type), ("name", ValueType::EnvName));
}

#[test]
fn words_that_are_none_are_refused_with_their_place() {
    let told = |what: &str| {
        let plans = waits(1, SIGNATURE).replace("  - actions:", &format!("  - what: {what}\n    actions:"));
        of(&[document("a", &plans)]).err().unwrap_or_default()
    };
    assert!(told("''").contains("0.yaml:10:11") && told("''").contains("a sentence of at most 300 bytes"));
    assert!(told("\"two\\nlines\"").contains("on one line"));
    assert!(told(&"x".repeat(301)).contains("at most 300 bytes"));
    assert_eq!(told("'Waits.'"), "");
}

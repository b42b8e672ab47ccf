//! What leaves say of an incident.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use selfheal_core::audit::{Field, Hash, Head, Salt, account, account_of};
use selfheal_core::engine::{Event, SCHEMA_VERSION, State, each_state, transition};
use selfheal_core::incident::Signal;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::plan::{BlastRadius, Change, Preview};
use selfheal_core::ports::{Approval, Journal, Record};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ScriptedProbe, ScriptedRunbooks, wrong_value};
use selfheal_core::time::Timestamp;
use serde_json::Value;

use crate::walk::{Walk, opened};

type Said = BTreeMap<&'static str, String>;

fn said(fields: Vec<Field>) -> Said {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

fn detail(said: &Said) -> Value {
    serde_json::from_str(&said["detail"]).unwrap()
}

/// What is said of a run that heals.
async fn a_heal() -> Vec<Said> {
    let world = FakeWorld::default();
    world.set("mode", "bad");
    let journal = Arc::new(InMemoryJournal::default());
    let healer = Orchestrator::builder()
        .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![wrong_value("mode", "good")]])))
        .executor(Arc::new(FakeExecutor::new(world)))
        .policy(Arc::new(AllowAll))
        .probe(Arc::new(ScriptedProbe::healthy(&[true])))
        .journal(journal.clone())
        .build()
        .unwrap();
    let signal = Signal::new(ResourceRef::new("fake", "service", "checkout"), Environment::Staging);
    healer.heal(signal, &Cancellation::new()).await.unwrap();
    let history = journal.read(&journal.incidents()[0]).await.unwrap();
    let mut all = Vec::new();
    each_state(history, |record, state| all.push(said(account(record.unwrap(), state)))).unwrap();
    all
}

#[tokio::test]
async fn a_heal_can_be_followed_from_its_leaves_alone() {
    let all = a_heal().await;
    let named: BTreeMap<&str, &Said> = all.iter().map(|said| (said["event"].as_str(), said)).collect();

    let opened = detail(named["opened"]);
    assert_eq!((&opened["resource"], &opened["environment"]), (&"fake/service/checkout".into(), &"staging".into()));
    assert_eq!(detail(named["analysed"])["best"]["cause"], "wrong_value");
    let plan = detail(named["planned"]);
    assert_eq!(plan["plan"]["steps"][0]["target"], "fake/service/checkout");
    let previewed = detail(named["previewed"]);
    assert!(previewed["steps"][0]["changes"][0]["after"].is_string(), "{previewed}");

    let hash = previewed["plan_hash"].as_str().unwrap();
    for event in ["decided", "rehearsed", "intended", "applied", "verified"] {
        assert_eq!(detail(named[event])["plan_hash"], hash, "{event}");
    }
    let decisions: Vec<_> = all.iter().filter(|said| said["event"] == "decided").map(detail).collect();
    let at: Vec<_> = decisions.iter().map(|decision| decision["at"].as_str().unwrap()).collect();
    assert_eq!(at, ["audit", "gate"]);
    assert!(decisions.iter().all(|decision| decision["policy_version"].is_string() && decision["confidence"].is_f64()));

    let intents = all.iter().filter(|said| said["event"] == "intended").map(detail);
    let effects: Vec<_> = intents.map(|intent| intent["effect"].as_str().unwrap().to_owned()).collect();
    assert_eq!(effects, ["rehearse", "apply", "verify"]);
    assert_eq!(detail(named["applied"])["step"], 0);
    let verified = detail(named["verified"]);
    assert_eq!((&verified["held"], &verified["ended"]["result"]), (&true.into(), &"applied".into()));

    let last = all.last().unwrap();
    assert_eq!((last["phase"].as_str(), &detail(last)["outcome"]), ("closed", &"healed".into()));
    assert!(
        all.iter().enumerate().all(|(place, said)| said["sequence"] == place.to_string() && said["by"] == "healer")
    );
}

#[test]
fn the_record_is_named_by_the_hash_of_the_bytes_that_are_kept() {
    let state = transition(None, Timestamp::from_millis(4), opened(1)).unwrap().0;
    let record = record(opened(1), 4);
    let json = serde_json::to_vec(&record).unwrap();
    assert_eq!(said(account(&record, &state))["record"], Hash::of(&json).to_string());
    assert_eq!(said(account_of(b"other bytes", &record, &state))["record"], Hash::of(b"other bytes").to_string());
}

#[test]
fn who_answered_is_named() {
    let state = transition(None, Timestamp::from_millis(4), opened(1)).unwrap().0;
    let refused = Approval::Refused { by: "ann".to_owned(), because: "not today".to_owned() };
    let said = said(account(&record(Event::Answered(refused), 4), &state));
    assert_eq!((said["by"].as_str(), &detail(&said)["because"]), ("ann", &"not today".into()));
}

#[test]
fn a_detail_that_would_be_too_long_keeps_its_single_values_and_says_so() {
    let state = transition(None, Timestamp::from_millis(4), opened(1)).unwrap().0;
    let change = |number| Change {
        what: format!("{number}/{}", "é".repeat(400)),
        before: None,
        after: None,
        diff: String::new(),
    };
    let preview = Preview {
        summary: String::new(),
        changes: (0..500).map(change).collect(),
        fences: Vec::new(),
        blast_radius: BlastRadius::default(),
        undo_hash: None,
        reversibility: selfheal_core::action::Reversibility::Undoable,
    };
    let detail = detail(&said(account(&record(Event::Previewed([preview].into()), 4), &state)));
    assert!(detail["left_out_of_bytes"].as_u64().unwrap() > 16_384);
    assert!(detail["sha256"].is_string() && detail["steps"].is_null());
}

fn record(event: Event, at_ms: u64) -> Record {
    Record { schema: SCHEMA_VERSION, sequence: 0, at: Timestamp::from_millis(at_ms), event }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_makes_a_leaf_of_eight_fields(choices in prop::collection::vec(any::<u16>(), 20..200)) {
        let mut walk = Walk::new(&choices);
        let mut state: Option<State> = None;
        let mut head = Head::new();
        while state.as_ref().is_none_or(|state| state.effect().is_some()) {
            let event = state.as_ref().map_or_else(|| opened(1), |state| walk.next(state));
            let record = record(event.clone(), 1);
            let next = transition(state.take(), walk.now(), event).unwrap().0;
            let fields = account(&record, &next);
            prop_assert_eq!(fields.len(), 8);
            let said = said(fields.clone());
            prop_assert!(detail(&said).is_object() && said["detail"].len() <= 16_384);
            prop_assert!(head.append(fields, || Salt([1; 16])).is_ok());
            state = Some(next);
        }
    }
}

//! The kill switch: durable, read before every effect, and nothing passes it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use selfheal_core::engine::{Event, Phase};
use selfheal_core::fleet::FleetLimits;
use selfheal_core::journal::wake_all;
use selfheal_core::ledger::switches;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::Cancellation;
use selfheal_core::resource::Environment;

use super::stage::{Fleet, HOUR, ada, ill, is_healed, resource};

#[tokio::test]
async fn a_paused_healer_sends_nothing_and_goes_on_where_it_was() {
    let fleet = Fleet::default();
    switches::pause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    let patient = Limits { park_after: Duration::ZERO, ..Limits::default() };
    let report = fleet.heal("a", fleet.healer(FleetLimits::off()).limits(patient)).await;
    assert_eq!(fleet.held(&report).await.expect("held").1, "paused by ada: the database is being moved");
    assert_eq!(*report.state.phase.awake(), Phase::Rehearsing);
    assert_eq!(fleet.hands.done(), [""; 0], "not even a rehearsal");

    switches::unpause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.go_on(&report.incident().id, fleet.healer(FleetLimits::off())).await));
    assert_eq!(fleet.hands.done(), ["rehearse a", "apply 0 a"]);
}

/// Throws the switch while the call `at` is under way, as an operator would at that moment.
fn pause_during(fleet: &Fleet, at: &'static str) {
    let (ledger, now) = (fleet.ledger.clone(), fleet.now());
    fleet.hands.before(move |call, _| {
        if call == at {
            switches::pause(ledger.as_ref(), None, &ada(), now).now_or_never().unwrap().unwrap();
        }
        None
    });
}

#[tokio::test]
async fn what_is_paused_in_the_middle_of_a_heal_is_applied_exactly_once_in_the_end() {
    let fleet = Fleet::default();
    let healer = || fleet.knowing("bad_mode", &[("mode", "good"), ("size", "small")], FleetLimits::default());
    let parking = Limits { park_after: Duration::ZERO, ..Limits::default() };
    pause_during(&fleet, "apply 0");
    let report = fleet.heal("a", healer().limits(parking)).await;
    assert_eq!(fleet.hands.done(), ["rehearse a", "apply 0 a"]);
    assert_eq!(*report.state.phase.awake(), Phase::Applying { step: 1, attempt: 1 });

    switches::unpause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    assert_eq!(wake_all(fleet.journal.as_ref()).await.unwrap(), 1);
    let never = Cancellation::new();
    let picked = healer().build().unwrap().work_off(&never, &never).await.unwrap();
    assert!(is_healed(picked[0].result.as_ref().unwrap()));
    assert_eq!(fleet.hands.done(), ["rehearse a", "apply 0 a", "apply 1 a"]);
}

#[tokio::test]
async fn not_even_a_rollback_is_sent_while_healers_are_paused() {
    let fleet = Fleet::default();
    fleet.hands.stubborn.lock().unwrap().insert(resource("a"));
    let parking = Limits { park_after: Duration::ZERO, ..Limits::default() };
    pause_during(&fleet, "apply 0");
    let report = fleet.heal("a", fleet.healer(FleetLimits::off()).limits(parking)).await;
    assert!(matches!(report.state.phase.awake(), Phase::Compensating { step: 0, .. }), "{:?}", report.state.phase);
    assert_eq!(fleet.hands.count("undo"), 0);

    switches::unpause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    fleet.go_on(&report.incident().id, fleet.healer(FleetLimits::off())).await;
    assert_eq!(fleet.hands.count("undo"), 1);
}

#[tokio::test]
async fn a_pause_lasts_until_it_is_lifted_however_long_that_is_and_however_often_healers_start_anew() {
    let fleet = Fleet::default();
    switches::pause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    let few = || Limits { holds_per_effect: 4, park_after: Duration::ZERO, ..Limits::default() };
    let mut report = fleet.heal("a", fleet.healer(FleetLimits::off()).limits(few())).await;
    for day in 0..20 {
        fleet.pass(24 * HOUR);
        report = fleet.go_on(&report.incident().id, fleet.healer(FleetLimits::off()).limits(few())).await;
        assert!(report.outcome().is_none() && report.trouble().is_none(), "day {day}: {:?}", report.state.phase);
    }
    assert_eq!(fleet.hands.done(), [""; 0]);
}

#[tokio::test]
async fn a_pause_may_be_of_one_environment_and_lifting_it_lifts_no_other() {
    let fleet = Fleet::default();
    let here = Environment::Production;
    switches::pause(fleet.ledger(), Some(&here), &ada(), fleet.now()).await.unwrap();
    let mut staging = ill("b");
    staging.environment = Environment::Staging;
    assert!(is_healed(&fleet.look_after(staging, fleet.healer(FleetLimits::off())).await));
    let parking = || Limits { park_after: Duration::ZERO, ..Limits::default() };
    let held = fleet.heal("a", fleet.healer(FleetLimits::off()).limits(parking())).await;
    switches::unpause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    let held = fleet.go_on(&held.incident().id, fleet.healer(FleetLimits::off()).limits(parking())).await;
    assert_eq!(fleet.hands.count("rehearse a"), 0);
    switches::unpause(fleet.ledger(), Some(&here), &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.go_on(&held.incident().id, fleet.healer(FleetLimits::off())).await));
}

#[tokio::test]
async fn switches_that_cannot_be_read_count_as_thrown() {
    let fleet = Fleet::default();
    let healer = fleet.healer(FleetLimits::off()).ledger(Arc::new(super::races::OutOfReach));
    let report = fleet.heal("a", healer).await;
    let records =
        selfheal_core::ports::Journal::read(fleet.journal.as_ref(), &report.incident().id).await.unwrap().records;
    let said = records.iter().find_map(|record| match &record.event {
        Event::Held { because, paused: false, .. } => Some(because.as_str()),
        _ => None,
    });
    assert!(
        said.is_some_and(|said| said.starts_with("operators' switches and the fleet's budgets can't be read")),
        "{said:?}"
    );
    assert_eq!(fleet.hands.done(), [""; 0]);
}

//! Outages that automation caused elsewhere, and the guard that would have contained each.

use std::time::Duration;

use selfheal_core::facts::{Fact, Facts};
use selfheal_core::fleet::{CoolDown, FleetLimits, MassFailure, UnhealthyShare};
use selfheal_core::ledger::switches;
use selfheal_core::limits::Limits;
use selfheal_core::ports::{Ledger, Scope, Stream};

use super::stage::{Fleet, HOUR, MINUTE, ada, halted, ill, ill_at, is_healed, starts};
use crate::scene::{evidence, retry_hypothesis};

/// A retirement job took "nothing" for "everything" and erased every machine (Google); a restart command without its target
/// rebooted a data centre (Joyent); a mistyped number removed too many servers (Amazon S3, 2017).
#[tokio::test]
async fn an_automaton_that_wants_everything_at_once_gets_what_the_budget_has() {
    let fleet = Fleet::default();
    for number in 0..100 {
        fleet.heal(&format!("machine-{number}"), fleet.healer(starts(Scope::Fleet, 5))).await;
    }
    assert_eq!(fleet.hands.count("apply"), 5);
}

/// Configuration management turned an autoscaler on again that people had turned off, and it ended the servers of half-migrated
/// data in 16 seconds (Reddit, 2016).
#[tokio::test]
async fn a_switch_outlives_the_healer_and_its_configuration() {
    let fleet = Fleet::default();
    switches::pause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    let parking = || Limits { park_after: Duration::ZERO, ..Limits::default() };
    for limits in [FleetLimits::default(), FleetLimits::off()] {
        fleet.heal("server", fleet.healer(limits).limits(parking())).await;
    }
    assert_eq!(fleet.hands.done(), [""; 0]);
}

/// The same autoscaler believed the half of the data that it saw.
#[tokio::test]
async fn half_an_observation_is_none() {
    let fleet = Fleet::default();
    let half = Facts::new().with("fleet_unhealthy", Fact::Number(40));
    let report = fleet.look_after(ill("server").with_facts(half), fleet.healer(FleetLimits::default())).await;
    assert!(halted(&report).contains("partial"), "{}", halted(&report));
}

/// Storage nodes that had lost their peers asked for new ones without end and kept the service down that they asked (Amazon EBS,
/// 2011); one slow service became a cascade because nobody waited between retries (Spotify, 2013).
#[tokio::test]
async fn starts_that_are_repeated_use_up_the_budget_too() {
    let fleet = Fleet::default();
    fleet.hands.stubborn.lock().unwrap().insert(super::stage::resource("node"));
    let report = fleet.heal("node", fleet.believing(retry_hypothesis(50, 100), starts(Scope::Resource, 7))).await;
    assert_eq!(fleet.hands.count("apply"), 7, "{:?}", fleet.hands.done());
    let because = fleet.held(&report).await.expect("held").1;
    assert!(because.contains("8 starts of steps in 1 hour on this resource"), "{because}");
}

/// A command took the backbone down and health checks then withdrew every site (Facebook, 2021); an upgrade took the network rules of
/// all regions at once (Datadog, 2023).
#[tokio::test]
async fn the_same_failure_everywhere_is_not_healed_site_by_site() {
    let fleet = Fleet::default();
    let limits =
        || FleetLimits { mass_failure: Some(MassFailure { resources: 10, within_seconds: 900 }), ..FleetLimits::off() };
    for number in 0..40 {
        fleet
            .look_after(
                ill_at(&format!("node-{number}"), "system", &format!("region-{number}")),
                fleet.healer(limits()),
            )
            .await;
    }
    assert_eq!(fleet.hands.count("apply"), 9, "the tenth is the first that people hear of");
}

#[tokio::test]
async fn a_region_is_mended_before_the_next_one_is_touched() {
    let fleet = Fleet::default();
    let one_by_one = CoolDown { after_heal_seconds: 0, after_failed_heal_seconds: 0, same_cause_seconds: 1_800 };
    let limits = || FleetLimits { cool_down: one_by_one, ..FleetLimits::off() };
    let mut waiting = Vec::new();
    for region in ["east", "west", "north"] {
        let report = fleet.look_after(ill_at(region, "system", region), fleet.healer(limits())).await;
        waiting.extend((!is_healed(&report)).then(|| report.incident().id.clone()));
    }
    assert_eq!(fleet.hands.count("apply"), 1);
    fleet.pass(30 * MINUTE);
    assert!(is_healed(&fleet.go_on(&waiting[0], fleet.healer(limits())).await));
    assert!(!is_healed(&fleet.go_on(&waiting[1], fleet.healer(limits())).await));
}

/// A partition of 43 seconds promoted a distant primary; both sides took writes (GitHub, 2018).
#[tokio::test]
async fn after_a_fail_over_nothing_fails_over_again_until_it_had_time_to_show() {
    let fleet = Fleet::default();
    let rest = CoolDown {
        after_heal_seconds: HOUR.as_secs(),
        after_failed_heal_seconds: HOUR.as_secs(),
        same_cause_seconds: 0,
    };
    let limits = || FleetLimits { cool_down: rest, ..FleetLimits::off() };
    assert!(is_healed(&fleet.heal("database", fleet.healer(limits())).await));
    fleet.pass(Duration::from_secs(43));
    let mut back = ill("database");
    back.evidence = vec![evidence("error: the other side answers again")];
    let again = fleet.look_after(back, fleet.healer(limits())).await;
    assert!(fleet.held(&again).await.is_some());
    assert_eq!(fleet.hands.count("apply"), 1);
}

/// Too much was taken away for the rest to carry (Amazon S3, 2017).
#[tokio::test]
async fn a_fleet_that_barely_carries_its_load_is_not_touched() {
    let fleet = Fleet::default();
    let guard = UnhealthyShare { at_most_percent: 40, from_members: 3 };
    let limits = FleetLimits { unhealthy_share: Some(guard), ..FleetLimits::off() };
    let facts = Facts::new().with("fleet_members", Fact::Number(100)).with("fleet_unhealthy", Fact::Number(41));
    halted(&fleet.look_after(ill("index").with_facts(facts), fleet.healer(limits)).await);
    assert_eq!(fleet.hands.count("apply"), 0);
}

/// Automation could not repair itself and held what people had to do by hand (Amazon DynamoDB, 2025).
#[tokio::test]
async fn a_person_can_let_one_repair_pass_and_it_is_on_record_who() {
    let fleet = Fleet::default();
    let limits = || starts(Scope::Fleet, 0);
    let incident = fleet.healer(limits()).build().unwrap().accept(ill("resolver")).await.unwrap();
    switches::override_incident(fleet.ledger(), &incident, &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.go_on(&incident, fleet.healer(limits())).await));
    let noted = fleet.ledger.read(&Stream::switches(), 0, 10).await.unwrap();
    assert!(matches!(&noted[0].note, selfheal_core::ports::Note::Overridden { switched, .. } if switched.by == "ada"));
}

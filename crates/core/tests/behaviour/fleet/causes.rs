//! One cause of many failures, a fleet that is ill, and what others depend on.

use std::time::Duration;

use selfheal_core::facts::{Fact, Facts};
use selfheal_core::fleet::{Dependencies, FleetLimits, MassFailure, UnhealthyShare};
use selfheal_core::limits::Limits;

use super::stage::{Fleet, HOUR, halted, ill, is_healed, resource};
use crate::scene::evidence;

fn mass(resources: u32) -> FleetLimits {
    FleetLimits { mass_failure: Some(MassFailure { resources, within_seconds: HOUR.as_secs() }), ..FleetLimits::off() }
}

#[tokio::test]
async fn many_resources_with_one_cause_are_not_healed_one_by_one() {
    let fleet = Fleet::default();
    for name in ["a", "b"] {
        assert!(is_healed(&fleet.heal(name, fleet.healer(mass(3))).await));
    }
    let other_cause = fleet.knowing("another", &[("mode", "good")], mass(3));
    assert!(is_healed(&fleet.heal("x", other_cause).await));
    let third = fleet.heal("c", fleet.healer(mass(3))).await;
    assert_eq!(halted(&third), "3 resources failed for the same cause in 1 hour");
    assert_eq!(fleet.hands.count("apply 0 c") + fleet.hands.count("rehearse c"), 0, "not even tried");

    fleet.pass(HOUR);
    assert!(is_healed(&fleet.heal("d", fleet.healer(mass(3))).await), "it passed");
}

#[tokio::test]
async fn one_resource_that_fails_again_and_again_is_no_mass() {
    let fleet = Fleet::default();
    for _ in 0..5 {
        assert!(is_healed(&fleet.heal("a", fleet.healer(mass(3))).await));
    }
}

/// Nothing was diagnosed yet: what their logs say is enough.
#[tokio::test]
async fn many_that_are_opened_with_one_symptom_are_stopped_before_the_first_is_touched() {
    let fleet = Fleet::default();
    let signal = |name: &str| {
        let mut signal = ill(name);
        signal.evidence = vec![evidence(&format!("error: {name} cannot reach registry.example: connection refused"))];
        signal
    };
    let orchestrator = fleet.healer(mass(3)).build().unwrap();
    let mut opened = Vec::new();
    for name in ["aaa", "bbb", "ccc"] {
        opened.push(orchestrator.accept(signal(name)).await.unwrap());
    }
    for incident in &opened {
        let report = fleet.go_on(incident, fleet.healer(mass(3))).await;
        assert_eq!(halted(&report), "3 resources failed for the same cause in 1 hour");
    }
    assert_eq!(fleet.hands.done(), [""; 0]);
}

fn share() -> FleetLimits {
    FleetLimits { unhealthy_share: Some(UnhealthyShare { at_most_percent: 40, from_members: 3 }), ..FleetLimits::off() }
}

#[tokio::test]
async fn a_fleet_of_which_too_much_is_ill_is_left_to_people() {
    let known = |members: i64, unhealthy: i64| {
        let facts =
            Facts::new().with("fleet_members", Fact::Number(members)).with("fleet_unhealthy", Fact::Number(unhealthy));
        ill("a").with_facts(facts)
    };
    let fleet = Fleet::default();
    for (members, unhealthy) in [(10, 4), (2, 2), (0, 0)] {
        let report = fleet.look_after(known(members, unhealthy), fleet.healer(share())).await;
        assert!(is_healed(&report), "{unhealthy} of {members}");
    }
    let report = fleet.look_after(known(10, 5), fleet.healer(share())).await;
    assert_eq!(
        halted(&report),
        "5 of 10 members of the fleet are unhealthy; past 40 % nothing is healed automatically"
    );
}

#[tokio::test]
async fn an_observation_that_is_partial_or_contradicts_itself_heals_nothing() {
    let fleet = Fleet::default();
    let number = |name: &str, value| Facts::new().with(name, Fact::Number(value));
    let contradictory = number("fleet_members", 3).with("fleet_unhealthy", Fact::Number(4));
    for facts in [number("fleet_unhealthy", 1), number("fleet_members", 3), contradictory] {
        let report = fleet.look_after(ill("a").with_facts(facts.clone()), fleet.healer(share())).await;
        assert!(halted(&report).starts_with("what is known of the fleet is partial"), "{facts:?}");
    }
}

fn in_order() -> FleetLimits {
    let guard = Dependencies { failed_within_seconds: HOUR.as_secs(), open_within_seconds: 24 * HOUR.as_secs() };
    FleetLimits { dependencies: Some(guard), ..FleetLimits::off() }
}

#[tokio::test]
async fn a_resource_waits_while_what_it_depends_on_is_open_or_failed_lately() {
    let fleet = Fleet::default();
    let shop = || {
        let names = vec!["fake/service/cache".to_owned(), "fake/service/database".to_owned()];
        ill("shop").with_facts(Facts::new().with("depends_on", Fact::Names(names)))
    };
    let database = fleet.healer(in_order()).build().unwrap().accept(ill("database")).await.unwrap();
    let waiting = fleet.look_after(shop(), fleet.healer(in_order())).await;
    let because = fleet.held(&waiting).await.expect("held").1;
    assert_eq!(because, format!("it depends on fake/service/database, which has an open incident ({database})"));

    fleet.hands.stubborn.lock().unwrap().insert(resource("database"));
    assert!(!is_healed(&fleet.go_on(&database, fleet.healer(in_order())).await));
    let waiting = fleet.go_on(&waiting.incident().id, fleet.healer(in_order())).await;
    let because = fleet.held(&waiting).await.expect("held").1;
    assert_eq!(because, "it depends on fake/service/database, which failed lately and was not healed");

    fleet.hands.stubborn.lock().unwrap().clear();
    assert!(is_healed(&fleet.heal("database", fleet.healer(in_order())).await));
    assert!(is_healed(&fleet.go_on(&waiting.incident().id, fleet.healer(in_order())).await));
    assert_eq!(fleet.hands.count("apply 0 shop"), 1);
}

#[tokio::test]
async fn nothing_waits_for_itself() {
    let fleet = Fleet::default();
    let itself = Facts::new().with("depends_on", Fact::Text("fake/service/a".to_owned()));
    assert!(is_healed(&fleet.look_after(ill("a").with_facts(itself), fleet.healer(in_order())).await));
}

/// Two that depend on each other would wait for ever; people are told instead.
#[tokio::test]
async fn a_circle_of_dependencies_ends_with_a_person() {
    let fleet = Fleet::default();
    let on = |name: &str, other: &str| {
        ill(name).with_facts(Facts::new().with("depends_on", Fact::Text(format!("fake/service/{other}"))))
    };
    let accepting = fleet.healer(in_order()).build().unwrap();
    accepting.accept(on("a", "b")).await.unwrap();
    let limits = Limits { hold_ceiling: Duration::from_secs(30), ..Limits::default() };
    let mut report = fleet.look_after(on("b", "a"), fleet.healer(in_order()).limits(limits.clone())).await;
    for _ in 0..100 {
        if report.outcome().is_some() || report.trouble().is_some() {
            break;
        }
        // Looks before its time are not counted.
        fleet.pass(limits.hold_ceiling);
        report = fleet.go_on(&report.incident().id, fleet.healer(in_order())).await;
    }
    assert!(
        halted(&report).starts_with("held 64 times; the last time: it depends on fake/service/a"),
        "{}",
        halted(&report)
    );
}

//! Failures that come back, resources that go back and forth, remedies that make it worse: after a while a person is told.

use selfheal_core::fleet::{CoolDown, Flapping, FleetLimits, MadeWorse, Relapses};
use selfheal_core::ports::Scope;

use super::stage::{Fleet, HOUR, MINUTE, halted, ill, ill_at, is_healed, resource};
use crate::scene::evidence;

#[tokio::test]
async fn a_failure_that_comes_back_after_each_heal_goes_to_a_person() {
    let limits = || FleetLimits {
        relapses: Some(Relapses { at_most: 2, within_seconds: HOUR.as_secs() }),
        ..FleetLimits::off()
    };
    let fleet = Fleet::default();
    for _ in 0..3 {
        assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
        fleet.pass(MINUTE);
    }
    let mut another = ill("a");
    another.evidence = vec![evidence("error: out of memory")];
    assert!(is_healed(&fleet.look_after(another, fleet.healer(limits())).await), "another failure of it");

    let fourth = fleet.heal("a", fleet.healer(limits())).await;
    assert_eq!(halted(&fourth), "the same failure came back 3 times in 1 hour, after each time it was healed");
    assert_eq!(fleet.hands.count("apply"), 4);

    fleet.pass(HOUR);
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
}

#[tokio::test]
async fn a_heal_that_is_noted_twice_is_one() {
    let limits = || FleetLimits {
        relapses: Some(Relapses { at_most: 1, within_seconds: HOUR.as_secs() }),
        ..FleetLimits::off()
    };
    let fleet = Fleet::default();
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
    fleet.note_the_last_once_more().await;
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
    let third = fleet.heal("a", fleet.healer(limits())).await;
    assert!(halted(&third).contains("came back 2 times"), "{}", halted(&third));
}

fn steady() -> FleetLimits {
    let guard = Flapping { within_seconds: HOUR.as_secs(), high_percent: 50, low_percent: 25 };
    FleetLimits { flapping: Some(guard), ..FleetLimits::off() }
}

#[tokio::test]
async fn a_resource_that_flaps_goes_to_a_person_until_it_is_steady() {
    let fleet = Fleet::default();
    for round in 0..4 {
        // Another failure each time: no relapse.
        let mut signal = ill("a");
        signal.evidence = vec![evidence(&format!("error: {} is missing", ["disk", "route", "secret", "peer"][round]))];
        assert!(is_healed(&fleet.look_after(signal, fleet.healer(steady())).await), "{round}");
    }
    let fifth = fleet.heal("a", fleet.healer(steady())).await;
    assert_eq!(halted(&fifth), "fake/service/a flaps: in 1 hour it failed and healed again and again (52 % changes)");
    assert!(is_healed(&fleet.heal("b", fleet.healer(steady())).await), "others do not");
    fleet.pass(HOUR);
    assert!(is_healed(&fleet.heal("a", fleet.healer(steady())).await));
}

#[tokio::test]
async fn two_plans_that_take_turns_go_to_a_person() {
    let fleet = Fleet::default();
    let plan = |value| fleet.knowing("bad_mode", &[("mode", value)], steady());
    for value in ["fast", "safe", "fast"] {
        assert!(is_healed(&fleet.heal("a", plan(value)).await));
    }
    let fourth = fleet.heal("a", plan("safe")).await;
    assert!(halted(&fourth).starts_with("two plans take turns on fake/service/a"), "{}", halted(&fourth));
}

#[tokio::test]
async fn a_resource_has_its_rest_after_a_heal_and_a_longer_one_after_a_failed_heal() {
    let rest = CoolDown {
        after_heal_seconds: 10 * MINUTE.as_secs(),
        after_failed_heal_seconds: HOUR.as_secs(),
        same_cause_seconds: 0,
    };
    let limits = || FleetLimits { cool_down: rest, ..FleetLimits::off() };
    let fleet = Fleet::default();
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
    let healed = fleet.now();
    let again = fleet.heal("a", fleet.healer(limits())).await;
    let (until, because) = fleet.held(&again).await.expect("held");
    assert_eq!(until, Some(healed.after(10 * MINUTE)));
    assert_eq!(because, "fake/service/a was just healed; healers keep off for 10 minutes");
    assert!(is_healed(&fleet.heal("b", fleet.healer(limits())).await), "others need no rest");

    fleet.clock.advance_to(healed.after(10 * MINUTE));
    fleet.hands.stubborn.lock().unwrap().insert(resource("a"));
    assert!(!is_healed(&fleet.go_on(&again.incident().id, fleet.healer(limits())).await));
    let (failed, third) = (fleet.now(), fleet.heal("a", fleet.healer(limits())).await);
    let (until, because) = fleet.held(&third).await.expect("held");
    assert_eq!(until, Some(failed.after(HOUR)));
    assert!(because.contains("acted upon without success"), "{because}");
}

/// One after the other, so that the effect on the first is seen before the second.
#[tokio::test]
async fn resources_with_one_cause_are_healed_one_after_the_other() {
    let rest =
        CoolDown { after_heal_seconds: 0, after_failed_heal_seconds: 0, same_cause_seconds: 10 * MINUTE.as_secs() };
    let limits = || FleetLimits { cool_down: rest, ..FleetLimits::off() };
    let fleet = Fleet::default();
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits())).await));
    let second = fleet.heal("b", fleet.healer(limits())).await;
    let (until, because) = fleet.held(&second).await.expect("held");
    assert_eq!(until, Some(fleet.now().after(10 * MINUTE)));
    assert!(because.starts_with("fake/service/a was just acted upon for the same cause (bad_mode)"), "{because}");
    fleet.pass(10 * MINUTE);
    assert!(is_healed(&fleet.go_on(&second.incident().id, fleet.healer(limits())).await));
}

#[tokio::test]
async fn a_kind_of_action_that_had_to_be_taken_back_is_not_used_around_there() {
    let worse = MadeWorse { incidents: 2, within_seconds: HOUR.as_secs(), scope: Scope::Cluster };
    let limits = || FleetLimits { made_worse: Some(worse), ..FleetLimits::off() };
    let fleet = Fleet::default();
    for name in ["a", "b"] {
        fleet.hands.stubborn.lock().unwrap().insert(resource(name));
        assert!(!is_healed(&fleet.look_after(ill_at(name, "shop", "one"), fleet.healer(limits())).await));
    }
    assert_eq!(fleet.hands.count("undo"), 2);
    let third = fleet.look_after(ill_at("c", "cart", "one"), fleet.healer(limits())).await;
    assert_eq!(halted(&third), "set_value had to be taken back in 2 incidents around here in 1 hour");
    assert!(is_healed(&fleet.look_after(ill_at("d", "shop", "two"), fleet.healer(limits())).await), "another cluster");
}

//! So much may be done in so long; what has no room waits until there is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use selfheal_core::engine::Event;
use selfheal_core::fleet::{Budget, FleetLimits, InvalidFleetLimits};
use selfheal_core::orchestrator::{BuildError, Cancellation};
use selfheal_core::ports::{Note, Record, Scope, Stream};
use selfheal_core::resource::Environment;
use selfheal_core::testing::unavailable;

use super::stage::{Fleet, HOUR, MINUTE, budget, halted, ill, ill_at, is_healed, starts};
use crate::scene::MeddledJournal;

#[tokio::test]
async fn a_start_that_has_no_room_waits_until_the_oldest_leaves_the_window() {
    let fleet = Fleet::default();
    let limits = starts(Scope::Fleet, 2);
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits.clone())).await));
    let first = fleet.now();
    fleet.pass(10 * MINUTE);
    assert!(is_healed(&fleet.heal("b", fleet.healer(limits.clone())).await));

    let third = fleet.heal("c", fleet.healer(limits.clone())).await;
    let (until, because) = fleet.held(&third).await.expect("held");
    assert_eq!(until, Some(first.after(HOUR)));
    assert_eq!(
        because,
        "with this it would be 3 starts of steps in 1 hour in the whole fleet; at most 2 are left to healers"
    );
    assert_eq!(fleet.hands.count("apply 0 c"), 0);

    fleet.clock.advance_to(first.after(HOUR));
    assert!(is_healed(&fleet.go_on(&third.incident().id, fleet.healer(limits)).await));
    assert_eq!(fleet.hands.count("apply 0 c"), 1);
}

#[tokio::test]
async fn a_budget_counts_what_shares_its_scope_and_nothing_else() {
    let elsewhere = [
        (Scope::Resource, ill_at("a", "shop", "one"), ill_at("b", "shop", "one")),
        (Scope::Namespace, ill_at("a", "shop", "one"), ill_at("b", "cart", "one")),
        (Scope::Cluster, ill_at("a", "shop", "one"), ill_at("b", "shop", "two")),
    ];
    for (scope, first, other) in elsewhere {
        let fleet = Fleet::default();
        let limits = starts(scope, 1);
        assert!(is_healed(&fleet.look_after(first.clone(), fleet.healer(limits.clone())).await), "{scope:?}");
        assert!(is_healed(&fleet.look_after(other, fleet.healer(limits.clone())).await), "{scope:?}");
        let again = fleet.look_after(first, fleet.healer(limits)).await;
        assert!(fleet.held(&again).await.is_some(), "{scope:?}");
    }
}

#[tokio::test]
async fn resources_and_changes_have_budgets_too() {
    let of = |resources, changes| FleetLimits {
        budgets: vec![Budget { starts: None, resources, changes, ..budget(Scope::Fleet, 0) }],
        ..FleetLimits::off()
    };
    for (limits, what) in [(of(Some(1), None), "resources touched"), (of(None, Some(5)), "files or objects changed")] {
        let fleet = Fleet::default();
        assert!(is_healed(&fleet.heal("a", fleet.healer(limits.clone())).await), "{what}");
        let second = fleet.heal("b", fleet.healer(limits)).await;
        let (_, because) = fleet.held(&second).await.expect("held");
        assert!(because.contains(what), "{because}");
    }
}

#[tokio::test]
async fn a_plan_that_is_larger_than_the_budget_goes_to_a_person() {
    let fleet = Fleet::default();
    let steps = [("mode", "good"), ("size", "small")];
    let report = fleet.heal("a", fleet.knowing("bad_mode", &steps, starts(Scope::Fleet, 1))).await;
    assert!(halted(&report).starts_with("the plan alone is too large: "), "{}", halted(&report));
    assert_eq!(fleet.hands.count("apply"), 0);
}

#[tokio::test]
async fn places_are_taken_for_the_whole_plan_so_that_none_stops_half_way() {
    let fleet = Fleet::default();
    let steps = [("mode", "good"), ("size", "small")];
    let limits = starts(Scope::Fleet, 3);
    assert!(is_healed(&fleet.heal("a", fleet.knowing("bad_mode", &steps, limits.clone())).await));
    let second = fleet.heal("b", fleet.knowing("bad_mode", &steps, limits)).await;
    assert!(fleet.held(&second).await.is_some());
    assert_eq!(fleet.hands.count("apply"), 2, "{:?}", fleet.hands.done());
}

/// The place is taken, and the process dies before the intent is durable.
#[tokio::test]
async fn a_place_that_was_taken_before_a_crash_is_not_taken_again() {
    let fleet = Fleet::default();
    let intents = AtomicU32::new(0);
    let dies = move |record: &Record| match record.event {
        Event::Intended if intents.fetch_add(1, Ordering::SeqCst) == 1 => Some(unavailable("journal.append")),
        _ => None,
    };
    let dying =
        fleet.healer(starts(Scope::Fleet, 1)).journal(Arc::new(MeddledJournal::before(fleet.journal.clone(), dies)));
    fleet.hands.well.lock().unwrap().clear();
    dying.build().unwrap().heal(ill("a"), &Cancellation::new()).await.unwrap_err();
    assert_eq!(fleet.hands.count("apply"), 0);

    let incident = &fleet.journal.incidents()[0];
    assert!(is_healed(&fleet.go_on(incident, fleet.healer(starts(Scope::Fleet, 1))).await));
    assert!(fleet.held(&fleet.heal("b", fleet.healer(starts(Scope::Fleet, 1))).await).await.is_some());
}

#[tokio::test]
async fn where_nobody_guards_nothing_is_held_and_nothing_counts() {
    let fleet = Fleet::default();
    let limits = FleetLimits { unguarded: BTreeSet::from([Environment::Dev]), ..starts(Scope::Fleet, 1) };
    for _ in 0..3 {
        let mut signal = ill("laptop");
        signal.environment = Environment::Dev;
        assert!(is_healed(&fleet.look_after(signal, fleet.healer(limits.clone())).await));
    }
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits)).await), "the laptop's heals count for none");
}

#[tokio::test]
async fn a_budget_may_hold_in_one_environment_only() {
    let fleet = Fleet::default();
    let mut limits = starts(Scope::Fleet, 1);
    limits.budgets[0].environments = BTreeSet::from([Environment::Production]);
    for name in ["a", "b"] {
        let mut signal = ill(name);
        signal.environment = Environment::Staging;
        assert!(is_healed(&fleet.look_after(signal, fleet.healer(limits.clone())).await));
    }
    assert!(is_healed(&fleet.heal("c", fleet.healer(limits.clone())).await));
    assert!(fleet.held(&fleet.heal("d", fleet.healer(limits)).await).await.is_some());
}

#[tokio::test]
async fn the_defaults_leave_a_developer_alone() {
    let fleet = Fleet::default();
    for _ in 0..100 {
        let mut signal = ill("pipeline");
        signal.environment = Environment::Dev;
        assert!(is_healed(&fleet.look_after(signal, fleet.healer(FleetLimits::default())).await));
    }
    let noted = selfheal_core::ports::Ledger::len(fleet.ledger.as_ref(), &Stream::activity()).await.unwrap();
    assert_eq!(noted, 300, "opened, applied, ended");
}

#[test]
fn bounds_that_cannot_be_kept_are_refused() {
    let fleet = Fleet::default();
    let refused = |limits: FleetLimits| match fleet.healer(limits).build().err() {
        Some(BuildError::Fleet(InvalidFleetLimits { field, .. })) => field,
        other => panic!("expected a refusal, found {other:?}"),
    };
    let with_budget = |budget: Budget| FleetLimits { budgets: vec![budget], ..FleetLimits::off() };
    assert_eq!(refused(with_budget(Budget { starts: None, ..budget(Scope::Fleet, 1) })), "budgets");
    assert_eq!(refused(with_budget(Budget { per_seconds: 0, ..budget(Scope::Fleet, 1) })), "budgets.per_seconds");
    let mut limits = FleetLimits::default();
    limits.flapping.as_mut().unwrap().low_percent = 99;
    assert_eq!(refused(limits), "flapping.low_percent");
    assert_eq!(FleetLimits::default().check(), Ok(()));
}

#[test]
fn a_guard_is_left_out_for_its_default_and_null_for_none_and_a_typo_is_refused() {
    let read = |text| serde_json::from_str::<FleetLimits>(text);
    let limits = read(r#"{"relapses": null, "unguarded": ["dev", "lab"]}"#).unwrap();
    assert_eq!(limits.relapses, None);
    assert_eq!(limits.flapping, FleetLimits::default().flapping);
    assert!(limits.unguarded.contains(&Environment::Other("lab".to_owned())));
    assert!(read(r#"{"budget": []}"#).is_err());
}

#[tokio::test]
async fn what_the_ledger_has_no_room_for_goes_to_a_person_instead_of_being_asked_for_again() {
    let fleet = Fleet::default();
    let cause = "x".repeat(Note::MAX_BYTES);
    let report = fleet.heal("a", fleet.knowing(&cause, &[("mode", "good")], starts(Scope::Fleet, 9))).await;
    assert!(halted(&report).contains("at most 262144 bytes"), "{:.200}", halted(&report));
    assert_eq!(fleet.hands.count("apply"), 0);
}

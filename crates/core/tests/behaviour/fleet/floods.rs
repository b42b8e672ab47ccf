//! Whoever can make pipelines fail, or whose clock is wrong, must not empty the fleet's budgets.

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::incident::IncidentId;
use selfheal_core::ledger::MOST_OF_A_KIND;
use selfheal_core::ports::{Ledger, Note, Opened, Scope, Site, Stream};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;

use super::stage::{Fleet, HOUR, is_healed, resource, starts};

async fn open(fleet: &Fleet, incidents: usize, at: Timestamp) {
    let stream = Stream::activity();
    let first = fleet.ledger.len(&stream).await.unwrap();
    for (place, number) in (first..).zip(0..incidents) {
        let name = format!("other-{number}");
        let opened = Opened {
            incident: IncidentId::new(&name),
            resource: resource(&name),
            site: Site::default(),
            environment: Environment::Production,
            symptom: None,
        };
        fleet.ledger.append(&stream, place, at, &Note::Opened(Arc::new(opened))).await.unwrap();
    }
}

async fn with_a_budget_that_is_used_up() -> Fleet {
    let fleet = Fleet::default();
    for name in ["a", "b"] {
        assert!(is_healed(&fleet.heal(name, fleet.healer(starts(Scope::Fleet, 2))).await));
    }
    fleet
}

#[tokio::test]
async fn a_flood_of_openings_leaves_the_budget_used_up() {
    let fleet = with_a_budget_that_is_used_up().await;
    open(&fleet, 2 * MOST_OF_A_KIND, fleet.now()).await;
    let third = fleet.heal("c", fleet.healer(starts(Scope::Fleet, 2))).await;
    assert!(fleet.held(&third).await.unwrap().1.contains("3 starts of steps"));
    assert_eq!(fleet.hands.count("apply 0 c"), 0);
}

/// Of a stream that is longer than what is read, nobody knows what its beginning used up.
#[tokio::test]
async fn what_is_not_read_any_more_holds_until_it_cannot_count() {
    let fleet = with_a_budget_that_is_used_up().await;
    open(&fleet, 4 * MOST_OF_A_KIND, fleet.now()).await;
    let flooded = fleet.now();
    let third = fleet.heal("c", fleet.healer(starts(Scope::Fleet, 2))).await;
    let (until, because) = fleet.held(&third).await.unwrap();
    assert_eq!(
        (until, because.as_str()),
        (Some(flooded.after(HOUR)), "more happened in the last 1 hour than is kept to count")
    );
    fleet.pass(HOUR);
    assert!(is_healed(&fleet.go_on(&third.incident().id, fleet.healer(starts(Scope::Fleet, 2))).await));
}

#[tokio::test]
async fn one_clock_that_is_ahead_leaves_the_budget_used_up() {
    let fleet = with_a_budget_that_is_used_up().await;
    open(&fleet, 1, fleet.now().after(Duration::from_secs(40 * 86_400))).await;
    let third = fleet.heal("c", fleet.healer(starts(Scope::Fleet, 2))).await;
    assert!(fleet.held(&third).await.is_some());
    assert_eq!(fleet.hands.count("apply 0 c"), 0);
}

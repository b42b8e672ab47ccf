//! Laws of the engine over random legal histories.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod ledger;
mod walk;

use std::collections::BTreeSet;

use proptest::prelude::*;
use selfheal_core::engine::{Event, Outcome, Phase, State, TriedResult, transition};
use selfheal_core::time::Timestamp;

use ledger::Ledger;
use walk::{Walk, opened};

/// No history within [`limits`] is longer: 4 plans of at most 4 steps, 3 calls a visit, 3 starts, 15 minutes of approval.
const MOST_EVENTS: usize = 500;

type History = Vec<(Timestamp, Event)>;

/// Walks until the incident is closed, telling `look` each state before and after its event.
fn walk(choices: &[u16], mut look: impl FnMut(Option<&State>, &Event, &State)) -> (State, History) {
    let mut walk = Walk::new(choices);
    let mut history = vec![(walk.now(), opened(u64::from(choices[0])))];
    let mut state = step(None, walk.now(), history[0].1.clone());
    look(None, &history[0].1, &state);
    while state.effect().is_some() {
        assert!(history.len() < MOST_EVENTS, "still in {:?} after {MOST_EVENTS} events", state.phase);
        let event = walk.next(&state);
        let next = step(Some(state.clone()), walk.now(), event.clone());
        look(Some(&state), &event, &next);
        history.push((walk.now(), event));
        state = next;
    }
    (state, history)
}

fn step(state: Option<State>, at: Timestamp, event: Event) -> State {
    transition(state, at, event).map(|(state, _)| state).unwrap()
}

fn choices() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 20..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Ends within bounds, and never panics on the way; nothing is applied unless exactly this was allowed or approved;
    /// what may have been applied is verified, taken back last first, or told to a person as stuck.
    #[test]
    fn nothing_is_applied_without_leave_and_nothing_stays_unverified(choices in choices()) {
        let mut ledger = Ledger::default();
        let (end, _) = walk(&choices, |before, event, after| ledger.note(before, event, after));
        ledger.settle(&end);
    }

    #[test]
    fn the_same_events_give_the_same_state(choices in choices()) {
        let (end, history) = walk(&choices, |_, _, _| {});
        let again = history.into_iter().fold(None, |state, (at, event)| Some(step(state, at, event)));
        prop_assert_eq!(again, Some(end));
    }

    #[test]
    fn an_event_that_cannot_happen_is_an_error_and_not_a_panic(choices in choices(), others in choices()) {
        let mut events: Vec<Event> = Vec::new();
        walk(&others, |_, event, _| events.push(event.clone()));
        let mut walked = Vec::new();
        walk(&choices, |_, _, state| walked.push(state.clone()));
        for (state, event) in walked.into_iter().zip(events) {
            let _ = transition(Some(state), Timestamp::from_millis(0), event);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn states_and_events_come_back_from_json_as_they_were(choices in choices()) {
        walk(&choices, |_, event, state| {
            let written = serde_json::to_string(&(event, state)).unwrap();
            let read: (Event, State) = serde_json::from_str(&written).unwrap();
            assert_eq!((&read.0, &read.1), (event, state));
        });
    }
}

/// The laws above would hold of walks that end at once; these do get to every ending.
#[test]
fn the_walks_reach_every_kind_of_ending() {
    let mut reached = BTreeSet::new();
    let mut seed = 1_u64;
    for _ in 0..3_000 {
        let choices: Vec<u16> = (0..100).map(|_| drawn(&mut seed)).collect();
        let (end, _) = walk(&choices, |_, _, _| {});
        reached.insert(ending(&end));
    }
    let endings = ["escalated", "healed", "interrupted", "passed on rerun", "proposed", "stuck"];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), endings);
}

fn drawn(seed: &mut u64) -> u16 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 48) as u16
}

fn ending(end: &State) -> &'static str {
    let stuck = end.tried.last().is_some_and(|tried| tried.result == TriedResult::Stuck);
    match &end.phase {
        Phase::Closed { outcome: Outcome::Escalated { .. } } if stuck => "stuck",
        Phase::Closed { outcome: Outcome::Escalated { .. } } => "escalated",
        Phase::Closed { outcome: Outcome::Healed } => "healed",
        Phase::Closed { outcome: Outcome::PassedOnRerun } => "passed on rerun",
        Phase::Closed { outcome: Outcome::Proposed } => "proposed",
        Phase::Closed { outcome: Outcome::Interrupted } => "interrupted",
        _ => "something else",
    }
}

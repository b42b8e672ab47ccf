//! A resource that goes back and forth, and plans that do.

use super::limits::Flapping;
use super::view::{View, in_words};
use crate::decision::Clearance;
use crate::ledger::Kind;
use crate::plan::PlanHash;

/// States that are looked at, as in Nagios: 20 possible changes.
const STATES: usize = 21;

/// What the oldest and the newest change weigh, as in Nagios Core.
const WEIGHTS: (f64, f64) = (0.75, 1.25);

/// Whether the resource is steady enough.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let Some(limits) = &view.limits.flapping else { return Clearance::Clear };
    let span = in_words(limits.within_seconds);
    let resource = &view.wanted.incident.resource;
    if let Some(percent) = flaps(limits, view.states(limits.within_seconds).into_iter()) {
        let because =
            format!("{resource} flaps: in {span} it failed and healed again and again ({percent:.0} % changes)");
        return Clearance::Stop { because };
    }
    if takes_turns(view.plans(limits.within_seconds), view.wanted.plan_identity) {
        let because =
            format!("two plans take turns on {resource}: in {span} each was applied after the other, and again");
        return Clearance::Stop { because };
    }
    view.kept(&[Kind::Opened, Kind::Effects, Kind::Ended], limits.within_seconds)
}

/// The share of changes if it flaps: it began to at the high mark, and did not fall below the low one since.
fn flaps(limits: &Flapping, states: impl Iterator<Item = bool>) -> Option<f64> {
    // Before it was first heard of it was well.
    let mut last = [true; STATES];
    let (mut flaps, mut percent) = (false, 0.0);
    for state in states {
        last.rotate_left(1);
        last[STATES - 1] = state;
        percent = percent_changes(&last);
        let mark = if flaps { limits.low_percent } else { limits.high_percent };
        flaps = percent >= f64::from(mark);
    }
    flaps.then_some(percent)
}

fn percent_changes(states: &[bool; STATES]) -> f64 {
    const CHANGES: usize = STATES - 1;
    let weight = |place: usize| WEIGHTS.0 + (WEIGHTS.1 - WEIGHTS.0) * place as f64 / (CHANGES - 1) as f64;
    let changes = states.windows(2).enumerate().filter(|(_, pair)| pair[0] != pair[1]);
    changes.map(|(place, _)| weight(place)).sum::<f64>() * 100.0 / CHANGES as f64
}

/// Whether `next` would be the fourth of A, B, A, B.
fn takes_turns<'a>(plans: impl Iterator<Item = &'a PlanHash>, next: &'a PlanHash) -> bool {
    let mut turns: Vec<&PlanHash> = Vec::new();
    for plan in plans.chain([next]) {
        if turns.last() != Some(&plan) {
            turns.push(plan);
        }
    }
    matches!(turns[..], [.., a, b, c, d] if a == c && b == d)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Flapping = Flapping { within_seconds: 1, high_percent: 50, low_percent: 25 };

    fn failing_and_healing(times: usize) -> Vec<bool> {
        [false, true].repeat(times)
    }

    #[test]
    fn one_change_weighs_more_the_newer_it_is() {
        let change_at = |place: usize| {
            let mut states = [true; STATES];
            states[..place].fill(false);
            percent_changes(&states)
        };
        assert!((change_at(1) - 3.75).abs() < 1e-9, "{}", change_at(1));
        assert!((change_at(20) - 6.25).abs() < 1e-9, "{}", change_at(20));
        let every_time: [bool; STATES] = std::array::from_fn(|place| place % 2 == 0);
        assert!((percent_changes(&every_time) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn it_flaps_from_the_high_mark_on_and_until_it_is_below_the_low_one() {
        let flaps = |states: &[bool]| flaps(&MARKS, states.iter().copied()).is_some();
        let mut states = failing_and_healing(4);
        assert!(!flaps(&states));
        states.push(false);
        assert!(flaps(&states), "the fifth failure");
        let steady = |times| [states.as_slice(), &vec![false; times]].concat();
        assert!(flaps(&steady(12)), "{}", percent_changes(&[true; STATES]));
        assert!(!flaps(&steady(18)));
    }

    #[test]
    fn what_stays_ill_does_not_flap() {
        assert_eq!(flaps(&MARKS, [false; 40].into_iter()), None);
    }

    #[test]
    fn two_plans_take_turns_with_the_fourth_and_repeats_are_none() {
        let hash = |name: &str| serde_json::from_value::<PlanHash>(name.into()).unwrap();
        let (a, b, c) = (hash("a"), hash("b"), hash("c"));
        assert!(takes_turns([&a, &b, &a].into_iter(), &b));
        assert!(takes_turns([&a, &a, &b, &b, &a].into_iter(), &b));
        for harmless in [[&a, &b, &c], [&a, &a, &a], [&b, &a, &b]] {
            assert!(!takes_turns(harmless.into_iter(), &b), "{harmless:?}");
        }
    }
}

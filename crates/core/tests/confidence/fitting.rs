//! What a head learns, and from what.

use selfheal_core::action::{Reversibility, RiskTier};
use selfheal_core::confidence::{Features, Head, Outcome, Record, SourceClass, prequential};
use selfheal_core::ports::RehearsalEvidence;
use selfheal_core::time::Timestamp;

use crate::synthetic::{Truth, days, perverse};

fn verified() -> Features {
    let features = Features::new(SourceClass::Runbook, RiskTier::Medium, Reversibility::Undoable);
    Features { rehearsal: RehearsalEvidence::Verified, ..features }
}

/// `count` outcomes of fresh kinds, every `nth` of them a failure, one a day from `start`.
fn outcomes(count: u64, nth: u64, start: u64) -> Vec<Outcome> {
    let at = |day: u64| Timestamp::default().after(days(start + day));
    (0..count).map(|day| Outcome { features: verified(), healed: day % nth != 0, at: at(day) }).collect()
}

#[test]
fn nothing_is_learnt_from_nothing() {
    assert_eq!(Head::fit(&[]), Head::prior());
    assert_eq!(Head::default(), Head::prior());
}

#[test]
fn outcomes_move_the_estimate_towards_what_was_seen() {
    let before = Head::prior().assess(&verified()).mean.value();
    let after = Head::fit(&outcomes(80, 2, 0)).assess(&verified()).mean.value();
    assert!(before > 0.93 && after < 0.75, "half of them failed: {before} {after}");
}

#[test]
fn outcomes_as_believed_narrow_the_bound() {
    let prior = Head::prior().assess(&verified());
    let fitted = Head::fit(&outcomes(90, 30, 0)).assess(&verified());
    assert!((prior.mean.value() - fitted.mean.value()).abs() < 0.03, "{prior:?} {fitted:?}");
    assert!(fitted.lower > prior.lower, "{prior:?} {fitted:?}");
}

#[test]
fn old_outcomes_weigh_less() {
    let mean = |outcomes: &[Outcome]| Head::fit(outcomes).assess(&verified()).mean;
    let recovered = [outcomes(40, 1, 0), outcomes(40, 41, 900)].concat();
    let together = [outcomes(40, 1, 0), outcomes(40, 41, 40)].concat();
    assert!(mean(&recovered) > mean(&together), "{:?} {:?}", mean(&recovered), mean(&together));
}

#[test]
fn a_kind_that_is_tried_often_does_not_speak_for_all_kinds() {
    let mut record = Record::NONE;
    let one_kind: Vec<Outcome> = (0..60_u64)
        .map(|day| {
            let features = Features { kind_record: record, ..verified() };
            record = record.with(false, true);
            Outcome { features, healed: false, at: Timestamp::default().after(days(day)) }
        })
        .collect();
    let fresh = |outcomes: &[Outcome]| Head::fit(outcomes).assess(&verified()).mean.value();
    let (one, many) = (fresh(&one_kind), fresh(&outcomes(60, 1, 0)));
    assert!(one > many + 0.15, "sixty failures of one kind: {one}; of sixty kinds: {many}");
}

#[test]
fn the_order_in_which_outcomes_are_given_does_not_matter() {
    let forth = Truth::as_believed().outcomes(3, 150);
    let back: Vec<Outcome> = forth.iter().rev().cloned().collect();
    assert_eq!(Head::fit(&forth), Head::fit(&back));
}

#[test]
fn evidence_that_seems_to_harm_is_worth_nothing_and_never_less() {
    let head = Head::fit(&perverse(300));
    let unrehearsed = Features { rehearsal: RehearsalEvidence::Unsupported, ..verified() };
    assert!(head.assess(&verified()).mean >= head.assess(&unrehearsed).mean);
}

#[test]
fn a_prediction_is_made_before_its_outcome() {
    let outcomes = Truth::otherwise().outcomes(5, 120);
    let predictions = prequential(&outcomes, 20);
    assert_eq!(predictions.len(), 120);
    assert_eq!(predictions[0].0, Head::prior().assess(&outcomes[0].features).mean, "nothing was known");

    let mut last_reversed = outcomes.clone();
    for outcome in &mut last_reversed[100..] {
        outcome.healed = !outcome.healed;
    }
    let without_the_end = prequential(&last_reversed, 20);
    assert!(predictions.iter().zip(&without_the_end).all(|(one, other)| one.0 == other.0), "the end was not known yet");
}

#[test]
fn outcomes_at_the_same_time_do_not_predict_each_other() {
    let mut outcomes = outcomes(40, 2, 0);
    outcomes.iter_mut().for_each(|outcome| outcome.at = Timestamp::default());
    let prior = Head::prior().assess(&verified()).mean;
    assert!(prequential(&outcomes, 1).iter().all(|(predicted, _)| *predicted == prior));
}

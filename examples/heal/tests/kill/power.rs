//! That the invariants notice what is wrong: what a real heal left is spoilt in one place each.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use selfheal_core::engine::{Event, Outcome};

use crate::aftermath::Aftermath;
use crate::case::{look_at, undisturbed};
use crate::healer::Healer;
use crate::invariants::{Known, in_the_end};
use crate::scenarios;

/// An undisturbed heal of the scenario `edit_file`.
fn healed() -> (Known, Aftermath) {
    static HEALED: OnceLock<(Known, Aftermath)> = OnceLock::new();
    let heal = || {
        let (healer, all) = (Healer::new(), scenarios::all());
        let scenario = all.iter().find(|scenario| scenario.name == "edit_file").unwrap();
        (undisturbed(&healer, scenario).unwrap(), look_at(&healer, scenario))
    };
    HEALED.get_or_init(heal).clone()
}

/// Spoils it, and asserts that this is noticed by the one who says `expected`.
fn notices(expected: &str, spoil: impl FnOnce(&mut Aftermath)) {
    let (known, mut seen) = healed();
    assert_eq!(in_the_end(&known, &seen), Vec::<String>::new());
    spoil(&mut seen);
    let wrong = in_the_end(&known, &seen);
    assert!(wrong.iter().any(|wrong| wrong.contains(expected)), "expected `{expected}`, got {wrong:?}");
}

/// Removes the first record that `which` picks, and closes the gap.
fn without(seen: &mut Aftermath, which: fn(&Event) -> bool) {
    let records = &mut seen.incidents[0].history.records;
    let at = records.iter().position(|record| which(&record.event)).unwrap();
    records.remove(at);
    for (sequence, record) in (0..).zip(records) {
        record.sequence = sequence;
    }
}

#[test]
fn a_file_that_is_replaced_twice_is_noticed() {
    notices("files were replaced and not restored", |seen| {
        let at = seen.trace.iter().position(|name| name == "undo.file_replaced").unwrap();
        seen.trace.insert(at, "undo.file_replaced".to_owned());
    });
}

#[test]
fn a_start_too_many_is_noticed() {
    notices("the command was started", |seen| seen.starts += 1);
}

#[test]
fn a_directory_that_is_neither_is_noticed() {
    let file = Path::new("service.conf");
    notices("is neither as it was", |seen| seen.project.get_mut(file).unwrap().1.push(b'x'));
    notices("is not the verified fix", |seen| seen.project.get_mut(file).unwrap().0 ^= 0o111);
    notices("is not the verified fix", |seen| drop(seen.project.remove(file)));
    notices("is not the original", |seen| seen.incidents[0].outcome = Some(Outcome::Interrupted));
}

#[test]
fn an_effect_that_nobody_intended_is_noticed() {
    notices("nobody had intended", |seen| without(seen, |event| matches!(event, Event::Intended)));
}

#[test]
fn a_change_before_its_intention_is_noticed() {
    notices("steps that change files were intended", |seen| {
        let records = &mut seen.incidents[0].history.records;
        let applied = records.iter().position(|record| matches!(record.event, Event::Applied)).unwrap();
        records.truncate(applied - 1);
    });
}

#[test]
fn a_record_that_is_lost_or_stands_twice_is_noticed() {
    notices("don't replay", |seen| drop(seen.incidents[0].history.records.remove(3)));
    notices("don't replay", |seen| {
        let records = &mut seen.incidents[0].history.records;
        records.insert(3, records[3].clone());
    });
    notices("don't replay", |seen| without(seen, |event| matches!(event, Event::Planned(_))));
}

#[test]
fn an_open_incident_is_noticed() {
    notices("is still open", |seen| seen.incidents[0].outcome = None);
}

#[test]
fn a_heal_that_nobody_verified_is_noticed() {
    notices("ended as Healed", |seen| {
        let records = &mut seen.incidents[0].history.records;
        let verified = records.iter().position(|record| matches!(record.event, Event::Verified(_))).unwrap();
        records.truncate(verified);
    });
}

#[test]
fn what_is_left_behind_is_noticed() {
    notices("left behind", |seen| seen.left.push(PathBuf::from("undo.json")));
}

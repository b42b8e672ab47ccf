//! Whoever is killed while an answer is kept or redeemed: the agreement counts once all the same.

use std::process::Command;

use super::waiting;
use crate::common::{BROKEN, Ended, MENDED, Office};

const TRACE: &str = "SELFHEAL_FAILPOINTS_TRACE";
const KILL: &str = "SELFHEAL_FAILPOINTS_KILL";

/// Where a note about the approval is made durable, by number; as a run without a kill passes them.
fn places(office: &Office, mut heal: Command) -> Vec<usize> {
    let trace = office.service.world.path("trace");
    let ended = Ended::of({
        heal.env(TRACE, &trace);
        heal
    });
    assert_eq!(ended.status, Some(0), "{ended}");
    let passed: Vec<String> = std::fs::read_to_string(trace).unwrap().lines().map(str::to_owned).collect();
    let approvals = |line: &&String| line.contains(" approvals.");
    let last = passed.iter().rposition(|line| approvals(&line)).unwrap();
    let durable = passed.iter().take(last + 1).filter(|line| approvals(line) || line.contains(" ledger."));
    durable.map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect()
}

fn killed_at(place: usize, mut heal: Command) {
    heal.env(KILL, place.to_string());
    let ended = Ended::of(heal);
    assert_eq!(ended.status, None, "{place}: {ended}");
}

fn approve(office: &Office) -> Command {
    let (incident, plan) = office.waiting();
    office.command_on_store("ada", &["approve", &incident, "--plan", &plan])
}

fn resume(office: &Office) -> Command {
    let (incident, _) = office.waiting();
    office.command_on_store("bob", &["resume", &incident])
}

/// Goes on until it is healed, by one agreement that was redeemed once.
fn assert_heals_once(office: &Office, place: usize) {
    let (incident, _) = office.waiting();
    let healed = Ended::of(resume(office));
    assert_eq!(healed.status, Some(0), "{place}: {healed}");
    assert_eq!((office.service.conf(), office.service.world.starts()), (MENDED.to_owned(), 3), "{place}");
    let told = office.ask("ada", &["audit", "show", "--incident", &incident]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.matches("\"note\":\"redeemed\"").count(), 1, "{place}: {told}");
    office.assert_verifies();
}

#[test]
fn wherever_the_healer_is_killed_the_agreement_is_redeemed_once() {
    let agreed = || {
        let office = waiting("require_approval");
        assert_eq!(office.approve("ada").status, Some(0));
        office
    };
    let office = agreed();
    for place in places(&office, resume(&office)) {
        let office = agreed();
        killed_at(place, resume(&office));
        assert_eq!(office.service.conf(), BROKEN, "{place}");
        assert_heals_once(&office, place);
    }
}

#[test]
fn wherever_the_answer_is_killed_it_is_there_or_it_is_not() {
    let office = waiting("require_approval");
    for place in places(&office, approve(&office)) {
        let office = waiting("require_approval");
        killed_at(place, approve(&office));
        let is_there = office.approvals()[0]["standing"]["is"] == "agreed";
        let again = Ended::of(approve(&office));
        assert_eq!(again.status, Some(i32::from(is_there)), "{place}: {again}");
        assert_heals_once(&office, place);
    }
}

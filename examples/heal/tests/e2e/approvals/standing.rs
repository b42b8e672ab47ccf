//! Who counts.

use super::waiting;
use crate::common::{MENDED, Office};

#[test]
fn nobody_counts_who_is_not_enrolled_holds_no_key_or_asked_for_it() {
    let office = waiting("require_approval");
    let without_a_key = office.approve("eve");
    assert_eq!(without_a_key.status, Some(1), "{without_a_key}");
    without_a_key.assert_says("heal approver init");
    let line = office.key("eve", "");
    let not_enrolled = office.approve("eve");
    assert_eq!(not_enrolled.status, Some(1), "{not_enrolled}");
    not_enrolled.assert_says("not enrolled");
    not_enrolled.assert_says(&line);
    let requester = office.approve("bob");
    assert_eq!(requester.status, Some(1), "{requester}");
    requester.assert_says("bob asked for it");
    assert_eq!(office.approvals()[0]["standing"]["is"], "waiting");
}

#[test]
fn who_calls_themselves_by_an_enrolled_name_is_still_told_by_their_key() {
    let office = waiting("require_approval");
    let made = office.command("eve").args(["approver", "init", "--name", "ada"]).output().unwrap();
    assert!(made.status.success());
    assert_eq!(office.approve("eve").status, Some(1));
}

#[test]
fn a_requester_may_agree_in_dev_where_the_document_says_so() {
    let office = Office::new();
    office.enrol(&[&office.key("bob", "")], "self_approval: [dev]");
    for (environment, status) in [("dev", 0), ("staging", 1)] {
        let asked = office.run("bob", &["--policy", &office.policy("require_approval"), "--env", environment]);
        assert_eq!(asked.status, Some(21), "{asked}");
        let answered = office.approve("bob");
        assert_eq!(answered.status, Some(status), "{environment}: {answered}");
        let (incident, _) = office.waiting();
        let resumed = office.ask("bob", &["resume", &incident]);
        assert_eq!(resumed.status, Some(if status == 0 { 0 } else { 21 }), "{environment}: {resumed}");
        office.service.world.write("service.conf", crate::common::BROKEN);
    }
}

#[test]
fn who_was_taken_out_of_the_document_since_counts_no_more() {
    let office = waiting("require_approval");
    assert_eq!(office.approve("ada").status, Some(0));
    let (incident, _) = office.waiting();
    office.enrol(&[], "");
    let resumed = office.ask("bob", &["resume", &incident]);
    assert_eq!(resumed.status, Some(21), "{resumed}");
    resumed.assert_says("nobody is enrolled");
    assert_eq!(office.approvals()[0]["standing"]["is"], "waiting");
}

#[test]
fn every_stage_has_to_be_filled_by_people_of_its_role() {
    let stages = "{require_approval: {stages: [{k: 2, roles: [sre, lead]}, {k: 1, roles: [lead]}]}}";
    let office = Office::of(&[("ada", "sre"), ("bob", ""), ("cleo", "lead"), ("dan", "sre, lead")]);
    assert_eq!(office.run("bob", &["--policy", &office.policy(stages)]).status, Some(21));
    let (incident, _) = office.waiting();
    let first = office.approve("ada");
    first.assert_says("stage 1 of 2: 1 of 2 agreed (ada); waits for 1 person of role sre or lead");
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(21));
    let second = office.approve("cleo");
    second.assert_says("stage 2 of 2: 0 of 1 agreed (ada, cleo); waits for 1 person of role lead");
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(21));
    office.approve("dan").assert_says("agreed by ada, cleo, dan");
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
    assert_eq!(office.service.conf(), MENDED);
}

#[test]
fn a_key_that_others_can_read_is_refused_and_one_that_is_there_stays() {
    use std::os::unix::fs::PermissionsExt;
    let office = waiting("require_approval");
    let key = office.service.world.path("keys/ada");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&key).unwrap();
    let again = office.command("ada").args(["approver", "init"]).output().unwrap();
    assert_eq!((again.status.code(), std::fs::read(&key).unwrap()), (Some(2), before));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = office.approve("ada");
    assert_eq!(open.status, Some(2), "{open}");
    open.assert_says("expected 600");
}

#[test]
fn a_broken_document_is_refused_before_the_command_runs() {
    let office = Office::new();
    office.enrol(&["  - {name: ada, key: nothing, roles: []}"], "");
    let refused = office.run("bob", &[]);
    assert_eq!((refused.status, office.service.world.starts()), (Some(2), 0), "{refused}");
    refused.assert_says("approvers.yaml:3:");
}

//! A failure that comes again while its incident waits.

use super::waiting;
use crate::common::{BROKEN, Office};

fn again(office: &Office, options: &[&str]) -> (Option<i32>, String) {
    let policy = office.policy("require_approval");
    let ended = office.run("bob", &[&["--policy", &policy, "--json"], options].concat());
    (ended.status, ended.json()["incident"].as_str().unwrap().to_owned())
}

#[test]
fn the_same_failure_waits_once() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let starts = office.service.world.starts();
    assert_eq!(again(&office, &[]), (Some(21), incident.clone()));
    assert_eq!(office.service.world.starts(), starts + 1, "nothing is rehearsed again");
    assert_eq!(office.waiting(), (incident.clone(), plan));
    let said = office.run("bob", &["--policy", &office.policy("require_approval")]);
    said.assert_says(&format!("as it did for {incident}, which waits; no other incident is opened"));
    said.assert_says(&format!("heal approve {incident}"));
    assert_eq!(office.approve("ada").status, Some(0));
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
}

#[test]
fn what_is_asked_otherwise_or_could_not_be_done_any_more_is_another_incident() {
    let office = waiting("require_approval");
    let (first, _) = office.waiting();
    let (status, second) = again(&office, &["--env", "staging"]);
    assert_eq!(status, Some(21));
    assert_ne!(second, first);
    office.service.world.write("service.conf", format!("{BROKEN}# a remark\n"));
    let (status, third) = again(&office, &[]);
    assert_eq!(status, Some(21));
    assert!(third != first && third != second, "its plan was made for another content");
}

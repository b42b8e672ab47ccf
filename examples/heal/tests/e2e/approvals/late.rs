//! What is said, or looked at, when the time for answers is over.

use super::waiting;
use crate::common::{BROKEN, MENDED};

/// The shipped time for answers, and a second more.
const LATE: u64 = 15 * 60 + 1;

#[test]
fn silence_escalates() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let late = office.ask_later("ada", LATE, &["approve", &incident, "--plan", &plan]);
    assert_eq!(late.status, Some(1), "{late}");
    late.assert_says("late");
    let resumed = office.ask_later("bob", LATE, &["resume", &incident, "--json"]);
    assert_eq!((resumed.status, resumed.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{resumed}");
    assert!(resumed.json()["reason"].as_str().unwrap().contains("nobody answered"), "{resumed}");
    assert_eq!(office.service.conf(), BROKEN);
}

#[test]
fn what_was_agreed_to_in_time_is_done_though_it_is_gone_on_with_later() {
    let office = waiting("require_approval");
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let healed = office.ask_later("bob", LATE, &["resume", &incident, "--json"]);
    assert_eq!((healed.status, healed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{healed}");
    assert_eq!(office.service.conf(), MENDED);
    office.assert_verifies();
}

#[test]
fn what_was_agreed_to_long_ago_is_not() {
    let office = waiting("require_approval");
    let (incident, _) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let shown = office.ask_later("bob", 2 * LATE, &["approvals", &incident]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains("nobody decided it in time"));
    let resumed = office.ask_later("bob", 2 * LATE, &["resume", &incident, "--json"]);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    assert!(resumed.json()["reason"].as_str().unwrap().contains("before anybody looked: ada agreed"), "{resumed}");
    assert_eq!(office.service.conf(), BROKEN);
}

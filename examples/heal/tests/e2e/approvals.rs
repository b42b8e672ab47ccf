//! A plan that waits for people: what they read, who counts, and that an answer is of one plan and counts once.

mod answering;
#[cfg(feature = "failpoints")]
mod killed;
#[cfg(feature = "failpoints")]
mod late;
mod reading;
mod repeated;
mod standing;
mod variables;

use crate::common::{BROKEN, MENDED, Office};

/// An office in which ada may answer, and a plan of bob's waits.
fn waiting(effect: &str) -> Office {
    let office = Office::of(&[("ada", "sre"), ("bob", ""), ("cleo", "lead")]);
    let asked = office.run("bob", &["--policy", &office.policy(effect)]);
    assert_eq!(asked.status, Some(21), "{asked}");
    office
}

#[test]
fn what_a_person_agrees_to_is_done_once() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let early = office.ask("bob", &["resume", &incident, "--json"]);
    assert_eq!((early.status, early.json()["outcome"].as_str()), (Some(21), Some("awaiting_approval")), "{early}");
    assert_eq!(office.service.conf(), BROKEN, "nothing is done before");

    let agreed = office.approve("ada");
    assert_eq!(agreed.status, Some(0), "{agreed}");
    agreed.assert_says("agreed by ada");
    agreed.assert_says(&format!("heal resume {incident}"));
    let again = office.approve("ada");
    assert_eq!(again.status, Some(1), "{again}");

    let healed = office.ask("bob", &["resume", &incident, "--json"]);
    assert_eq!((healed.status, healed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{healed}");
    assert_eq!((office.service.conf(), office.service.world.starts()), (MENDED.to_owned(), 3));
    let late = office.ask("ada", &["approve", &incident, "--plan", &plan]);
    assert_eq!(late.status, Some(1), "{late}");
    late.assert_says("waits for no approval");
    office.assert_verifies();
}

#[test]
fn an_answer_is_of_exactly_one_plan() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let other = if plan.starts_with('0') { "1" } else { "0" };
    let other = format!("{other}{}", &plan[1..]);
    for (given, status) in [(other.as_str(), 1), (&other[..12], 1), (&plan[..11], 2), ("latest", 2), (&plan[1..], 1)] {
        let refused = office.ask("ada", &["approve", &incident, "--plan", given]);
        assert_eq!(refused.status, Some(status), "{given}: {refused}");
    }
    let unknown = office.ask("ada", &["approve", "inc-ffff", "--plan", &plan]);
    assert_eq!(unknown.status, Some(2), "{unknown}");
    assert_eq!(office.approvals()[0]["answers"].as_array().map(Vec::len), Some(0));
    let short = office.ask("ada", &["approve", &incident["inc-".len()..10], "--plan", &plan[..12].to_uppercase()]);
    assert_eq!(short.status, Some(0), "{short}");
}

#[test]
fn the_same_plan_of_another_incident_is_another_plan_to_answer() {
    let office = waiting("require_approval");
    assert_eq!(office.approve("ada").status, Some(0));
    let (incident, _) = office.waiting();
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
    office.service.world.write("service.conf", BROKEN);
    let asked = office.run("bob", &["--policy", &office.policy("require_approval")]);
    assert_eq!(asked.status, Some(21), "{asked}");
    let (second, _) = office.waiting();
    assert_ne!(second, incident);
    assert_eq!(office.ask("bob", &["resume", &second]).status, Some(21), "the former agreement is used up");
}

#[test]
fn a_policy_that_is_another_since_is_asked_about_anew() {
    let office = waiting("require_approval");
    assert_eq!(office.approve("ada").status, Some(0));
    let (incident, _) = office.waiting();
    office.policy("{require_approval: {roles: [lead]}}");
    let resumed = office.ask("bob", &["resume", &incident]);
    assert_eq!(resumed.status, Some(21), "{resumed}");
    assert_eq!(office.service.conf(), BROKEN);
    assert_eq!(office.approvals()[0]["answers"].as_array().map(Vec::len), Some(0), "ada agreed under another policy");
    assert_eq!(office.approve("ada").status, Some(1), "she is no lead");
    assert_eq!(office.approve("cleo").status, Some(0));
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
    assert_eq!(office.service.conf(), MENDED);
}

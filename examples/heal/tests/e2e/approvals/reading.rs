//! What people read.

use super::waiting;
use crate::common::{Office, settled};

fn stdout(office: &Office, arguments: &[&str]) -> String {
    settled(office, &String::from_utf8(office.ask("ada", arguments).stdout).unwrap())
}

#[test]
fn the_run_says_who_is_asked_and_what_to_type() {
    let office = Office::of(&[("ada", "sre")]);
    let asked = office.run("bob", &["--policy", &office.policy("{require_approval: {roles: [sre]}}")]);
    let said = settled(&office, &asked.said());
    let (_, waits) = said.split_once("     waits ").unwrap_or_else(|| panic!("{said}"));
    let waits = waits.split_once(" (2 starts").map(|(who, rest)| format!("{who}{}", &rest[rest.find('\n').unwrap()..]));
    insta::assert_snapshot!(waits.unwrap(), @r"
    policy asks for an approval: 1 person of role sre, by 2026-01-01 12:00:00Z (in 15 min 0 s)
          next heal approvals inc-0123456789abcdef --store /store                     shows the plan
               heal approve inc-0123456789abcdef --plan eeeeeeeeeeee --store /store   agrees to it
               heal resume inc-0123456789abcdef --store /store                        goes on, once it is answered
               No key of /approvers.yaml was at hand when it began: nobody counts as who asked for it.
    ");
}

#[test]
fn the_list_is_short_and_ends_in_what_to_type() {
    let office = waiting("{require_approval: {k: 2, roles: [sre, lead]}}");
    assert_eq!(office.approve("ada").status, Some(0));
    insta::assert_snapshot!(stdout(&office, &["approvals"]), @r"
      incident inc-0123456789abcdef
          what local/pipeline/project in dev
          asks 2 people of role sre or lead
        stands 1 of 2 agreed (ada); waits for 1 person of role sre or lead
         until 2026-01-01 12:00:00Z (15 min 0 s left); then a person is told
          plan eeeeeeeeeeee: edit service.conf at line 2
          look heal approvals inc-0123456789abcdef --store /store
       approve heal approve inc-0123456789abcdef --plan eeeeeeeeeeee --store /store
    ");
    assert_eq!(office.approve("cleo").status, Some(0));
    insta::assert_snapshot!(stdout(&office, &["approvals"]), @r"
      incident inc-0123456789abcdef
          what local/pipeline/project in dev
          asks 2 people of role sre or lead
        stands agreed by ada, cleo
         until 2026-01-01 12:00:00Z (15 min 0 s left); then a person is told
          plan eeeeeeeeeeee: edit service.conf at line 2
          look heal approvals inc-0123456789abcdef --store /store
          next heal resume inc-0123456789abcdef --store /store   applies it and verifies
    ");
}

#[test]
fn all_of_one_plan_is_what_is_agreed_to() {
    let office = waiting("require_approval");
    let (incident, _) = office.waiting();
    insta::assert_snapshot!(stdout(&office, &["approvals", &incident]), @r"
      incident inc-0123456789abcdef
          what local/pipeline/project in dev
          asks 1 person who is enrolled
        stands 0 of 1 agreed; waits for 1 person who is enrolled
         until 2026-01-01 12:00:00Z (15 min 0 s left); then a person is told
       because line 2 of service.conf is wrong

    plan
           why runbook test-edit-line v1 mends wrong_line by edit_file
          step 1. edit_file on local/pipeline/project: edit service.conf at line 2
               expected = workers = 0 (configured in test-edit-line@1)
               line = 2 (configured in test-edit-line@1)
               path = service.conf (configured in test-edit-line@1)
               replacement = workers = 4 (configured in test-edit-line@1)
               changes service.conf, +1 -1 lines; can be taken back
               --- a/service.conf
               +++ b/service.conf
               @@ -1,2 +1,2 @@
                # how many requests are served at once
               -workers = 0
               +workers = 4
        policy allowed with a person's approval
               ask-first/ask on step 1: allowed with a person's approval, because somebody looks first
     rehearsed passed on a copy
          hash eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    answers
      asked by bob, who may refuse it, not agree to it
               none yet

    yours
       approve heal approve inc-0123456789abcdef --plan eeeeeeeeeeee --store /store
            or heal reject inc-0123456789abcdef --plan eeeeeeeeeeee --because TEXT --store /store
               heal edit, heal respond: see their --help
    ");
}

#[test]
fn nothing_waits_and_no_store_are_fine_and_what_waits_for_nobody_is_said() {
    let office = Office::of(&[("ada", "sre")]);
    let none = office.ask("ada", &["approvals"]);
    assert_eq!(none.status, Some(0), "{none}");
    none.assert_says("there is no store");
    assert_eq!(office.ask("ada", &["approvals", "--json"]).json(), serde_json::json!([]));
    assert_eq!(office.run("bob", &["--json"]).status, Some(0));
    let listed = office.ask("ada", &["incidents", "--json"]).json();
    let healed = office.ask("ada", &["approvals", listed[0]["incident"].as_str().unwrap()]);
    assert_eq!(healed.status, Some(2), "{healed}");
    healed.assert_says("waits for no approval: it is closed");
}

#[test]
fn machines_read_the_same() {
    let office = waiting("{require_approval: {k: 2}}");
    assert_eq!(office.approve("ada").status, Some(0));
    let (incident, plan) = office.waiting();
    let one = &office.ask("ada", &["approvals", &incident, "--json"]).json()[0];
    assert_eq!((one["incident"].as_str(), one["plan"].as_str()), (Some(incident.as_str()), Some(plan.as_str())));
    assert_eq!(one["stages"], serde_json::json!([{"k": 2, "roles": []}]));
    assert_eq!(one["standing"]["waits_for"]["have"], 1);
    assert_eq!((&one["answers"][0]["by"], &one["answers"][0]["reply"]), (&"ada".into(), &"accept".into()));
    assert_eq!(one["requester"], "bob");
    assert!(one["left_ms"].as_u64().is_some_and(|left| left > 60_000), "{one}");
    assert!(one["details"]["previews"][0]["changes"][0]["diff"].as_str().unwrap().contains("+workers = 4"), "{one}");
    assert!(one["approve"].as_str().unwrap().starts_with(&format!("heal approve {incident} --plan {}", &plan[..12])));
}

//! `heal policy test`.

use super::TEAM;
use crate::common::World;

const CASES: &str = "schema: selfheal.dev/policy-test/v1
policies: [../team.yaml]
cases:
  - name: rehearsed
    given: {kind: edit_file, environment: dev, target: src/a.py, rehearsed: true}
    expect: {verdict: allow, rules: [team/rehearsed], clearance: clear}
  - name: infra
    given: {steps: [{kind: edit_file, target: infra/a.tf}], environment: dev, rehearsal: verified}
    expect: {verdict: deny, rules: [team/infra]}
  - name: the sale
    given: {kind: retry_stage, at: '2026-11-28T10:00:00+01:00'}
    expect: {clearance: hold}
";

fn world(cases: &str) -> World {
    let world = World::new();
    world.write("policy/team.yaml", TEAM);
    world.write("policy/tests/team.test.yaml", cases);
    world
}

#[test]
fn cases_that_come_out_as_declared_pass() {
    let ended = world(CASES).ask(&["policy", "test", "policy"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(
        String::from_utf8(ended.stdout.clone()).unwrap(),
        "policy/tests/team.test.yaml\n  pass  rehearsed\n  pass  infra\n  pass  the sale\n3 passed, 0 failed\n"
    );
}

#[test]
fn what_was_expected_and_what_was_said_stand_side_by_side() {
    let wrong =
        CASES.replace("verdict: deny, rules: [team/infra]", "verdict: allow, rules: [team/rehearsed, team/gone]");
    let world = world(&wrong.replace("clearance: hold", "clearance: clear"));
    let ended = world.ask(&["policy", "test", "."]);
    assert_eq!(ended.status, Some(1), "{ended}");
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    for told in [
        "FAIL  infra",
        "- verdict: allow\n        + verdict: deny\n",
        "- rules: team/gone",
        "because step 1",
        "- clearance: clear\n        + clearance: hold\n",
        "1 passed, 2 failed",
    ] {
        assert!(text.contains(told), "{told}: {ended}");
    }
    let json = world.ask(&["policy", "test", "--json", "."]).json();
    assert_eq!((json["ok"].as_bool(), json["failed"].as_u64()), (Some(false), Some(2)));
    assert_eq!(json["files"][0]["cases"][1]["differences"][0]["got"], "deny");
}

#[test]
fn a_file_that_cannot_be_run_fails_and_no_case_at_all_is_wrong_usage() {
    let broken = world(&CASES.replace("../team.yaml", "gone.yaml")).ask(&["policy", "test", "."]);
    assert_eq!(broken.status, Some(1), "{broken}");
    let empty = World::new();
    assert_eq!(empty.ask(&["policy", "test", "."]).status, Some(2));
    assert_eq!(empty.ask(&["policy", "test", "gone"]).status, Some(2));
}

#[test]
fn links_are_not_followed() {
    let world = world(CASES);
    std::os::unix::fs::symlink(world.dir(), world.dir().join("policy/loop")).unwrap();
    std::os::unix::fs::symlink("team.test.yaml", world.dir().join("policy/tests/again.test.yaml")).unwrap();
    let json = world.ask(&["policy", "test", "--json", "."]).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 1, "{json}");
}

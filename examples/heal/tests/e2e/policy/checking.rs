//! `heal policy check`.

use super::TEAM;
use crate::common::{Ended, World};

/// The team's guardrails with a freeze that isn't over when the test runs.
fn team() -> String {
    TEAM.replace("2026-11-30T00:00", "2999-11-30T00:00")
}

fn out(ended: &Ended) -> String {
    String::from_utf8(ended.stdout.clone()).unwrap()
}

#[test]
fn each_document_is_told_by_what_it_holds() {
    let world = World::new();
    world.write("team.yaml", team());
    world.write(
        "shop.yaml",
        "apiVersion: rodytech.ai/v1alpha1\nkind: PipelineRecoveryPolicy\nmetadata: {name: shop}\nspec:\n  \
         targetPipeline: shop\n  allowedStrategies: [retry]\n",
    );
    let healing =
        "{\"resource_kind\": \"pipeline\", \"issue_type\": \"oom_killed\", \"auto_heal\": false, \"max_retries\": 1}\n";
    world.write("healing.json", healing.to_owned() + &healing.replace("oom_killed", "flaky_test"));
    let ended = world.ask(&["policy", "check", "team.yaml", "shop.yaml", "healing.json"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(
        out(&ended),
        "team.yaml: ok, 4 rules, 2 examples\nshop.yaml: ok, 1 policy\nhealing.json: ok, 2 policies\n"
    );
}

#[test]
fn an_approvers_document_in_which_nobody_is_enrolled_is_odd() {
    let world = World::new();
    world.write("approvers.yaml", "schema: selfheal.dev/approvers/v1\npeople: []\n");
    let ended = world.ask(&["policy", "check", "approvers.yaml"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    let odd = "approvers.yaml: warning: nobody is enrolled: what needs an approval can't be agreed to";
    assert_eq!(out(&ended), format!("{odd}\napprovers.yaml: ok, 0 people, 1 warning\n"));
}

#[test]
fn every_file_that_is_wrong_is_told_with_its_place() {
    let world = World::new();
    world.write("unknown.yaml", team().replace("because: 'the sale'", "why: 'the sale'"));
    world.write("pattern.yaml", team().replace("targets: ['infra/*']", "when: {text_matches: ['(']}"));
    world.write("example.yaml", team().replace("target: src/a.py, rehearsed: true", "target: src/a.py"));
    world.write("other.yaml", "a: 1\n");
    let ended = world.ask(&["policy", "check", "unknown.yaml", "pattern.yaml", "example.yaml", "other.yaml"]);
    assert_eq!(ended.status, Some(1), "{ended}");
    let text = out(&ended);
    let told: Vec<&str> = text.lines().collect();
    assert_eq!(told.len(), 4, "{ended}");
    for (line, begins, says) in [
        (told[0], "unknown.yaml:17:", "why"),
        (told[1], "pattern.yaml:5:", "regular expression"),
        (told[2], "example.yaml:20:", "example 'the rest heals' expects allow but gets deny"),
        (told[3], "other.yaml: ", "expected a policy document"),
    ] {
        assert!(line.starts_with(begins) && line.contains(says), "{begins}{says}: {line}");
    }
}

#[test]
fn what_is_odd_is_a_warning_and_fails_only_who_asks_for_it() {
    let world = World::new();
    let open = team().replace("    when: {rehearsed: true, reversibility: [undoable, nothing_to_undo]}\n", "");
    world.write("team.yaml", open);
    world.write(
        "people.yaml",
        format!(
            "schema: selfheal.dev/approvers/v1\npeople:\n  - {{name: ada, key: 'ed25519:{}', roles: [sre]}}\n",
            "a5".repeat(32)
        ),
    );
    let ended = world.ask(&["policy", "check", "team.yaml", "people.yaml"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    let text = out(&ended);
    assert!(
        text.contains("team.yaml:6:9: warning: 'production' asks 2 people of role sre, and 1 is enrolled"),
        "{ended}"
    );
    assert!(
        text.contains("team.yaml:11:9: warning: 'rehearsed' allows in production without 'rehearsed: true'"),
        "{ended}"
    );
    assert_eq!(world.ask(&["policy", "check", "--strict", "team.yaml"]).status, Some(1));
}

#[test]
fn files_that_could_not_be_used_together_are_wrong_together() {
    let world = World::new();
    world.write("team.yaml", team());
    world.write("copy.yaml", team());
    assert_eq!(world.ask(&["policy", "check", "copy.yaml"]).status, Some(0));
    let ended = world.ask(&["policy", "check", "team.yaml", "copy.yaml"]);
    assert_eq!(ended.status, Some(1), "{ended}");
    assert!(out(&ended).contains("together with the other files"), "{ended}");
}

#[test]
fn a_file_that_is_not_there_is_wrong_usage_and_the_others_are_told_all_the_same() {
    let world = World::new();
    world.write("team.yaml", team());
    let ended = world.ask(&["policy", "check", "--json", "gone.yaml", "team.yaml"]);
    assert_eq!(ended.status, Some(2), "{ended}");
    let report = ended.json();
    assert_eq!(report["ok"], false);
    assert_eq!(report["files"][0]["kind"], serde_json::Value::Null, "{ended}");
    assert_eq!(report["files"][1]["ok"], true, "{ended}");
    assert_eq!(report["files"][1]["holds"][0], serde_json::json!({"what": "rule", "count": 4}), "{ended}");
    assert_eq!(world.ask(&["policy", "check"]).status, Some(2));
}

#[test]
fn what_is_odd_by_now_or_about_names_is_told_with_its_place() {
    let world = World::new();
    let over = TEAM.replace("Europe/Berlin", "Etc/GMT-2").replace("2026-11-", "2020-11-");
    world.write("over.yaml", over);
    let healing = "{\"resource_kind\": \"turbine\", \"issue_type\": \"*\", \"auto_heal\": true, \"max_retries\": 1}\n";
    world.write("healing.json", healing);
    let ended = world.ask(&["policy", "check", "--strict", "over.yaml", "healing.json"]);
    assert_eq!(ended.status, Some(1), "{ended}");
    let told = out(&ended);
    for says in
        ["'sale' ended on 2020-11-30T00:00", "'Etc/GMT-2' is always UTC+2", "healing.json:1:19: warning: ", "'turbine'"]
    {
        assert!(told.contains(says), "{says}: {told}");
    }
    world.write("slip.json", healing.replace("turbine", "deploymnet"));
    let refused = world.ask(&["policy", "check", "slip.json"]);
    assert_eq!(refused.status, Some(1), "{refused}");
    assert!(out(&refused).contains("slip.json:1:19: expected 'deployment', found 'deploymnet'"), "{refused}");
}

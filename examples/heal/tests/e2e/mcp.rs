//! `heal mcp`, spoken to in the lines that a client writes.

mod client;

use std::process::Stdio;

use client::Client;
use serde_json::{Value, json};

use crate::common::{BROKEN, Ended, MENDED, Office};

/// An office in which ada may answer, and a plan of bob's waits.
fn waiting() -> Office {
    let office = Office::of(&[("ada", "sre"), ("bob", "")]);
    let asked = office.run("bob", &["--policy", &office.policy("require_approval")]);
    assert_eq!(asked.status, Some(21), "{asked}");
    office
}

fn names(tools: &Value) -> Vec<&str> {
    tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn who_only_reads_is_offered_no_answers() {
    let office = waiting();
    let (incident, plan) = office.waiting();
    let mut client = Client::of(office.command_on_store("nobody", &["mcp"]));
    let tools = client.ask("tools/list", json!({}));
    assert_eq!(names(&tools), ["list_incidents", "show_incident", "list_plans"]);
    for tool in tools["tools"].as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
    }
    let refused = client.refused("approve_plan", json!({"id": incident, "plan_hash": plan}));
    assert!(refused.contains("--may-answer"), "{refused}");
    assert_eq!(office.approvals()[0]["answers"], json!([]), "nobody answered");
    client.close();
}

#[test]
fn incidents_and_plans_are_told_as_the_commands_tell_them_and_marked_as_data() {
    let office = waiting();
    let (incident, plan) = office.waiting();
    let mut client = Client::of(office.command_on_store("nobody", &["mcp"]));
    let listed = client.call("list_incidents", json!({"open": true}));
    assert_eq!(listed["structuredContent"]["untrusted"][0]["incident"], incident);
    for reply in [&listed, &client.call("show_incident", json!({"id": incident}))] {
        let [notice, told] = &reply["content"].as_array().unwrap()[..] else { panic!("{reply}") };
        assert!(notice["text"].as_str().unwrap().contains("data"), "{notice}");
        assert_eq!(told["_meta"]["selfheal.dev/untrusted"], true, "{told}");
    }
    let shown = client.call("show_incident", json!({"id": &incident["inc-".len()..12]}));
    let by_command = office.ask("nobody", &["show", &incident]);
    assert_eq!(shown["content"][1]["text"].as_str().unwrap().as_bytes(), by_command.stdout, "{by_command}");
    let plans = client.call("list_plans", json!({}));
    let waits = &plans["structuredContent"]["untrusted"][0];
    assert_eq!((&waits["incident"], &waits["plan"]), (&json!(incident), &json!(plan)));
    assert!(
        waits["details"]["previews"][0]["changes"][0]["diff"].as_str().unwrap().contains("+workers = 4"),
        "{waits}"
    );
    client.close();
}

#[test]
fn who_may_answer_does_so_by_their_enrolled_key_and_the_whole_hash() {
    let office = waiting();
    let (incident, plan) = office.waiting();
    let mut client = Client::of(office.command_on_store("ada", &["mcp", "--may-answer"]));
    let tools = client.ask("tools/list", json!({}));
    let approve = tools["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "approve_plan").unwrap();
    assert_eq!(approve["annotations"]["destructiveHint"], true, "{approve}");
    let other = format!("{}{}", if plan.starts_with('0') { '1' } else { '0' }, &plan[1..]);
    for wrong in [&plan[..12], &other, "latest"] {
        client.refused("approve_plan", json!({"id": incident, "plan_hash": wrong}));
    }
    assert_eq!(office.approvals()[0]["answers"], json!([]));
    let agreed = client.call("approve_plan", json!({"id": incident, "plan_hash": plan}));
    let agreed = &agreed["structuredContent"]["untrusted"];
    assert_eq!((&agreed["by"], &agreed["standing"]["is"]), (&json!("ada"), &json!("agreed")), "{agreed}");
    assert_eq!(office.service.conf(), BROKEN, "an answer applies nothing");
    client.close();
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(0));
    assert_eq!(office.service.conf(), MENDED);
    office.assert_verifies();
}

#[test]
fn a_refusal_stands_in_the_record_with_its_reason() {
    let office = waiting();
    let (incident, plan) = office.waiting();
    let mut client = Client::of(office.command_on_store("ada", &["mcp", "--may-answer"]));
    let reason = json!({"id": incident, "plan_hash": plan, "because": "the sale is on"});
    let refused = client.call("reject_plan", reason);
    assert_eq!(refused["structuredContent"]["untrusted"]["standing"]["is"], "rejected", "{refused}");
    client.close();
    let resumed = office.ask("bob", &["resume", &incident, "--json"]);
    assert!(resumed.json()["reason"].as_str().unwrap().contains("the sale is on"), "{resumed}");
}

#[test]
fn who_is_not_enrolled_can_not_even_start_one_that_answers() {
    let office = Office::new();
    let refused = office.ask("ada", &["mcp", "--may-answer"]);
    assert_eq!(refused.status, Some(1), "{refused}");
    refused.assert_says("heal approver init");
    office.key("ada", "");
    let refused = office.ask("ada", &["mcp", "--may-answer"]);
    refused.assert_says("not enrolled");
    assert!(refused.stdout.is_empty(), "stdout is the protocol's: {refused}");
}

#[test]
fn what_no_client_would_send_is_refused_and_the_next_call_goes_on() {
    let office = waiting();
    let mut client = Client::of(office.command_on_store("nobody", &["mcp"]));
    for (tool, arguments, said) in [
        ("list_incidents", json!({"limit": 0}), "1 to 100"),
        ("list_incidents", json!({"limit": 4_000_000_000_u64}), "1 to 100"),
        ("list_incidents", json!({"store": "/"}), "unknown field"),
        ("show_incident", json!({}), "missing field `id`"),
        ("show_incident", json!({"id": "inc-ffff"}), "no incident"),
        ("show_incident", json!({"id": ["inc"]}), "invalid type"),
        ("list_plans", json!({"id": "../etc"}), "no incident"),
    ] {
        let refused = client.refused(tool, arguments);
        assert!(refused.contains(said), "{tool}: {refused}");
    }
    client.write("this is no JSON");
    client.write(&"x".repeat(3 << 20));
    assert!(client.error("tools/call", json!({"name": "shell", "arguments": {}})).contains("shell"));
    assert_eq!(client.call("list_incidents", json!({}))["isError"], false);
    client.close();
}

#[test]
fn a_store_that_is_not_there_yet_has_no_incidents() {
    let office = Office::new();
    let mut client = Client::of(office.command_on_store("nobody", &["mcp"]));
    assert_eq!(client.call("list_incidents", json!({}))["structuredContent"]["untrusted"], json!([]));
    assert_eq!(client.call("list_plans", json!({}))["structuredContent"]["untrusted"], json!([]));
    assert!(client.refused("show_incident", json!({"id": "inc-1"})).contains("no store"));
    client.close();
}

#[test]
fn started_by_hand_it_says_what_it_is_for() {
    let office = Office::new();
    let mut alone = office.command_on_store("nobody", &["mcp"]);
    alone.stdin(Stdio::null());
    let ended = Ended::of(alone);
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.assert_says("expected an MCP client");
}

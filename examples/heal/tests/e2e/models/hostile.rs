//! Servers that fail in every way, and models that answer anything: the heal ends by rules or with a person, in time, and nothing else
//! happens.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::project::{OFFER, chosen, found, puzzling, reading, sensible};
use super::server::{Asked, ModelServer, Reply, completion};
use crate::common::{BROKEN, Ended, Service};

/// Of one question, in seconds, where an answer never comes.
const DEADLINE: u32 = 2;

/// The same where one does, however busy the machine is.
const AMPLE: u32 = 60;

/// What all questions of an incident may take, one after the other, and the rest of the work on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// An agent answers otherwise; all others are sensible.
fn but(agent: &'static str, reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> ModelServer {
    ModelServer::new(move |asked| if asked.agent == agent { reply(asked) } else { sensible(asked) })
}

fn heal(service: &Service, server: &ModelServer, deadline: u32, more: &str) -> Ended {
    let models = server.document(&service.world, deadline, more);
    let started = Instant::now();
    let ended = service.heal_json(&["--models", &models]);
    assert!(started.elapsed() < PATIENCE, "{:?}: {ended}", started.elapsed());
    ended
}

/// A person is told, the command ran once, and nothing was touched.
fn assert_left_alone(service: &Service, ended: &Ended, case: &str) {
    assert_eq!((ended.status, service.world.starts()), (Some(20), 1), "{case}: {ended}");
    assert_eq!(ended.json()["actions"], json!([]), "{case}");
    assert_eq!(service.conf(), BROKEN, "{case}");
    assert!(service.world.leftovers().is_empty(), "{case}");
}

fn broken_servers() -> Vec<(&'static str, Reply)> {
    let json = "application/json";
    let refusal = json!({ "role": "assistant", "content": null, "refusal": "I can't help with that." });
    let huge = json!({ "role": "assistant", "content": "x".repeat(10 << 20) });
    let cut = completion(&json!({ "role": "assistant", "content": "{}" }));
    vec![
        ("nothing in time", Reply::Silence),
        ("closed", Reply::Closed),
        ("empty body", Reply::Page(200, json, Vec::new())),
        ("empty answer", Reply::Message(json!({ "role": "assistant", "content": "" }))),
        ("refusal", Reply::Message(refusal)),
        ("web page", Reply::Page(200, "text/html", b"<!doctype html><title>Log in</title>".to_vec())),
        ("cut off", Reply::Page(200, json, cut[..cut.len() / 2].to_vec())),
        ("10 MB", Reply::Message(huge)),
        ("endless body", Reply::Endless(json, "          ")),
        (
            "endless stream",
            Reply::Endless(
                "text/event-stream",
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\"}}]}\n\n",
            ),
        ),
        ("invalid schema", Reply::Says(json!({ "category": 7, "conclusive": "yes", "extra": [] }))),
        ("prose", Reply::Message(json!({ "role": "assistant", "content": "Let me think about workers." }))),
        ("429", Reply::Page(429, json, b"{\"error\":{\"message\":\"slow down\"}}".to_vec())),
        ("500", Reply::Page(500, "text/plain", b"Internal Server Error".to_vec())),
        ("wrong key", Reply::Page(401, json, b"{\"error\":{\"message\":\"bad key\"}}".to_vec())),
    ]
}

#[test]
fn whatever_a_server_does_a_person_is_told_in_time() {
    std::thread::scope(|scope| {
        for (case, reply) in broken_servers() {
            scope.spawn(move || {
                let (service, server) = (puzzling(), ModelServer::new(move |_| reply.clone()));
                let ended = heal(&service, &server, DEADLINE, "");
                assert_left_alone(&service, &ended, case);
                assert_eq!(
                    (&ended.json()["category"], &ended.json()["source"]),
                    (&json!("unknown"), &Value::Null),
                    "{case}"
                );
                let advice = ended.json()["escalation"].as_str().unwrap_or_default().to_owned();
                let told = [
                    "A language model could not be asked for the analyst: ",
                    "What a language model answered the analyst",
                ];
                assert!(told.iter().any(|told| advice.contains(told)), "{case}: {advice}");
            });
        }
    });
}

#[test]
fn a_stream_without_end_is_left() {
    let endless = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{ \"}}]}\n\n";
    let (service, server) = (puzzling(), ModelServer::new(move |_| Reply::Endless("text/event-stream", endless)));
    let ended = heal(&service, &server, DEADLINE, ", stream: true");
    assert_left_alone(&service, &ended, "endless");
}

#[test]
fn a_strategist_who_wants_anything_else_gets_nothing() {
    let padded = format!("{OFFER} ");
    let homoglyph = OFFER.replace('e', "е");
    let other: [Value; 6] = [
        chosen("delete_namespace"),
        chosen(&padded),
        chosen(&homoglyph),
        chosen("edit"),
        json!({ "choice": OFFER, "inputs": [{ "name": "path", "field": "/etc/passwd" }], "rationale": "r", "advice": "" }),
        json!({ "choice": OFFER, "inputs": [], "rationale": "r", "advice": "", "parameters": { "path": "/etc/passwd" } }),
    ];
    std::thread::scope(|scope| {
        for answer in other {
            scope.spawn(move || {
                let (service, case) = (puzzling(), answer.to_string());
                let server = but("strategist", move |_| Reply::Says(answer.clone()));
                let ended = heal(&service, &server, AMPLE, "");
                assert_left_alone(&service, &ended, &case);
                assert_eq!(ended.json()["category"], "missing_configuration", "the analyst was heard");
                assert_eq!(
                    server.agents(),
                    ["analyst", "classifier", "strategist", "strategist"],
                    "asked once more: {case}"
                );
            });
        }
    });
}

#[test]
fn an_analyst_who_makes_things_up_is_not_believed() {
    let field = |name: &str, value: &str| {
        let (name, value) = (name.to_owned(), value.to_owned());
        move |asked: &Asked| {
            let mut answer = found(asked);
            let citation = asked.citation("panic:");
            answer["fields"] = json!([{ "name": name, "type": "path", "value": value, "citation": citation }]);
            answer
        }
    };
    let citing = |citation: &'static str| {
        move |asked: &Asked| {
            let mut answer = found(asked);
            answer["citations"] = json!([citation]);
            answer
        }
    };
    type Answer = Box<dyn Fn(&Asked) -> Value + Send + Sync>;
    let answers: [(&str, Answer); 5] = [
        ("a path that stands nowhere", Box::new(field("config_file", "/etc/passwd"))),
        ("a homoglyph of one that does", Box::new(field("config_file", "sеrvice.conf"))),
        ("a command", Box::new(field("config_file", "service.conf;rm -rf /"))),
        ("a line that was not shown", Box::new(citing("e1:999"))),
        ("another piece", Box::new(citing("e7:1"))),
    ];
    std::thread::scope(|scope| {
        for (case, answer) in answers {
            scope.spawn(move || {
                let service = puzzling();
                let server = but("analyst", move |asked| Reply::Says(answer(asked)));
                let ended = heal(&service, &server, AMPLE, "");
                assert_left_alone(&service, &ended, case);
                assert_eq!(ended.json()["category"], "unknown", "{case}: {ended}");
            });
        }
    });
}

#[test]
fn an_edit_outside_of_what_was_looked_up_is_none() {
    for (path, replacement) in [("../outside/starts", "workers = 3"), ("service.conf", "workers = 3\u{202e}")] {
        let service = puzzling();
        let server = but("analyst", move |asked| Reply::Says(reading(asked, path, replacement)));
        let ended = heal(&service, &server, AMPLE, "");
        assert_left_alone(&service, &ended, path);
    }
}

#[test]
fn without_a_classifier_or_an_auditor_it_goes_on() {
    for agent in ["classifier", "auditor"] {
        let service = puzzling();
        let server = but(agent, |_| Reply::Page(500, "text/plain", b"no".to_vec()));
        let ended = heal(&service, &server, AMPLE, "");
        ended.assert_gist(21, "awaiting_approval", "missing_configuration", 2);
        assert_eq!(ended.json()["models"]["in_vain"][0]["agent"], agent, "{ended}");
        assert_eq!(service.conf(), BROKEN);
    }
}

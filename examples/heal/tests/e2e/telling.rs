//! Escalations by webhook: signed, acknowledged, and open as long as nobody received them.
#![cfg(feature = "webhook")]

mod receiver;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::common::{Ended, World};
use receiver::{Receiver, SECRET};

/// A failure that nothing known explains.
const UNKNOWN: [&str; 3] = ["sh", "-c", "echo 'flux capacitor exploded' >&2; exit 3"];

fn secret(world: &World) -> String {
    let file = world.aside("webhook.secret", &format!("{SECRET}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// Heals what can't be healed, and tells these.
fn escalate(world: &World, receivers: &[&Receiver]) -> Ended {
    let secret = secret(world);
    let addresses: Vec<String> = receivers.iter().map(|receiver| receiver.address()).collect();
    let mut options = vec!["--webhook-secret", &secret];
    addresses.iter().for_each(|address| options.extend(["--webhook", address]));
    world.heal_json(&options, &UNKNOWN)
}

fn open(world: &World) -> Vec<Value> {
    let store = world.path("store").display().to_string();
    let listed = world.ask(&["incidents", "--open", "--json", "--store", &store]);
    serde_json::from_slice(&listed.stdout).unwrap_or_else(|error| panic!("{error}: {listed}"))
}

fn resume(world: &World, what: &str) -> Ended {
    let store = world.path("store").display().to_string();
    world.ask(&["resume", what, "--json", "--store", &store])
}

#[test]
fn an_escalation_arrives_once_signed_and_with_what_to_do() {
    let (world, receiver) = (World::new(), Receiver::new());
    let ended = escalate(&world, &[&receiver]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(open(&world).is_empty(), "it was received");
    let told = receiver.told();
    let [message] = &told[..] else { panic!("{told:?}") };
    assert!(message.is_signed, "{message:?}");
    assert!(message.text.contains(ended.json()["incident"].as_str().unwrap()), "{message:?}");
    assert!(message.text.contains("nothing known explains"), "{message:?}");
    resume(&world, "--all");
    assert_eq!(receiver.told().len(), 1, "it was told again");
}

#[test]
fn what_nobody_received_is_open_and_says_until_when_it_waits() {
    let (world, receiver) = (World::new(), Receiver::new());
    receiver.refuse();
    let ended = escalate(&world, &[&receiver]);
    assert_eq!((ended.status, ended.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{ended}");
    ended.assert_says("nobody received");
    let waiting = open(&world);
    let [incident] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!(incident["phase"], "escalate");
    assert!(incident["wake_at"].as_str() > incident["updated_at"].as_str(), "{incident}");
    let store = world.path("store").display().to_string();
    let listed = world.ask(&["incidents", "--open", "--store", &store]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("open: escalate in "), "{listed}");
}

#[test]
fn all_at_once_waits_for_its_time_and_by_name_it_is_told_now() {
    let (world, receiver) = (World::new(), Receiver::new());
    receiver.refuse();
    let ended = escalate(&world, &[&receiver]);
    let (before, asked) = (open(&world), receiver.asked());
    assert_eq!(resume(&world, "--all").status, Some(20));
    assert_eq!((open(&world), receiver.asked()), (before, asked), "its time had not come");
    let id = ended.json()["incident"].as_str().unwrap().to_owned();
    let still = resume(&world, &id);
    assert_eq!(still.status, Some(20), "{still}");
    still.assert_says("nobody received");
    assert!(receiver.asked() > asked && open(&world).len() == 1, "{still}");
    receiver.accept();
    let told = resume(&world, &id);
    assert_eq!((told.status, told.json()["outcome"].as_str()), (Some(20), Some("escalated")), "{told}");
    assert!(open(&world).is_empty(), "{told}");
    assert_eq!(receiver.told().len(), 1);
    let store = world.path("store").display().to_string();
    assert_eq!(world.ask(&["audit", "verify", "--store", &store]).status, Some(0));
}

#[test]
fn where_the_first_does_not_answer_the_second_is_told_at_once() {
    let (world, down, receiver) = (World::new(), Receiver::new(), Receiver::new());
    down.refuse();
    let ended = escalate(&world, &[&down, &receiver]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(open(&world).is_empty());
    assert_eq!((down.told().len(), receiver.told().len()), (0, 1));
}

#[test]
fn who_heals_is_told_nothing_by_it() {
    let (world, receiver) = (World::new(), Receiver::new());
    let (secret, address) = (secret(&world), receiver.address());
    let ended = world.heal_json(&["--webhook-secret", &secret, "--webhook", &address], &["true"]);
    assert_eq!((ended.status, receiver.asked()), (Some(0), 0));
}

#[test]
fn a_receiver_or_a_secret_that_can_not_be_used_is_refused_before_the_command() {
    let world = World::new();
    let (secret, garbage) = (secret(&world), world.aside("garbage", "hunter2\n"));
    let mark = ["sh", "-c", "echo start >>\"$OUTSIDE/starts\""];
    for (address, secret) in [
        ("http://example.org/hook", secret.as_str()),
        ("no address", &secret),
        ("http://127.0.0.1:9/", &garbage),
        ("http://127.0.0.1:9/", "/no/such/file"),
    ] {
        let ended = world.heal(&["--webhook", address, "--webhook-secret", secret], &mark);
        assert_eq!((ended.status, world.starts()), (Some(2), 0), "{address} {secret}: {ended}");
        assert!(!ended.said().contains("hunter2"), "{ended}");
    }
}

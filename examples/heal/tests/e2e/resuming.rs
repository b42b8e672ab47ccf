//! `heal resume`: what a killed healer left is gone on with, by any process, once.

mod elsewhere;
mod twice;

use std::process::Child;

use serde_json::Value;

use crate::common::{ASK_FIRST, BROKEN, Ended, Gate, MENDED, Service, Stopped, World, have, send, skip};

/// The starts of the command: on the copy, and in the directory after the fix was applied.
const REHEARSAL: u32 = 2;
const FINAL: u32 = 3;

/// A service whose healer was killed at start number `at`.
fn killed_at(at: u32) -> Service {
    killed(Service::new(), &[], at)
}

fn killed(service: Service, options: &[&str], at: u32) -> Service {
    let gate = Gate::new(&service.world);
    let mut heal = service.start(options, at);
    kill(&mut heal, gate.reached(), at >= FINAL);
    service
}

/// In its own directory the command lives on, as if it had been started there without the healer; on a copy it does not.
fn kill(heal: &mut Child, stopped: Stopped, in_place: bool) {
    send("KILL", heal.id());
    heal.wait().unwrap();
    if in_place {
        stopped.let_go();
    }
    stopped.wait_until_gone();
}

fn store(service: &Service) -> String {
    service.world.path("store").display().to_string()
}

/// `heal` with this command on the service's store.
fn ask(service: &Service, command: &[&str]) -> Ended {
    service.world.ask(&[command, &["--store", &store(service)]].concat())
}

fn incidents(service: &Service, options: &[&str]) -> Vec<Value> {
    let listed = ask(service, &[&["incidents", "--json"], options].concat());
    serde_json::from_slice(&listed.stdout).unwrap_or_else(|error| panic!("{error}: {listed}"))
}

/// The only open incident.
fn left(service: &Service) -> String {
    let open = incidents(service, &["--open"]);
    let [one] = &open[..] else { panic!("{open:?}") };
    one["incident"].as_str().unwrap().to_owned()
}

/// Nothing is open, the log verifies, and the directory holds `conf`.
fn assert_settled(service: &Service, conf: &str) {
    assert_eq!(incidents(service, &["--open"]), Vec::<Value>::new());
    assert_eq!(service.conf(), conf);
    assert_eq!(service.world.leftovers(), Vec::<std::path::PathBuf>::new());
    let verified = ask(service, &["audit", "verify"]);
    assert_eq!(verified.status, Some(0), "{verified}");
}

#[test]
fn a_rehearsal_is_made_again_and_the_fix_stays() {
    let service = killed_at(REHEARSAL);
    let resumed = ask(&service, &["resume", &left(&service), "--json"]);
    assert_eq!((resumed.status, resumed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{resumed}");
    assert_settled(&service, MENDED);
}

#[test]
fn a_verification_that_was_under_way_counts_as_not_made() {
    let service = killed_at(FINAL);
    assert_eq!(service.conf(), MENDED, "the fix was in place, and nobody knows whether it helped");
    let resumed = ask(&service, &["resume", &left(&service), "--json"]);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    assert_eq!(resumed.json()["actions"][0]["result"], "rolled_back");
    assert_settled(&service, BROKEN);
}

#[test]
fn all_resumes_what_is_open_and_the_beginning_of_an_id_names_one() {
    let service = killed_at(REHEARSAL);
    let id = left(&service);
    let shown = ask(&service, &["resume", &id["inc-".len()..10], "--json"]);
    assert_eq!(shown.json()["incident"], id);
    service.world.write("service.conf", BROKEN);
    let service = killed(restarted(service), &[], REHEARSAL);
    let all = ask(&service, &["resume", "--all", "--json"]);
    assert_eq!((all.status, all.json()["outcome"].as_str()), (Some(0), Some("healed")), "{all}");
    assert_settled(&service, MENDED);
}

/// Counts the starts of the command anew.
fn restarted(service: Service) -> Service {
    for file in ["starts", "alive", "hold"] {
        std::fs::remove_file(service.world.path("outside").join(file)).unwrap();
    }
    service
}

#[test]
fn one_that_is_closed_says_how_it_ended() {
    let service = Service::new();
    assert_eq!(service.heal_json(&[]).status, Some(0));
    let id = incidents(&service, &[])[0]["incident"].as_str().unwrap().to_owned();
    let (starts, records) = (service.world.starts(), incidents(&service, &[]));
    let resumed = ask(&service, &["resume", &id, "--json"]);
    assert_eq!(resumed.status, Some(0), "{resumed}");
    let told = resumed.json();
    assert_eq!((&told["incident"], &told["outcome"]), (&Value::from(id.as_str()), &Value::from("healed")));
    assert!(told["diff"].as_str().unwrap().contains("workers = 4"), "{told}");
    ask(&service, &["resume", &id]).assert_says("is closed (healed)");
    assert_eq!((service.world.starts(), incidents(&service, &[])), (starts, records), "nothing was done");
}

#[test]
fn nothing_open_and_no_store_are_fine_for_all_and_an_unknown_one_is_a_mistake() {
    let service = Service::new();
    for (all, one) in [("there is no store", "there is no store"), ("nothing to resume", "no incident")] {
        let ended = ask(&service, &["resume", "--all"]);
        assert_eq!(ended.status, Some(0), "{ended}");
        ended.assert_says(all);
        let ended = ask(&service, &["resume", "inc-0123"]);
        assert_eq!(ended.status, Some(2), "{ended}");
        ended.assert_says(one);
        service.heal_json(&[]);
    }
}

#[test]
fn what_waits_for_an_approval_still_waits_and_its_history_does_not_grow() {
    let service = Service::new();
    let ask_first = service.world.aside("ask.yaml", ASK_FIRST);
    let asked = service.heal_json(&["--policy", &ask_first]);
    assert_eq!((asked.status, asked.json()["outcome"].as_str()), (Some(21), Some("awaiting_approval")), "{asked}");
    let before = incidents(&service, &["--open"]);
    assert_eq!(before[0]["phase"], "approval");
    assert!(before[0]["wake_at"].as_str() > before[0]["updated_at"].as_str(), "{before:?}");
    let listed = ask(&service, &["incidents", "--open"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("open: approval, "), "{listed}");
    for what in [&["resume", "--all", "--json"][..], &["resume", &left(&service), "--json"]] {
        let resumed = ask(&service, what);
        assert_eq!((resumed.status, resumed.json()["outcome"].as_str()), (Some(21), Some("awaiting_approval")));
    }
    assert_eq!(incidents(&service, &["--open"]), before);
    assert_eq!(service.world.heal(&[], &["true"]).status, Some(0), "another run leaves it alone");
    assert_eq!(incidents(&service, &["--open"]), before);
}

#[test]
fn input_that_was_read_by_the_killed_process_is_not_made_up() {
    let service = Service::new();
    let gate = Gate::new(&service.world);
    let mut heal = service.world.run(&service.options(&[]), &["./start.sh"]);
    heal.env("STOP_AT", REHEARSAL.to_string()).stdin(std::process::Stdio::piped());
    let mut heal = heal.spawn().unwrap();
    std::io::Write::write_all(&mut heal.stdin.take().unwrap(), b"input\n").unwrap();
    kill(&mut heal, gate.reached(), false);
    let starts = service.world.starts();
    let resumed = ask(&service, &["resume", &left(&service), "--json"]);
    assert_eq!((resumed.status, service.world.starts()), (Some(20), starts), "{resumed}");
    assert!(resumed.json()["actions"][0]["reason"].as_str().unwrap().contains("input"), "{resumed}");
    assert_settled(&service, BROKEN);
}

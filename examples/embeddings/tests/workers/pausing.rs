//! A worker that stops right before or after an effect for longer than its lease, and wakes up when another has ended the
//! incident.

use std::time::SystemTime;

use crate::aftermath::Aftermath;
use crate::course::Place;
use crate::process::{Fault, Worker};
use crate::server::Server;
use crate::site::{Entry, Site};
use crate::{LEASE, POLL, SLACK};

/// What the ledger says of the worker that slept, after it woke up.
struct Slept {
    told: String,
    aftermath: Aftermath,
    by_sleeper: Vec<Entry>,
    by_other: Vec<Entry>,
}

/// One incident; the first worker stops when it first passes `place`.
fn asleep_at(server: &Server, place: &str, incurable: u32) -> Slept {
    let site = Site::new(server);
    site.open(1 - incurable, incurable);
    let mut sleeper = Worker::start(&site, Some(Fault::Stop(Place::new(place, 1))));
    assert!(sleeper.stopped(), "{}", site.told());
    let stopped = SystemTime::now();

    assert!(Worker::start(&site, None).left(), "{}", site.told());
    let ended = site.ledger();
    sleeper.wake();
    assert!(sleeper.left(), "{}", site.told());

    let aftermath = Aftermath::of(&site);
    let takeover = aftermath.first_takeover_after(stopped).unwrap();
    println!("asleep at {place}: taken over after {takeover:?}");
    assert!(takeover <= LEASE + POLL + SLACK, "taken over after {takeover:?}");
    let of_sleeper = |entry: &Entry| entry.process == sleeper.id();
    let by_other = ended.into_iter().filter(|entry| !of_sleeper(entry)).collect();
    let by_sleeper = site.ledger().into_iter().filter(of_sleeper).collect();
    Slept { told: site.told(), aftermath, by_sleeper, by_other }
}

fn said(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.what.as_str()).collect()
}

#[test]
fn an_effect_of_a_worker_that_was_overtaken_is_refused() {
    let Some(server) = Server::shared() else { return };
    let slept = asleep_at(&server, "worker.effect_sending", 0);
    assert_eq!(said(&slept.by_other), ["apply sending", "apply done"]);
    assert_eq!(said(&slept.by_sleeper), ["apply sending", "apply refused"]);
    assert!(slept.by_sleeper[0].epoch < slept.by_other[0].epoch);
    assert!(slept.told.contains("another worker took over"), "{}", slept.told);
    assert_eq!(slept.aftermath.healed, 1);
}

#[test]
fn it_is_refused_although_everything_looks_as_it_was_previewed() {
    let Some(server) = Server::shared() else { return };
    // The other one applied the remedy, saw that it doesn't help and took it back: the content is the previewed one again.
    let slept = asleep_at(&server, "worker.effect_sending", 1);
    assert_eq!(said(&slept.by_other), ["apply sending", "apply done", "undo sending", "undo done"]);
    assert_eq!(said(&slept.by_sleeper), ["apply sending", "apply refused"]);
    assert_eq!(slept.aftermath.escalated, 1);
}

#[test]
fn an_effect_that_happened_is_looked_at_and_not_repeated() {
    let Some(server) = Server::shared() else { return };
    let slept = asleep_at(&server, "worker.effect_answered", 0);
    assert_eq!(said(&slept.by_other), [""; 0], "it found the thing as it should be");
    assert_eq!(said(&slept.by_sleeper), ["apply sending", "apply done"]);
    assert!(slept.told.contains("another worker took over"), "{}", slept.told);
    assert_eq!(slept.aftermath.healed, 1);
}

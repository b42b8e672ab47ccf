//! Workers that share what is open, undisturbed and under a storm of kills.

use std::collections::BTreeSet;

use crate::aftermath::Aftermath;
use crate::course::Place;
use crate::process::{Fault, Worker};
use crate::server::Server;
use crate::site::Site;

#[test]
fn two_workers_share_what_is_open() {
    let Some(server) = Server::shared() else { return };
    let site = Site::patient(&server);
    site.open(60, 0);
    // Alerts that come again open nothing new.
    site.open(5, 0);
    let mut workers = [(); 2].map(|()| Worker::start(&site, None));
    workers.iter_mut().for_each(|worker| assert!(worker.left(), "{}", site.told()));

    let ledger = site.ledger();
    let applied: Vec<_> = ledger.iter().filter(|entry| entry.what == "apply done").collect();
    let things: BTreeSet<&str> = applied.iter().map(|entry| entry.thing.as_str()).collect();
    assert_eq!((things.len(), applied.len(), ledger.len()), (60, 60, 120), "each effect once, and none refused");
    let shares = workers.each_ref().map(|worker| applied.iter().filter(|entry| entry.process == worker.id()).count());
    let epoch = applied.iter().map(|entry| entry.epoch).max().unwrap();
    println!("shares: {shares:?}, highest epoch {epoch}");
    assert!(shares.iter().all(|share| *share > 0), "one did everything: {shares:?}");
    assert_eq!(Aftermath::of(&site).healed, 60);
}

#[test]
fn a_worker_that_is_asked_to_leave_keeps_nothing_from_the_others() {
    let Some(server) = Server::shared() else { return };
    let site = Site::patient(&server);
    site.open(40, 0);
    let mut leaving = Worker::stay(&site);
    site.until("the first effect", || !site.ledger().is_empty());
    leaving.ask_to_leave();
    assert!(leaving.left(), "{}", site.told());
    let done = site.ledger().len() / 2;
    assert!((1..40).contains(&done), "{done} of 40");
    // Its leases would last longer than this test may take.
    assert!(Worker::start(&site, None).left(), "{}", site.told());
    assert_eq!(Aftermath::of(&site).healed, 40);
}

#[test]
fn whatever_is_killed_while_several_are_at_work_nothing_is_done_twice() {
    let Some(server) = Server::shared() else { return };
    let site = Site::new(&server);
    site.open(20, 4);
    // Each worker dies somewhere else; the last ones live.
    let places = [
        ("journal.appended", 9),
        ("postgres.batch_committed", 4),
        ("worker.thing_changed", 3),
        ("worker.effect_sending", 2),
        ("journal.appending", 17),
        ("worker.effect_answered", 1),
    ];
    let mut faults = places.into_iter().map(|(name, times)| Fault::Kill(Place::new(name, times)));
    let mut workers: Vec<Worker<'_>> = faults.by_ref().take(3).map(|fault| Worker::start(&site, Some(fault))).collect();
    let mut killed = 0;
    while let Some(mut worker) = workers.pop() {
        if !worker.left() {
            killed += 1;
            workers.insert(0, Worker::start(&site, faults.next()));
        }
    }
    let aftermath = Aftermath::of(&site);
    println!("{killed} kills: {} healed, {} escalated", aftermath.healed, aftermath.escalated);
    assert!(killed >= 4, "only {killed} workers were killed");
    assert_eq!((aftermath.healed, aftermath.escalated), (20, 4));
}

//! Workers that share what is open, undisturbed and under a storm of kills.

use std::collections::BTreeSet;

use crate::aftermath::Aftermath;
use crate::process::{Fault, Worker};
use crate::server::Server;
use crate::site::Site;

#[test]
fn two_workers_share_what_is_open() {
    let Some(server) = Server::shared() else { return };
    let site = Site::new(&server);
    site.open(60, false);
    let mut workers = [(); 2].map(|()| Worker::start(&site, None));
    workers.iter_mut().for_each(|worker| assert!(worker.left(), "{}", site.told()));

    let ledger = site.ledger();
    let applied: Vec<_> = ledger.iter().filter(|entry| entry.what == "apply done").collect();
    let things: BTreeSet<&str> = applied.iter().map(|entry| entry.thing.as_str()).collect();
    assert_eq!((things.len(), applied.len(), ledger.len()), (60, 60, 120), "each effect once, and none refused");
    let shares = workers.each_ref().map(|worker| applied.iter().filter(|entry| entry.process == worker.id()).count());
    println!("shares: {shares:?}");
    assert!(shares.iter().all(|share| *share > 0), "one did everything: {shares:?}");
    assert_eq!(Aftermath::of(&site).healed, 60);
}

#[test]
fn whatever_is_killed_while_several_are_at_work_nothing_is_done_twice() {
    let Some(server) = Server::shared() else { return };
    let site = Site::new(&server);
    site.open(20, false);
    site.open(4, true);
    // Each worker dies a little later in its course than the one before; the last two live.
    let mut faults = [9, 31, 58, 17, 83, 44].map(|number| Some(Fault::Kill(number))).into_iter().chain([None, None]);
    let mut workers: Vec<Worker<'_>> = faults.by_ref().take(3).map(|fault| Worker::start(&site, fault)).collect();
    let mut killed = 0;
    while let Some(mut worker) = workers.pop() {
        if !worker.left() {
            killed += 1;
            workers.insert(0, Worker::start(&site, faults.next().flatten()));
        }
    }
    let aftermath = Aftermath::of(&site);
    println!("{killed} kills: {} healed, {} escalated", aftermath.healed, aftermath.escalated);
    assert!(killed >= 4, "only {killed} workers were killed");
    assert_eq!(aftermath.healed + aftermath.escalated, 24);
}

//! A worker is killed, or stops for longer than its lease, at each fail point in turn; another takes over.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::aftermath::Aftermath;
use crate::course::{Place, tried, undisturbed};
use crate::process::{Fault, Worker};
use crate::server::Server;
use crate::site::Site;
use crate::{LEASE, POLL, SLACK};

/// Cells tried at once: each mostly waits for a lease to expire.
const AT_ONCE: usize = 6;

/// What became of a cell.
struct Cell {
    /// Whether the first worker met its fault.
    met: bool,
    takeover: Option<Duration>,
}

#[test]
fn workers_are_killed_at_every_place() {
    matrix("killed", killed);
}

#[test]
fn workers_are_paused_at_every_place() {
    matrix("paused", paused);
}

fn matrix(what: &str, cell: fn(&Server, &[Place], usize) -> Cell) {
    let Some(server) = Server::shared() else { return };
    let begun = Instant::now();
    let course = undisturbed(&Site::with_one_of_each(&server));
    let places = tried(&course);
    let (next, cells) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < places.len()
                {
                    let done = cell(&server, &places, number);
                    cells.lock().unwrap().push(done);
                }
            });
        }
    });
    let cells = cells.into_inner().unwrap();
    let met = cells.iter().filter(|cell| cell.met).count();
    let longest = cells.iter().filter_map(|cell| cell.takeover).max().unwrap_or_default();
    println!(
        "{met} of {} places of {} {what}, longest takeover {longest:?}, in {:?}",
        cells.len(),
        course.len(),
        begun.elapsed()
    );
    // Appends of several incidents are committed together or apart: some places are not reached every time.
    assert!(met * 4 >= places.len() * 3, "only {met} of {} places were reached", places.len());
    assert!(longest <= LEASE + POLL + SLACK, "taken over after {longest:?}");
}

/// The first worker dies there, the second dies too, somewhere in what is left; both are started again.
fn killed(server: &Server, places: &[Place], number: usize) -> Cell {
    let site = Site::with_one_of_each(server);
    let met = !Worker::start(&site, Some(Fault::Kill(places[number].clone()))).left();
    let died = SystemTime::now();
    let second = places[number * 7 % places.len()].clone();
    let mut workers = [Some(Fault::Kill(second)), None].map(|fault| Worker::start(&site, fault));
    if !workers[0].left() {
        workers[0] = Worker::start(&site, None);
    }
    workers.iter_mut().for_each(|worker| assert!(worker.left(), "{}", site.told()));
    let aftermath = Aftermath::of(&site);
    assert_eq!((aftermath.healed, aftermath.escalated), (1, 1), "{}", site.told());
    Cell { met, takeover: aftermath.first_takeover_after(died).filter(|_| met) }
}

/// The first worker stops there; a second ends what it left, and then the first wakes up.
fn paused(server: &Server, places: &[Place], number: usize) -> Cell {
    let site = Site::with_one_of_each(server);
    let mut first = Worker::start(&site, Some(Fault::Stop(places[number].clone())));
    let met = first.stopped();
    let stopped = SystemTime::now();
    assert!(Worker::start(&site, None).left(), "{}", site.told());
    if met {
        first.wake();
    }
    assert!(first.left(), "{}", site.told());
    let aftermath = Aftermath::of(&site);
    assert_eq!((aftermath.healed, aftermath.escalated), (1, 1), "{}", site.told());
    Cell { met, takeover: aftermath.last_takeover_after(stopped).filter(|_| met) }
}

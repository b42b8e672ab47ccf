//! The places that an undisturbed worker passes, and which of them are tried.

use std::collections::BTreeMap;
use std::fmt;

use crate::process::Worker;
use crate::site::Site;

/// A fail point, passed for the Nth time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) times: usize,
}

impl Place {
    pub(crate) fn new(name: &str, times: usize) -> Self {
        Self { name: name.to_owned(), times }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.times)
    }
}

/// The course of a worker that is alone with what is open.
pub(crate) fn undisturbed(site: &Site) -> Vec<Place> {
    let mut worker = Worker::start(site, None);
    assert!(worker.left(), "{}", site.told());
    let own = site.trace().into_iter().filter(|(process, _)| *process == worker.id());
    let course: Vec<Place> = own.map(|(_, place)| place).collect();
    let needed = ["worker.effect_sending", "worker.thing_changed", "orchestrator.visited", "postgres.batch_committed"];
    for name in needed {
        assert!(course.iter().any(|place| place.name == name), "{name} was not passed");
    }
    course
}

/// The places that are tried: each fail point at first and at last, or always with `SELFHEAL_KILL_MATRIX=full`.
pub(crate) fn tried(course: &[Place]) -> Vec<Place> {
    if std::env::var("SELFHEAL_KILL_MATRIX").is_ok_and(|wanted| wanted == "full") {
        return course.to_vec();
    }
    let last: BTreeMap<&str, usize> = course.iter().map(|place| (place.name.as_str(), place.times)).collect();
    let is_tried = |place: &&Place| place.times == 1 || last[place.name.as_str()] == place.times;
    course.iter().filter(is_tried).cloned().collect()
}

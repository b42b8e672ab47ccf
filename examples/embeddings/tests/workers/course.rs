//! The fail points that an undisturbed worker passes, and which of them are tried.

use std::collections::BTreeMap;

use crate::process::Worker;
use crate::site::{Passed, Site};

/// Places tried by default, beside the first and the last of each name.
const SAMPLE: usize = 6;

/// The course of a worker that is alone with what is open.
pub(crate) fn undisturbed(site: &Site) -> Vec<Passed> {
    let mut worker = Worker::start(site, None);
    assert!(worker.left(), "{}", site.told());
    let course: Vec<Passed> = site.trace().into_iter().filter(|passed| passed.process == worker.id()).collect();
    let needed = ["worker.effect_sending", "worker.thing_replaced", "orchestrator.visited", "postgres.batch_committed"];
    for name in needed {
        assert!(course.iter().any(|passed| passed.name == name), "{name} was not passed");
    }
    course
}

/// The numbers of the places that are tried: all of them with `SELFHEAL_KILL_MATRIX=full`.
pub(crate) fn tried(course: &[Passed]) -> Vec<usize> {
    if std::env::var("SELFHEAL_KILL_MATRIX").is_ok_and(|wanted| wanted == "full") {
        return course.iter().map(|passed| passed.number).collect();
    }
    let (mut first, mut last) = (BTreeMap::new(), BTreeMap::new());
    for passed in course {
        first.entry(passed.name.as_str()).or_insert(passed.number);
        last.insert(passed.name.as_str(), passed.number);
    }
    let between = course.iter().step_by(course.len().div_ceil(SAMPLE).max(1)).map(|passed| passed.number);
    let mut tried: Vec<usize> = first.into_values().chain(last.into_values()).chain(between).collect();
    tried.sort_unstable();
    tried.dedup();
    tried
}

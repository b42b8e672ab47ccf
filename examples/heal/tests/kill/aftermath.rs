//! What there is to see after processes were killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::World;
use crate::record::{Told, incidents};

/// The files of a project: mode and content, by path.
pub(crate) type Snapshot = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// What there is to see between two processes, or after the last one.
#[derive(Debug, Clone)]
pub(crate) struct Aftermath {
    /// How many processes were `heal run`: each starts the command once on its own account.
    pub(crate) runs: usize,
    /// How often the command was started in the project's directory.
    pub(crate) starts: usize,
    /// The fail points that all processes passed, one process after the other.
    pub(crate) trace: Vec<String>,
    pub(crate) incidents: Vec<Told>,
    pub(crate) project: Snapshot,
    /// Private files and copies of the healer that are there.
    pub(crate) left: Vec<PathBuf>,
}

impl Aftermath {
    /// # Errors
    /// If the store can't be read.
    pub(crate) fn of(world: &World, runs: usize, trace: &[String]) -> Result<Self, String> {
        Ok(Self {
            runs,
            starts: starts_in(world),
            trace: trace.to_vec(),
            incidents: incidents(&world.path("store"))?,
            project: snapshot(world),
            left: left(world),
        })
    }
}

/// The project's files, by their paths in it.
pub(crate) fn snapshot(world: &World) -> Snapshot {
    let inside = |path: PathBuf| path.strip_prefix(world.dir()).unwrap().to_owned();
    world.snapshot().into_iter().map(|(path, state)| (inside(path), state)).collect()
}

fn starts_in(world: &World) -> usize {
    let noted = fs::read_to_string(world.path("outside/starts")).unwrap_or_default();
    noted.lines().filter(|place| Path::new(place) == world.dir()).count()
}

/// Files of the directory's private state, its lock aside, and copies.
fn left(world: &World) -> Vec<PathBuf> {
    let mut left = world.leftovers().into_iter().flat_map(|copy| files_below(&copy)).collect::<Vec<_>>();
    let kept = files_below(&world.path("state"));
    left.extend(kept.into_iter().filter(|path| path.file_name().is_some_and(|name| name != "lock")));
    left
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files_below(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

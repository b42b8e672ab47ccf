//! A store that can't be used: said before the command runs, with what to do, and nothing of it is overwritten.

mod damaged;
mod full;
mod keys;
mod read_only;
mod without_memory;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common::{Ended, Service};

/// A command that leaves a mark when it runs, and fails.
const MARK: [&str; 3] = ["sh", "-c", "echo start >>\"$OUTSIDE/marks\"; exit 3"];

/// A store with one healed incident.
struct Kept {
    service: Service,
}

impl Kept {
    fn new() -> Self {
        let service = Service::new();
        assert_eq!(service.heal_json(&[]).status, Some(0));
        Self { service }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.service.world.path("store").join(file)
    }

    fn ask(&self, command: &[&str]) -> Ended {
        let store = self.path("").display().to_string();
        self.service.world.ask(&[command, &["--store", &store]].concat())
    }

    /// Whether the command ran since.
    fn ran(&self) -> bool {
        self.service.world.path("outside/marks").exists()
    }

    /// Every file of the store, without what SQLite keeps beside a database while it is read.
    fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().path());
        let own = |path: &PathBuf| path.is_file() && !path.to_string_lossy().ends_with("-shm");
        let filled = |(_, content): &(PathBuf, Vec<u8>)| !content.is_empty();
        files.filter(own).map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).filter(filled).collect()
    }

    /// Asserts that `heal run` and `heal resume` refuse it with each of `expected`, and leave it as it is.
    fn assert_refused(&self, expected: &[&str]) {
        let before = self.content();
        let ended = self.service.world.heal(&[], &MARK);
        assert_eq!((ended.status, self.ran()), (Some(2), false), "{ended}");
        expected.iter().for_each(|text| ended.assert_says(text));
        let resumed = self.ask(&["resume", "--all"]);
        assert_eq!(resumed.status, Some(2), "{resumed}");
        expected.iter().for_each(|text| resumed.assert_says(text));
        assert_eq!(self.content(), before, "something was overwritten: {ended}");
    }

    /// Asserts that the commands that only read still do.
    fn assert_readable(&self) {
        for command in [&["incidents"][..], &["report"], &["audit", "show"], &["audit", "export"]] {
            let ended = self.ask(command);
            assert_eq!(ended.status, Some(0), "{command:?}: {ended}");
            assert!(!ended.stdout.is_empty(), "{command:?}: {ended}");
        }
    }

    /// Asserts that they refuse with `expected`, too.
    fn assert_unreadable(&self, expected: &str) {
        let before = self.content();
        for command in [&["incidents"][..], &["report"], &["audit", "show"], &["audit", "export"]] {
            let ended = self.ask(command);
            assert_eq!(ended.status, Some(2), "{command:?}: {ended}");
            ended.assert_says(expected);
        }
        let verified = self.ask(&["audit", "verify"]);
        assert_eq!(verified.status, Some(1), "{verified}");
        verified.assert_says(expected);
        assert_eq!(self.content(), before);
    }
}

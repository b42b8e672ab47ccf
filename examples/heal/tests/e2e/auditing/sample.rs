//! A store in which every table of the journal and of its audit log has rows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use selfheal_core::journal::{Retention, retain};
use selfheal_memory::{Store, StoreOptions};

use crate::common::{ASK_FIRST, BROKEN, Ended, Service, World};

/// A healed incident, one that was escalated, one that was compacted, one that waits for an approval, and an erasure.
pub(super) struct Sample {
    pub(super) world: World,
}

impl Sample {
    pub(super) fn new() -> Self {
        let service = Service::new();
        let escalated = service.world.heal(&[], &["sh", "-c", "echo 'flux capacitor exploded' >&2; exit 3"]);
        assert_eq!(escalated.status, Some(20), "{escalated}");
        assert_eq!(service.heal_json(&[]).status, Some(0));
        service.world.write("service.conf", BROKEN);
        let ask = service.world.aside("ask.yaml", ASK_FIRST);
        assert_eq!(service.heal_json(&["--policy", &ask]).status, Some(21));
        let sample = Self { world: service.world };
        sample.compact(1);
        let erased = sample.audit("erase", &sample.store(), &["1", "detail", "--by", "sam", "--because", "asked to"]);
        assert_eq!(erased.status, Some(0), "{erased}");
        sample
    }

    /// Compacts all closed incidents but so many.
    pub(super) fn compact(&self, kept: usize) {
        self.tidy(Retention { closed_with_records: kept, closed_in_all: usize::MAX });
    }

    pub(super) fn tidy(&self, retention: Retention) {
        let key = self.path("home/.config/selfheal/audit.key");
        let store = Store::open(Path::new(&self.store()), &StoreOptions::new(key)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(retain(store.journal().as_ref(), &retention)).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.world.path(name).display().to_string()
    }

    pub(super) fn store(&self) -> String {
        self.path("store")
    }

    /// A copy of the store.
    pub(super) fn copy(&self, name: &str) -> String {
        let to = self.path(name);
        let _ = fs::remove_dir_all(&to);
        fs::create_dir(&to).unwrap();
        for file in ["journal.db", "memory.db", "audit.pub", "checkpoints"] {
            fs::copy(format!("{}/{file}", self.store()), format!("{to}/{file}")).unwrap();
        }
        to
    }

    pub(super) fn audit(&self, what: &str, store: &str, more: &[&str]) -> Ended {
        self.world.ask(&[&["audit", what, "--store", store], more].concat())
    }

    pub(super) fn verify(&self, store: &str, more: &[&str]) -> Ended {
        self.audit("verify", store, more)
    }

    /// The id of the incident that stands like this.
    pub(super) fn incident(&self, state: &str) -> String {
        let listed = self.world.ask(&["incidents", "--json", "--store", &self.store()]);
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        let found = listed.as_array().unwrap().iter().find(|one| one["state"] == state).expect("one");
        found["incident"].as_str().unwrap().to_owned()
    }
}

/// Asserts that a changed store is told as such: with what is wrong, and without a panic.
pub(super) fn assert_told(verified: &Ended, what: &str) {
    assert_eq!(verified.status, Some(1), "{what}: {verified}");
    let said = verified.said();
    let reasons = said.lines().filter(|line| line.starts_with("  ")).count();
    assert!(reasons > 0 && !said.contains("panicked"), "{what}: {verified}");
}

/// The files of a store, without what SQLite keeps beside a database while it is read.
pub(super) fn content(store: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    let own =
        |path: &PathBuf| path.is_file() && !["-wal", "-shm"].iter().any(|end| path.to_string_lossy().ends_with(end));
    entries.filter(own).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

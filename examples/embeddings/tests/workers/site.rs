//! A store and a directory that no other test uses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use selfheal_memory::postgres::PostgresOptions;

use crate::course::Place;
use crate::server::Server;
use crate::{DEADLINE, LEASE, process};

/// What workers share.
pub(crate) struct Site {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) schema: String,
    lease: Duration,
    witnesses: AtomicU32,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) process: u32,
    pub(crate) epoch: u64,
    pub(crate) thing: String,
    /// `apply sending`, `apply done`, `undo refused`, …
    pub(crate) what: String,
}

impl Site {
    pub(crate) fn new(server: &Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("site_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self {
            directory: tempfile::tempdir().unwrap(),
            url: server.url(),
            schema,
            lease: LEASE,
            witnesses: AtomicU32::new(0),
        }
    }

    /// The same with leases that don't expire while the test runs.
    pub(crate) fn patient(server: &Server) -> Self {
        Self { lease: DEADLINE, ..Self::new(server) }
    }

    /// One with an incident whose remedy helps and one whose remedy does not.
    pub(crate) fn with_one_of_each(server: &Server) -> Self {
        let site = Self::new(server);
        site.open(1, 1);
        site
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let directory = self.directory.path().to_str().unwrap();
        let lease = self.lease.as_millis().to_string();
        [self.url.as_str(), directory, "--schema", &self.schema, "--lease-ms", &lease].map(str::to_owned).into()
    }

    /// Breaks things and opens their incidents.
    pub(crate) fn open(&self, count: u32, incurable: u32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.arg("open").args(self.arguments()).arg(count.to_string());
        let output = command.arg("--incurable").arg(incurable.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions { schema: self.schema.clone(), ..PostgresOptions::default() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The file of a worker that is about to start.
    pub(crate) fn next_witness(&self) -> PathBuf {
        self.path(&format!("checkpoints-{}", self.witnesses.fetch_add(1, Ordering::Relaxed)))
    }

    /// The files of all workers that saw a checkpoint.
    pub(crate) fn witnesses(&self) -> Vec<PathBuf> {
        let own = (0..self.witnesses.load(Ordering::Relaxed)).map(|number| format!("checkpoints-{number}"));
        let all = own.chain(["checkpoints".to_owned()]).map(|name| self.path(&name));
        all.filter(|path| path.exists()).collect()
    }

    pub(crate) fn trace_file(&self) -> PathBuf {
        self.path("trace")
    }

    pub(crate) fn said_file(&self) -> PathBuf {
        self.path("said")
    }

    /// The ledger as it is now.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        let text = fs::read_to_string(self.path("ledger")).unwrap_or_default();
        let entry = |line: &str| {
            let [process, epoch, thing, effect, became] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("not a line of a ledger: {line}");
            };
            let (process, epoch) = (process.parse().unwrap(), epoch.parse().unwrap());
            Entry { process, epoch, thing: thing.to_owned(), what: format!("{effect} {became}") }
        };
        text.lines().map(entry).collect()
    }

    /// The places that processes passed, in order.
    pub(crate) fn trace(&self) -> Vec<(u32, Place)> {
        let text = fs::read_to_string(self.trace_file()).unwrap_or_default();
        let passed = |line: &str| {
            let (process, place) = line.split_once(' ')?;
            let (name, times) = place.split(' ').next()?.rsplit_once(':')?;
            Some((process.parse().ok()?, Place::new(name, times.parse().ok()?)))
        };
        text.lines().map(|line| passed(line).unwrap()).collect()
    }

    /// What the workers said and did, for a test that failed.
    pub(crate) fn told(&self) -> String {
        let file = |path| fs::read_to_string(path).unwrap_or_default();
        let (said, ledger) = (file(self.said_file()), file(self.path("ledger")));
        let faults: Vec<String> =
            file(self.trace_file()).lines().filter(|line| line.split(' ').count() > 2).map(str::to_owned).collect();
        format!("faults: {}\nsaid:\n{said}\nledger:\n{ledger}", faults.join("; "))
    }

    /// Waits until it holds.
    pub(crate) fn until(&self, what: &str, holds: impl FnMut() -> bool) {
        process::poll(what, holds, || self.told());
    }
}

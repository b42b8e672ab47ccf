//! The target: things with a mode. Each version of a thing is a file of its own, whole or not there at all, and only one
//! can be the next.
//!
//! It keeps two fences. The *content hash* refuses to change something else than was previewed. The *fencing token*
//! ([`Work::epoch`](selfheal_core::ports::Work::epoch)) refuses a worker that was overtaken: a paused worker may wake up in
//! the middle of an effect, after another has done it and taken it back, and then the content is what was previewed.
//!
//! The token belongs to the incident. Here a thing has one incident; a target that several may change keeps the highest
//! token of each.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The mode in which things should be.
pub(crate) const NORMAL: &str = "normal";

/// The mode in which they are found.
pub(crate) const DEGRADED: &str = "degraded";

/// How often a change is tried while others are quicker.
const TRIES: usize = 16;

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing {
    /// Its content.
    pub(crate) mode: String,
    /// What it was before it was last set: kept with it, because another worker may have to take that back.
    pub(crate) former: Option<String>,
    /// The highest token that came by.
    pub(crate) epoch: u64,
    /// It works in no mode.
    pub(crate) incurable: bool,
}

impl Thing {
    /// One that nobody has looked after yet.
    pub(crate) fn found(incurable: bool) -> Self {
        Self { mode: DEGRADED.to_owned(), former: None, epoch: 0, incurable }
    }

    /// Whether it works.
    pub(crate) fn works(&self) -> bool {
        self.mode == NORMAL && !self.incurable
    }

    /// Puts it into another mode.
    pub(crate) fn set(&mut self, mode: &str) {
        self.former = Some(std::mem::replace(&mut self.mode, mode.to_owned()));
    }
}

/// SHA-256 of a content, in hex: what a fence compares.
pub(crate) fn hash(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All of them: a directory each, in it `1.json`, `2.json`, …; the last one counts.
#[derive(Debug, Clone)]
pub(crate) struct Things {
    directory: PathBuf,
}

impl Things {
    pub(crate) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Adds one; one that is there already stays as it is.
    pub(crate) fn add(&self, name: &str, thing: &Thing) -> Result<()> {
        let added = fs::create_dir_all(self.directory.join(name)).and_then(|()| self.append(name, 1, thing));
        added.map(drop).map_err(|error| unavailable("things.add", &error))
    }

    pub(crate) fn read(&self, name: &str) -> Result<Thing> {
        self.latest(name).map(|(_, thing)| thing)
    }

    /// Shuts every worker with a smaller token out from now on, and lets `change` look at the thing and change it.
    ///
    /// Nobody comes between its look and the write, and nobody waits for anybody: whoever stops in the middle finds, when he
    /// goes on, that others were quicker, and looks again.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a worker with a greater token was here: nothing is changed.
    /// [`Retry::UnknownOutcome`] if the write failed.
    pub(crate) fn fenced<T>(&self, name: &str, epoch: u64, change: impl Fn(&mut Thing) -> T) -> Result<T> {
        let unknown = |error: io::Error| unavailable("things.change", &error).with_retry(Retry::UnknownOutcome);
        for _ in 0..TRIES {
            let (version, before) = self.latest(name)?;
            if epoch < before.epoch {
                let message = format!("overtaken: a worker with token {} was here, this one has {epoch}", before.epoch);
                return Err(Error::new(ErrorKind::Conflict, "things.change", message).with_context("thing", name));
            }
            let mut after = Thing { epoch, ..before.clone() };
            let said = change(&mut after);
            if after == before || self.append(name, version + 1, &after).map_err(unknown)? {
                return Ok(said);
            }
        }
        let busy = Error::new(ErrorKind::Unavailable, "things.change", "others were quicker, again and again");
        Err(busy.with_retry(Retry::Retryable).with_context("thing", name))
    }

    fn latest(&self, name: &str) -> Result<(u64, Thing)> {
        let directory = self.directory.join(name);
        let failed = |error: io::Error| unavailable("things.read", &error).with_context("thing", name);
        let entries = fs::read_dir(&directory).map_err(failed)?.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        let version = |file: &fs::DirEntry| file.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
        let latest: Option<u64> = entries.iter().filter_map(version).max();
        let missing = || Error::new(ErrorKind::NotFound, "things.read", "no such thing").with_context("thing", name);
        let latest = latest.ok_or_else(missing)?;
        let text = fs::read(directory.join(format!("{latest}.json"))).map_err(failed)?;
        let invalid = |error: serde_json::Error| Error::new(ErrorKind::Invalid, "things.read", error.to_string());
        let thing = serde_json::from_slice(&text).map_err(|error| invalid(error).with_context("thing", name))?;
        Ok((latest, thing))
    }

    /// Makes `thing` the version `version`, durably; `false` if there is one already.
    fn append(&self, name: &str, version: u64, thing: &Thing) -> io::Result<bool> {
        let directory = self.directory.join(name);
        let mut file = tempfile::NamedTempFile::new_in(&directory)?;
        serde_json::to_writer(&mut file, thing)?;
        file.flush()?;
        file.as_file().sync_all()?;
        failpoint::hit("worker.thing_drawn_up");
        match file.persist_noclobber(directory.join(format!("{version}.json"))) {
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            persisted => drop(persisted?),
        }
        File::open(&directory)?.sync_all()?;
        failpoint::hit("worker.thing_changed");
        Ok(true)
    }
}

fn unavailable(operation: &'static str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, operation, error.to_string()).with_retry(Retry::Retryable)
}

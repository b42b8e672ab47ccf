//! The target: things with a mode, one JSON file each, changed whole or not at all.
//!
//! It keeps two fences. The *content hash* refuses to change something else than was previewed. The *fencing token*
//! ([`Work::epoch`](selfheal_core::ports::Work::epoch)) refuses a worker that was overtaken: a paused worker may wake up in the middle
//! of an effect, after another has done it and taken it back, and then the content is what was previewed.
//!
//! The token belongs to the incident. Here a thing has one incident; a target that several may change keeps the highest token of each.

use std::fs::File;
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

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing {
    /// Its content.
    pub(crate) mode: String,
    /// What it was before the last write: kept with it, because another worker may have to take that back.
    pub(crate) former: Option<String>,
    /// The highest token that came by.
    pub(crate) epoch: u64,
    /// How often the mode was written. For whoever wants to know whether anything was done twice; it fences nothing.
    pub(crate) writes: u32,
    /// It works in no mode.
    pub(crate) incurable: bool,
}

impl Thing {
    /// One that nobody has looked after yet.
    pub(crate) fn found(incurable: bool) -> Self {
        Self { mode: DEGRADED.to_owned(), former: None, epoch: 0, writes: 0, incurable }
    }

    /// Whether it works.
    pub(crate) fn works(&self) -> bool {
        self.mode == NORMAL && !self.incurable
    }

    /// Puts it into another mode.
    pub(crate) fn set(&mut self, mode: &str) {
        self.former = Some(std::mem::replace(&mut self.mode, mode.to_owned()));
        self.writes += 1;
    }
}

/// SHA-256 of a content, in hex: what a fence compares.
pub(crate) fn hash(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All of them, in one directory.
#[derive(Debug, Clone)]
pub(crate) struct Things {
    directory: PathBuf,
}

impl Things {
    pub(crate) fn at(directory: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&directory).map_err(|error| unavailable("things.open", &error))?;
        Ok(Self { directory })
    }

    /// Adds one, or replaces it.
    pub(crate) fn put(&self, name: &str, thing: &Thing) -> Result<()> {
        self.replace(name, thing).map_err(|error| unavailable("things.put", &error))
    }

    pub(crate) fn read(&self, name: &str) -> Result<Thing> {
        let text = std::fs::read(self.path(name)).map_err(|error| unavailable("things.read", &error))?;
        let invalid = |error: serde_json::Error| Error::new(ErrorKind::Invalid, "things.read", error.to_string());
        serde_json::from_slice(&text).map_err(|error| invalid(error).with_context("thing", name))
    }

    /// Shuts every worker with a smaller token out from now on, and lets `change` look at the thing and change it. Nobody comes
    /// between its look and the write.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a worker with a greater token was here: nothing is changed.
    /// [`Retry::UnknownOutcome`] if the write failed.
    pub(crate) fn fenced<T>(&self, name: &str, epoch: u64, change: impl FnOnce(&mut Thing) -> T) -> Result<T> {
        let _lock = self.lock(name).map_err(|error| unavailable("things.lock", &error))?;
        let before = self.read(name)?;
        if epoch < before.epoch {
            let message = format!("overtaken: a worker with token {} was here, this one has {epoch}", before.epoch);
            return Err(Error::new(ErrorKind::Conflict, "things.change", message).with_context("thing", name));
        }
        let mut after = Thing { epoch, ..before.clone() };
        let said = change(&mut after);
        if after != before {
            let unknown = |error: io::Error| unavailable("things.change", &error).with_retry(Retry::UnknownOutcome);
            self.replace(name, &after).map_err(unknown)?;
        }
        Ok(said)
    }

    /// Held until the file is closed, by the system if the process dies.
    fn lock(&self, name: &str) -> io::Result<File> {
        // Beside the thing: its own file is another one after every change.
        let lock = File::create(self.directory.join(format!("{name}.lock")))?;
        lock.lock()?;
        Ok(lock)
    }

    fn replace(&self, name: &str, thing: &Thing) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        serde_json::to_writer(&mut file, thing)?;
        file.flush()?;
        file.as_file().sync_all()?;
        failpoint::hit("worker.thing_drawn_up");
        file.persist(self.path(name))?;
        File::open(&self.directory)?.sync_all()?;
        failpoint::hit("worker.thing_replaced");
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }
}

fn unavailable(operation: &'static str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, operation, error.to_string()).with_retry(Retry::Retryable)
}

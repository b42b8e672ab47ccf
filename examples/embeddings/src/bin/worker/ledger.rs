//! The ledger: every effect, noted by whoever sends it, before and after.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use selfheal_core::error::{Error, ErrorKind, Result};

/// A file that all workers append to, a line per note: process, token, thing, effect, what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger(PathBuf);

impl Ledger {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn note(&self, epoch: u64, thing: &str, effect: &str, became: &str) -> Result<()> {
        let line = format!("{} {epoch} {thing} {effect} {became}\n", std::process::id());
        let opened = OpenOptions::new().create(true).append(true).open(&self.0);
        // One write: lines of several processes don't mix.
        let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
        written.map_err(|error| Error::new(ErrorKind::Unavailable, "ledger.note", error.to_string()))
    }
}

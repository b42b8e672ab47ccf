//! The store in a Postgres database.

use std::path::Path;
use std::sync::Arc;

use selfheal_adapters::local::workspace::ContentHash;
use selfheal_core::error::ErrorKind;
use selfheal_memory::audit::{FileWitness, SigningKey};
use selfheal_memory::postgres::{PostgresJournal, PostgresOptions};

use super::private;
use super::refusals::refused;
use crate::run::Refusal;

pub(super) async fn open(url: &str, key_file: &Path, local: &Path) -> Result<Arc<PostgresJournal>, Refusal> {
    // Each database has a witness of its own on this machine.
    let name = ContentHash::of(url.as_bytes());
    let witness = FileWitness::new(local.join(format!("checkpoints-{}", &name.as_str()[..16])));
    let key = key(key_file)?;
    let refuse = |error| Refusal::usage(format!("{}: expected a folder to write to: {error}", local.display()));
    private(local).map_err(refuse)?;
    let connected = PostgresJournal::connect(url, key, Some(Arc::new(witness)), PostgresOptions::default()).await;
    connected.map(Arc::new).map_err(refused)
}

pub(super) async fn open_to_read(url: &str) -> Result<Arc<PostgresJournal>, Refusal> {
    let connected = PostgresJournal::connect_read_only(url, PostgresOptions::default()).await;
    connected.map(Arc::new).map_err(refused)
}

/// The key in `file`, made if there is none.
fn key(file: &Path) -> Result<SigningKey, Refusal> {
    if file.exists() {
        return SigningKey::open(file).map_err(refused);
    }
    let key = SigningKey::generate("selfheal").map_err(refused)?;
    match key.create(file) {
        Ok(()) => Ok(key),
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::Conflict => SigningKey::open(file).map_err(refused),
        Err(error) => Err(refused(error)),
    }
}

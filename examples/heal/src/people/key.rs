//! The key by which this user answers: with the user's configuration, never in a store.

use std::path::PathBuf;

use selfheal_core::error::ErrorKind;
use selfheal_memory::audit::SigningKey;

use crate::config;
use crate::run::Refusal;
use crate::store::private;

/// Names the file.
const VARIABLE: &str = "SELFHEAL_APPROVER_KEY";

/// What it is called where no other is named.
const NAME: &str = "approver.key";

/// The file of the key, whether or not it is there.
///
/// # Errors
/// For a user without a home who names no other place.
pub(super) fn file() -> Result<PathBuf, Refusal> {
    place().ok_or_else(|| Refusal::usage(format!("expected HOME or {VARIABLE}, to know where your key lies")))
}

fn place() -> Option<PathBuf> {
    config::file_of(VARIABLE).or_else(|| config::folder().map(|folder| folder.join(NAME)))
}

/// This user's key, if there is one.
///
/// # Errors
/// If there is a file and it can't be used: others can read it, or it holds something else.
pub(super) fn own() -> Result<Option<SigningKey>, Refusal> {
    let Some(file) = place() else { return Ok(None) };
    match SigningKey::open(&file) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Refusal::usage(error)),
    }
}

/// Makes the key of who calls themselves `name`.
///
/// # Errors
/// If there is one already, which stays; or if it can't be written.
pub(super) fn make(name: &str) -> Result<SigningKey, Refusal> {
    let file = file()?;
    let unwritable = |error| Refusal::usage(format!("{}: {error}", file.display()));
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private(folder).map_err(unwritable)?;
    }
    let key = SigningKey::generate(name).map_err(Refusal::usage)?;
    match key.create(&file) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let there = file.display();
            Err(Refusal::usage(format!("{there} is there already and stays; `heal approver show` prints its line")))
        }
        Err(error) => Err(Refusal::usage(error)),
    }
}

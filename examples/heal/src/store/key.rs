//! Where the private key lies by which this user signs audit logs: with the user's configuration, not in the store, which
//! somebody may copy or rewrite; only where there is no such place, beside the store.

use std::path::{Path, PathBuf};

use super::private;
use crate::config;

/// Names the file.
const VARIABLE: &str = "SELFHEAL_AUDIT_KEY";

/// What it is called where no other is named.
const NAME: &str = "audit.key";

/// The file of the key for a store whose local folder is `local`; a folder that it can be made in.
pub(super) fn file(local: &Path) -> PathBuf {
    place(local, |folder| private(folder).and_then(|()| tempfile::tempfile_in(folder)).is_ok())
}

/// As [`file()`], as long as none was made: nothing is tried.
pub(super) fn file_to_be(local: &Path) -> PathBuf {
    place(local, |_| true)
}

fn place(local: &Path, usable: impl Fn(&Path) -> bool) -> PathBuf {
    if let Some(given) = config::file_of(VARIABLE) {
        return given;
    }
    let beside = local.join(NAME);
    let usual = config::folder().filter(|_| !beside.exists());
    match usual {
        Some(folder) if folder.join(NAME).exists() || usable(&folder) => folder.join(NAME),
        _ => beside,
    }
}

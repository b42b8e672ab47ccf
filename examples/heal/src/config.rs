//! Where this user's configuration lies, by the XDG base directory specification.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder, whether or not it is there; `None` for a user without a home.
pub(crate) fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    config.map(|config| config.join("selfheal"))
}

/// The file that a variable names, if it names one.
pub(crate) fn file_of(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|given: &OsString| !given.is_empty()).map(PathBuf::from)
}

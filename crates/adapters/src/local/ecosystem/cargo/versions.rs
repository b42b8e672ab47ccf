//! The newest versions of a crate. Cargo has no command that lists them; it names them where a requirement can't be met.

use std::fs;
use std::path::Path;

use super::client;
use crate::local::ecosystem::{EcosystemError, Tools};

/// A version that no crate has.
const NO_VERSION: &str = "=0.0.0-selfheal";

/// What cargo names the versions after, and what it says of a crate that isn't there.
const CANDIDATES: &str = "candidate versions found which didn't match: ";
const NO_PACKAGE: &str = "no matching package";

/// The newest few versions of `package`, newest first; asked in the empty directory `room`.
pub(super) fn newest(package: &str, room: &Path, tools: &dyn Tools) -> Result<Vec<String>, EcosystemError> {
    let manifest = format!(
        "[package]\nname = \"selfheal-asks\"\nversion = \"0.0.0\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n[dependencies]\n{package} = \"{NO_VERSION}\"\n"
    );
    for (path, text) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        fs::write(room.join(path), text).map_err(EcosystemError::io("write", Path::new(path)))?;
    }
    match client::lock_online(room, tools)? {
        Err(said) => read(&said).ok_or_else(|| EcosystemError::failed("cargo update", &said)),
        Ok(()) => Ok(Vec::new()),
    }
}

fn read(said: &str) -> Option<Vec<String>> {
    if let Some((_, rest)) = said.split_once(CANDIDATES) {
        let listed = rest.lines().next().unwrap_or_default().split(", ");
        return Some(listed.filter(|version| *version != "...").map(str::to_owned).collect());
    }
    said.contains(NO_PACKAGE).then(Vec::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complaint_names_the_versions() {
        let said = "error: failed to select a version for the requirement `a = \"=0.0.0-selfheal\"`\n\
            candidate versions found which didn't match: 1.0.154, 1.0.153, 1.0.152, ...\nlocation searched: crates.io index";
        assert_eq!(read(said).unwrap(), ["1.0.154", "1.0.153", "1.0.152"]);
        assert_eq!(read("error: no matching package named `x` found").unwrap(), [""; 0]);
        assert_eq!(read("error: failed to parse manifest"), None);
    }
}

//! Cargo: stale lockfiles, requirements that no version satisfies, crates that are used and not declared.

mod available;
mod client;
mod editing;
mod imports;
mod lockfiles;
mod manifest;
mod project;
mod providers;
mod requirement;
#[cfg(test)]
mod tests;
mod versions;

use std::path::{Path, PathBuf};

use super::{Change, Ecosystem, EcosystemError, Given, Row, Tools};
use project::Project;

/// Cargo and its registries.
///
/// | set | given | rows |
/// |---|---|---|
/// | `cargo.lockfiles` | | `manifest`, `lockfile` out of step |
/// | `cargo.available_versions` | `package` | requirements with which the graph resolves |
/// | `cargo.providers` | `crate` | the crate that provides a name that the source uses, with `section`, `features` |
#[derive(Debug, Clone, Copy, Default)]
pub struct Cargo;

const SETS: &[&str] = &["cargo.lockfiles", "cargo.available_versions", "cargo.providers"];

impl Ecosystem for Cargo {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn present(&self, dir: &Path) -> bool {
        super::ecosystems(dir).contains(&self.name())
    }

    fn sets(&self) -> &'static [&'static str] {
        SETS
    }

    fn rows(&self, set: &str, given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
        let ask = match set {
            "cargo.lockfiles" => lockfiles::rows,
            "cargo.available_versions" => available::rows,
            "cargo.providers" => providers::rows,
            _ => {
                return Err(EcosystemError::UnknownSet { ecosystem: self.name(), set: set.to_owned() });
            }
        };
        let mut rows = Vec::new();
        for project in Project::all(scratch, tools)? {
            rows.extend(ask(&project, given, tools)?);
        }
        rows.truncate(super::MAX_ROWS);
        Ok(rows)
    }

    fn is_package(&self, name: &str) -> bool {
        super::given::crate_name(name)
    }

    fn versions(&self, package: &str, room: &Path, tools: &dyn Tools) -> Result<Vec<String>, EcosystemError> {
        super::given::checked(package, self)?;
        versions::newest(package, room, tools)
    }

    fn change(&self, change: &Change, scratch: &Path, tools: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError> {
        editing::change(change, scratch, tools)
    }
}

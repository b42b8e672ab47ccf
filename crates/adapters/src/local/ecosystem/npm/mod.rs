//! npm: peer conflicts, lockfiles, missing modules, versions that don't exist.

mod available;
mod client;
mod conflict;
mod editing;
mod imports;
mod lockfiles;
mod moves;
mod packument;
mod peer_alignments;
mod project;
mod providers;
mod range;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::{Change, Ecosystem, EcosystemError, Given, Row, Tools};
use project::Project;

/// npm and its registry.
///
/// | set | given | rows |
/// |---|---|---|
/// | `npm.peer_alignments` | `dependent`, `peer`, `package` | changes that let the tree resolve |
/// | `npm.lockfiles` | | `manifest`, `lockfile` out of sync |
/// | `npm.providers` | `module` | the package that provides it, with `section` |
/// | `npm.available_versions` | `package` | the nearest requirement that a version satisfies |
#[derive(Debug, Clone, Copy, Default)]
pub struct Npm;

const SETS: &[&str] = &["npm.peer_alignments", "npm.lockfiles", "npm.providers", "npm.available_versions"];

impl Ecosystem for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn present(&self, dir: &Path) -> bool {
        super::ecosystems(dir).contains(&self.name())
    }

    fn sets(&self) -> &'static [&'static str] {
        SETS
    }

    fn rows(&self, set: &str, given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
        let ask = match set {
            "npm.peer_alignments" => peer_alignments::rows,
            "npm.lockfiles" => lockfiles::rows,
            "npm.providers" => providers::rows,
            "npm.available_versions" => available::rows,
            _ => {
                return Err(EcosystemError::UnknownSet { ecosystem: self.name(), set: set.to_owned() });
            }
        };
        let mut rows = Vec::new();
        for project in Project::all(scratch)? {
            rows.extend(ask(&project, given, tools)?);
        }
        rows.truncate(super::MAX_ROWS);
        Ok(rows)
    }

    fn is_package(&self, name: &str) -> bool {
        super::given::npm_package(name)
    }

    fn versions(&self, package: &str, room: &Path, tools: &dyn Tools) -> Result<Vec<String>, EcosystemError> {
        super::given::checked(package, self)?;
        let found = client::view(package, &["versions"], room, tools)?;
        Ok(packument::newest_first(found.as_ref()))
    }

    fn change(&self, change: &Change, scratch: &Path, tools: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError> {
        editing::change(change, scratch, tools)
    }
}

//! pip: pins in conflict, modules that no requirement provides, versions that don't exist.

mod available;
mod conflicts;
mod editing;
mod imports;
mod interpreter;
mod modules;
mod providers;
mod pyproject;
mod requirement;
mod requirements;
mod resolver;
mod specifier;
#[cfg(test)]
mod tests;
mod wheel;

use std::path::{Path, PathBuf};

use super::{Change, Ecosystem, EcosystemError, Given, Row, Tools};

/// pip and its index, with requirements files, constraints and `[project]` of `pyproject.toml`.
///
/// | set | given | rows |
/// |---|---|---|
/// | `pip.conflict_resolutions` | `package`, `manifest` | pins with which pip resolves |
/// | `pip.providers` | `module`, `manifest` | the distribution that really provides the module |
/// | `pip.available_versions` | `package`, `manifest` | the nearest requirement that a version satisfies |
///
/// `manifest` names requirements files that the pipeline is known to use; all that are there by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pip;

const SETS: &[&str] = &["pip.conflict_resolutions", "pip.providers", "pip.available_versions"];

impl Ecosystem for Pip {
    fn name(&self) -> &'static str {
        "pip"
    }

    fn present(&self, dir: &Path) -> bool {
        super::ecosystems(dir).contains(&self.name())
    }

    fn sets(&self) -> &'static [&'static str] {
        SETS
    }

    fn rows(&self, set: &str, given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
        let ask = match set {
            "pip.conflict_resolutions" => conflicts::rows,
            "pip.providers" => providers::rows,
            "pip.available_versions" => available::rows,
            _ => {
                return Err(EcosystemError::UnknownSet { ecosystem: self.name(), set: set.to_owned() });
            }
        };
        let mut rows = ask(given, scratch, tools)?;
        rows.truncate(super::MAX_ROWS);
        Ok(rows)
    }

    fn is_package(&self, name: &str) -> bool {
        super::given::distribution(name)
    }

    fn versions(&self, package: &str, room: &Path, tools: &dyn Tools) -> Result<Vec<String>, EcosystemError> {
        super::given::checked(package, self)?;
        let ascending = resolver::Resolver::new(room, tools)?.versions(&[], package)?;
        Ok(ascending.iter().rev().map(ToString::to_string).collect())
    }

    fn change(&self, change: &Change, scratch: &Path, _: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError> {
        editing::change(change, scratch)
    }
}

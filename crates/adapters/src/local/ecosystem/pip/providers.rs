//! Which distribution provides a module that the project imports and no requirement brings.

use std::path::{Path, PathBuf};

use super::imports::{importers, is_own, is_test};
use super::modules::{Candidate, candidate};
use super::requirement::{Requirement, normalized};
use super::requirements::{Declared, RequirementSet, is_pyproject};
use super::resolver::Resolver;
use super::{specifier, wheel};
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given, tree};

/// Parts of the standard library that a build of Python may lack: the system brings them, no index does.
const SYSTEM_MODULES: &[&str] = &[
    "tkinter",
    "_tkinter",
    "turtle",
    "sqlite3",
    "_sqlite3",
    "ssl",
    "_ssl",
    "lzma",
    "_lzma",
    "bz2",
    "_bz2",
    "ctypes",
    "_ctypes",
    "curses",
    "_curses",
    "readline",
    "dbm",
    "_gdbm",
    "ensurepip",
    "venv",
    "idlelib",
];

pub(super) fn rows(given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let files = tree::files(scratch);
    let resolver = Resolver::new(scratch, tools)?;
    let standard = resolver.interpreter.standard_library()?;
    let sets = RequirementSet::all(scratch, given)?;
    let mut rows = Vec::new();
    for module in given::names(given, &["module"], given::python_module) {
        let top = module.split('.').next().unwrap_or_default();
        let builtin = SYSTEM_MODULES.contains(&top) || standard.iter().any(|name| name == top);
        let importers = importers(scratch, &files, &module);
        if builtin || importers.is_empty() || is_own(&files, top) {
            continue;
        }
        let wanted = Wanted { candidate: candidate(&module), importers, resolver: &resolver };
        for set in ordered(&sets, &wanted.importers) {
            rows.extend(wanted.row(set)?);
        }
    }
    Ok(rows)
}

/// The sets in the order in which they should take the new requirement: what only tests import goes to a file
/// for tests, if there is one.
fn ordered<'s>(sets: &'s [RequirementSet], importers: &[&PathBuf]) -> Vec<&'s RequirementSet> {
    let only_tests = importers.iter().all(|file| is_test(file));
    let mut ordered: Vec<&RequirementSet> = sets.iter().collect();
    ordered.sort_by_key(|set| is_for_development(&set.manifest) != only_tests);
    ordered
}

fn is_for_development(manifest: &Path) -> bool {
    let name = manifest.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ["dev", "test", "ci", "lint", "docs"].iter().any(|mark| name.contains(mark))
}

struct Wanted<'a> {
    candidate: Candidate,
    importers: Vec<&'a PathBuf>,
    resolver: &'a Resolver<'a>,
}

impl Wanted<'_> {
    /// The row for one set, if pip can install the distribution beside the others there.
    fn row(&self, set: &RequirementSet) -> Result<Option<Row>, EcosystemError> {
        let Candidate { module, distribution, known, limit } = &self.candidate;
        let declared = set.declared.iter().any(|one| one.is(distribution));
        let own = |one: &&Declared| one.manifest == set.manifest && !one.constraint;
        if declared || set.locked.is_some() || !self.is_writable(set) {
            return Ok(None);
        }
        let mut extended = set.clone();
        extended.declared.extend(wanted(distribution, limit, &set.manifest));
        let resolution = self.resolver.resolve(&extended, |one| one.requirement.specifier.clone())?;
        let version = resolution.ok().and_then(|found| found.get(&normalized(distribution)).cloned());
        let Some(version) = version else { return Ok(None) };
        let exact = format!("{distribution}=={version}");
        if !known && !wheel::provides(self.resolver, &set.options, &exact, module)? {
            return Ok(None);
        }
        let others = set.declared.iter().filter(own).map(|one| one.requirement.specifier.as_str());
        let mut requirement = specifier::like_others(others, &version);
        if !limit.is_empty() && !requirement.starts_with("==") {
            requirement.push_str(&format!(",{limit}"));
        }
        Ok(Some(Pin { package: distribution.clone(), requirement, manifest: set.manifest.clone() }.row()))
    }

    /// A `pyproject.toml` takes a dependency only into a list that it has.
    fn is_writable(&self, set: &RequirementSet) -> bool {
        !is_pyproject(&set.manifest) || set.declared.iter().any(|one| one.manifest == set.manifest)
    }
}

fn wanted(distribution: &str, limit: &str, manifest: &Path) -> Option<Declared> {
    let requirement = Requirement::parse(&format!("{distribution}{limit}"))?;
    Some(Declared { requirement, manifest: manifest.to_path_buf(), constraint: false })
}

//! pip's resolver, asked without installing: <https://pip.pypa.io/en/stable/topics/dependency-resolution/>.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use pep440_rs::Version;
use serde_json::Value;
use tempfile::TempDir;

use super::interpreter::Interpreter;
use super::requirement::normalized;
use super::requirements::{Declared, RequirementSet};
use crate::local::ecosystem::{EcosystemError, Tools};

/// Most requirements without a wheel that a resolution leaves out.
const MAX_LEFT_OUT: usize = 6;
/// Room for a resolution's files, under the copy so that nothing is written elsewhere.
const PREFIX: &str = ".selfheal-pip-";

/// The versions pip would install, by normalized name.
pub(super) type Resolution = BTreeMap<String, Version>;

/// Why pip finds no resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Impossible {
    /// Requirements contradict each other; what pip said.
    Conflict(String),
    /// No version of the distribution fits; those that there are.
    NoVersion { name: String, versions: Vec<Version>, said: String },
}

impl Impossible {
    /// What pip said.
    pub(super) fn said(&self) -> &str {
        match self {
            Self::Conflict(said) | Self::NoVersion { said, .. } => said,
        }
    }
}

/// Asks pip, in a directory of its own under the copy.
pub(super) struct Resolver<'t> {
    pub(super) interpreter: Interpreter<'t>,
    room: TempDir,
}

impl<'t> Resolver<'t> {
    pub(super) fn new(scratch: &Path, tools: &'t dyn Tools) -> Result<Self, EcosystemError> {
        let room = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(scratch)
            .map_err(EcosystemError::io("write into", scratch))?;
        Ok(Self { interpreter: Interpreter::find(scratch, tools)?, room })
    }

    pub(super) fn room(&self) -> &Path {
        self.room.path()
    }

    /// What pip would install for the set, each requirement with the specifier that `specifier` gives it.
    ///
    /// Only wheels are looked at, since the metadata of anything else comes by running its build. A requirement that
    /// has none is left out with what it depends on: the rehearsal has the last word.
    pub(super) fn resolve(
        &self,
        set: &RequirementSet,
        specifier: impl Fn(&Declared) -> String,
    ) -> Result<Result<Resolution, Impossible>, EcosystemError> {
        let mut left_out: Vec<String> = Vec::new();
        loop {
            let asked = |declared: &&Declared| !left_out.contains(&normalized(&declared.requirement.name));
            let declared: Vec<&Declared> = set.declared.iter().filter(asked).collect();
            let answer = self.ask(&set.options, &declared, &specifier)?;
            let Err(Impossible::NoVersion { name, versions, .. }) = &answer else {
                return Ok(answer);
            };
            let direct = declared.iter().any(|one| one.is(name));
            if !versions.is_empty() || !direct || left_out.len() >= MAX_LEFT_OUT {
                return Ok(answer);
            }
            left_out.push(normalized(name));
        }
    }

    fn ask(
        &self,
        options: &[String],
        declared: &[&Declared],
        specifier: &impl Fn(&Declared) -> String,
    ) -> Result<Result<Resolution, Impossible>, EcosystemError> {
        let line = |one: &&&Declared| one.requirement.with(&specifier(one));
        let required = declared.iter().filter(|one| !one.constraint);
        let required: Vec<String> = options.iter().cloned().chain(required.map(|one| line(&one))).collect();
        // A constraint may neither carry extras nor be empty.
        let limits: Vec<String> =
            declared.iter().filter(|one| one.constraint && !specifier(one).is_empty()).map(|one| line(&one)).collect();
        let (requirements, constraints, report) = (
            self.write("requirements.txt", &required)?,
            self.write("constraints.txt", &limits)?,
            self.room().join("report.json"),
        );
        let args = [
            "--dry-run",
            "--ignore-installed",
            "--only-binary=:all:",
            "--report",
            &report.display().to_string(),
            "-r",
            &requirements,
            "-c",
            &constraints,
        ]
        .map(str::to_owned);
        let output = self.interpreter.pip("install", args)?;
        if output.success() {
            return read_report(&report).map(Ok);
        }
        let said = format!("{}\n{}", output.stdout, output.stderr);
        impossible(&said).map(Err).ok_or_else(|| EcosystemError::failed("pip install --dry-run", &output.stderr))
    }

    /// The versions that the index offers for this interpreter, ascending. Asked with a version that can't exist, so
    /// that nothing is downloaded, let alone built.
    pub(super) fn versions(&self, options: &[String], name: &str) -> Result<Vec<Version>, EcosystemError> {
        let requirement = format!("{name}===0+no.such.version");
        let requirements =
            self.write("requirements.txt", &options.iter().cloned().chain([requirement]).collect::<Vec<_>>())?;
        let output = self.interpreter.pip("install", ["--dry-run", "--no-deps", "-r", &requirements])?;
        match impossible(&format!("{}\n{}", output.stdout, output.stderr)) {
            Some(Impossible::NoVersion { versions, .. }) => Ok(versions),
            _ => Err(EcosystemError::failed("pip install --dry-run", &output.stderr)),
        }
    }

    fn write(&self, name: &str, lines: &[String]) -> Result<String, EcosystemError> {
        let path = self.room().join(name);
        fs::write(&path, lines.join("\n") + "\n").map_err(EcosystemError::io("write", &path))?;
        Ok(path.display().to_string())
    }
}

fn read_report(report: &Path) -> Result<Resolution, EcosystemError> {
    let text = fs::read_to_string(report).map_err(EcosystemError::io("read", report))?;
    let report: Value = serde_json::from_str(&text)
        .map_err(|_| EcosystemError::failed("pip install --report", "its report isn't JSON"))?;
    let installed = report["install"].as_array().into_iter().flatten().filter_map(|one| {
        let metadata = &one["metadata"];
        let version = Version::from_str(metadata["version"].as_str()?).ok()?;
        Some((normalized(metadata["name"].as_str()?), version))
    });
    Ok(installed.collect())
}

/// Reads pip's complaint. A failing network is neither: pip says "no versions" after its retries, too.
fn impossible(said: &str) -> Option<Impossible> {
    if EcosystemError::failed("pip", said).is_transient() {
        return None;
    }
    if said.contains("ResolutionImpossible") {
        return Some(Impossible::Conflict(said.to_owned()));
    }
    let found = said.lines().find_map(|line| line.split_once("satisfies the requirement ").map(|(_, rest)| rest))?;
    let (requirement, versions) = found.split_once("(from versions:")?;
    let name: String = requirement.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let mut versions: Vec<Version> = versions
        .trim_end_matches(')')
        .split(',')
        .filter_map(|version| Version::from_str(version.trim()).ok())
        .collect();
    versions.sort();
    Some(Impossible::NoVersion { name, versions, said: said.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_version_is_read_with_those_there_are() {
        let said = "ERROR: Could not find a version that satisfies the requirement flask==99.0 (from -r x (line 1)) (from versions: 3.0.0, 2.0.0rc1, 1.1)\nERROR: No matching distribution found for flask==99.0";
        let Some(Impossible::NoVersion { name, versions, .. }) = impossible(said) else { panic!() };
        assert_eq!(name, "flask");
        assert_eq!(versions.len(), 3);
        assert_eq!(versions[2].to_string(), "3.0.0");
        let none = impossible("satisfies the requirement x (from versions: none)");
        assert!(matches!(none, Some(Impossible::NoVersion { versions, .. }) if versions.is_empty()));
    }

    #[test]
    fn no_versions_after_a_failing_network_is_no_verdict() {
        let said = "WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: Could not find a version that satisfies the requirement x (from versions: none)";
        assert_eq!(impossible(said), None);
    }
}

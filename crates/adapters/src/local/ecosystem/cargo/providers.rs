//! Which crate provides a name that the project's source uses and no manifest declares.

use std::path::PathBuf;

use serde_json::Value;

use super::editing::{self, Section};
use super::imports;
use super::project::{Package, Project};
use super::{client, manifest};
use crate::local::ecosystem::snapshot::trial;
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given, tree};

/// Names that paths start with and that no registry provides.
const NOT_CRATES: &[&str] = &["std", "core", "alloc", "proc_macro", "test", "crate", "self", "super"];

/// Features without which an everyday use of a crate doesn't compile: crate, what the source says, feature.
/// From the crates' own documentation.
const FEATURES: &[(&str, &str, &str)] = &[
    ("serde", "Serialize", "derive"),
    ("serde", "Deserialize", "derive"),
    ("clap", "Parser", "derive"),
    ("clap", "Subcommand", "derive"),
    ("tokio", "tokio::", "full"),
    ("uuid", "new_v4", "v4"),
    ("uuid", "now_v7", "v7"),
    ("reqwest", "reqwest::blocking", "blocking"),
    ("reqwest", ".json(", "json"),
    ("tracing-subscriber", "EnvFilter", "env-filter"),
    ("strum", "derive(", "derive"),
];

pub(super) fn rows(project: &Project, given: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let files = tree::files(&project.dir()).into_iter().map(|file| project.root.join(file)).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for name in given::names(given, &["crate", "package", "module"], given::crate_name) {
        let name = name.replace('-', "_");
        let own = project.packages.iter().any(|package| package.name.replace('-', "_") == name);
        if own || NOT_CRATES.contains(&name.as_str()) || imports::is_own_module(project, &files, &name) {
            continue;
        }
        for package in &project.packages {
            rows.extend(row(project, package, &files, &name, tools)?);
        }
    }
    Ok(rows)
}

/// The row for one package that uses the crate.
fn row(
    project: &Project,
    package: &Package,
    files: &[PathBuf],
    name: &str,
    tools: &dyn Tools,
) -> Result<Option<Row>, EcosystemError> {
    let users = imports::users(project, package, files, name);
    let declared = manifest::names(&manifest::read(&project.scratch, &package.manifest)?);
    if users.is_empty() || declared.iter().any(|declared| declared.replace('-', "_") == name) {
        return Ok(None);
    }
    let section = imports::section(package, &users);
    for candidate in [name.to_owned(), name.replace('_', "-")] {
        let features = features(&candidate, &users);
        let tried = Tried { project, package, section, features: &features, tools };
        if let Some(pin) = tried.added(&candidate, name)? {
            return Ok(Some(finished(&pin, section, &features)));
        }
    }
    Ok(None)
}

fn finished(pin: &Pin, section: Section, features: &[String]) -> Row {
    let mut row = pin.row();
    row.insert("section".to_owned(), section.name().to_owned());
    if !features.is_empty() {
        row.insert("features".to_owned(), features.join(","));
    }
    row
}

fn features(package: &str, users: &[(PathBuf, String)]) -> Vec<String> {
    let asks = |mark: &str| users.iter().any(|(_, text)| text.contains(mark));
    let mut features: Vec<String> = FEATURES
        .iter()
        .filter(|(name, mark, _)| *name == package && asks(mark))
        .map(|(_, _, feature)| (*feature).to_owned())
        .collect();
    features.dedup();
    features
}

struct Tried<'a> {
    project: &'a Project,
    package: &'a Package,
    section: Section,
    features: &'a [String],
    tools: &'a dyn Tools,
}

impl Tried<'_> {
    /// The pin that `cargo add` writes for `candidate`, if its library really goes by `name`.
    fn added(&self, candidate: &str, name: &str) -> Result<Option<Pin>, EcosystemError> {
        trial(&self.project.changeable(), || {
            let mut pin = Pin {
                package: candidate.to_owned(),
                requirement: "*".to_owned(),
                manifest: self.package.manifest.clone(),
            };
            match editing::add(self.project, &pin, self.section, self.features, self.tools) {
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => return Ok(None),
                Ok(()) => {}
            }
            let Some(provided) = self.provided(name)? else { return Ok(None) };
            let (package, requirement) = provided;
            pin.package = package;
            pin.requirement = requirement;
            Ok(Some(pin))
        })
    }

    /// The crate in the graph whose library is `name` and that the manifest declares now, with its requirement.
    fn provided(&self, name: &str) -> Result<Option<(String, String)>, EcosystemError> {
        let graph = match client::graph(&self.project.dir(), self.tools) {
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => return Ok(None),
            Ok(graph) => graph,
        };
        let empty = Vec::new();
        let packages = graph["packages"].as_array().unwrap_or(&empty);
        let own = packages.iter().find(|one| one["name"] == self.package.name.as_str() && one["source"].is_null());
        let dependencies = own.and_then(|own| own["dependencies"].as_array()).unwrap_or(&empty);
        Ok(dependencies
            .iter()
            .find(|dependency| packages.iter().any(|one| one["name"] == dependency["name"] && has_library(one, name)))
            .and_then(|dependency| {
                let requirement = dependency["req"].as_str()?.trim_start_matches('^');
                Some((dependency["name"].as_str()?.to_owned(), requirement.to_owned()))
            }))
    }
}

fn has_library(package: &Value, name: &str) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets
        .filter(|target| {
            target["kind"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|kind| kind == "lib" || kind == "proc-macro" || kind == "rlib")
        })
        .any(|target| target["name"].as_str().is_some_and(|library| library.replace('-', "_") == name))
}

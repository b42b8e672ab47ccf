//! Which package provides a module that the project imports and doesn't declare.

use std::path::{Path, PathBuf};

use nodejs_semver::Version;

use super::imports::{importers, is_development, package_of};
use super::packument::Registry;
use super::project::Project;
use super::{client, range};
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given, tree};

/// <https://nodejs.org/api/modules.html#built-in-modules>; those that exist only with `node:` can't be mistaken.
const BUILTIN: &[&str] = &[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

pub(super) fn rows(project: &Project, given: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let files = own_files(project);
    let registry = Registry::new(project.dir(), tools);
    let mut rows = Vec::new();
    for module in given::names(given, &["module", "package"], is_specifier) {
        let package = package_of(&module);
        if !given::npm_package(package) || is_own(project, package, &files) {
            continue;
        }
        rows.extend(row(project, package, &files, &registry, tools)?);
    }
    Ok(rows)
}

fn row(
    project: &Project,
    package: &str,
    files: &[PathBuf],
    registry: &Registry<'_>,
    tools: &dyn Tools,
) -> Result<Option<Row>, EcosystemError> {
    let importers = importers(&project.scratch, files, package);
    let Some(manifest) = importers.first().map(|file| nearest_manifest(project, file)) else {
        return Ok(None);
    };
    if project.declarations(package).any(|declared| declared.manifest == manifest) {
        return Ok(None);
    }
    let Some(version) = newest(package, registry)? else {
        return Ok(None);
    };
    let section = match importers.iter().all(|file| is_development(file)) {
        true => "devDependencies",
        false => "dependencies",
    };
    let requirement = requirement(project, package, &version);
    let pin = Pin { package: package.to_owned(), requirement, manifest };
    let mut row = pin.row();
    row.insert("section".to_owned(), section.to_owned());
    let resolves = resolves(project, &pin, section, tools)?;
    Ok(resolves.then_some(row))
}

/// The release that npm would install by default and that this Node.js runs; none for a package that was taken
/// down and is held by the registry.
fn newest(package: &str, registry: &Registry<'_>) -> Result<Option<Version>, EcosystemError> {
    let packument = registry.packument(package)?;
    let choices = registry.choices(&packument, None);
    Ok(choices.last().map(|release| release.version.clone()))
}

/// As another manifest of the project has it, else `^` of the newest.
fn requirement(project: &Project, package: &str, version: &Version) -> String {
    let elsewhere = project.declarations(package).map(|declared| &declared.requirement);
    let mut usable = elsewhere.filter(|requirement| range::parse(requirement).is_some());
    usable.next().cloned().unwrap_or_else(|| format!("^{version}"))
}

fn resolves(project: &Project, pin: &Pin, section: &str, tools: &dyn Tools) -> Result<bool, EcosystemError> {
    if project.foreign_lockfile().is_some() {
        return Ok(false);
    }
    crate::local::ecosystem::snapshot::trial(&project.changeable(), || {
        super::editing::add(&project.scratch, pin, section)?;
        Ok(client::resolve(&project.dir(), tools)?.is_ok())
    })
}

/// Whether the name means something of the project: Node.js' own module, a workspace, a directory or file that a
/// base path makes importable, or an alias.
fn is_own(project: &Project, package: &str, files: &[PathBuf]) -> bool {
    let first = package.trim_start_matches('@').split('/').next().unwrap_or_default();
    BUILTIN.contains(&package)
        || project.own_names.iter().any(|name| name == package)
        || files.iter().any(|file| is_importable_as(project, file, package))
        || files.iter().any(|file| is_alias(project, file, package, first))
}

/// Below a base path (the project's root or a directory of it), `components/…` and `components.ts` are importable as
/// `components`.
fn is_importable_as(project: &Project, file: &Path, name: &str) -> bool {
    let source = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let file = file.strip_prefix(&project.root).unwrap_or(file);
    let mut bases = file.components().take(2).map(|part| Path::new(part.as_os_str()));
    let named = |part: &Path| part.as_os_str() == name || part.file_stem().is_some_and(|stem| stem == name);
    !matches!(source, "json" | "md" | "yml" | "yaml" | "lock" | "") && bases.any(named)
}

/// Whether a TypeScript or bundler configuration names it as an alias.
fn is_alias(project: &Project, file: &Path, package: &str, first: &str) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let typescript = name.starts_with("tsconfig") || name.starts_with("jsconfig");
    let import_map = name == "package.json" && package.starts_with('#');
    if !typescript && !import_map {
        return false;
    }
    let Some(text) = tree::text(&project.scratch.join(file)) else { return false };
    [format!("\"{package}\""), format!("\"{package}/*\""), format!("\"@{first}/*\"")]
        .iter()
        .any(|alias| package.starts_with(alias.trim_matches(['"', '*', '/'])) && text.contains(alias.as_str()))
}

/// The files below this project's root.
fn own_files(project: &Project) -> Vec<PathBuf> {
    tree::files(&project.scratch).into_iter().filter(|file| file.starts_with(&project.root)).collect()
}

fn nearest_manifest(project: &Project, file: &Path) -> PathBuf {
    project
        .manifests
        .iter()
        .filter(|manifest| file.starts_with(tree::directory(manifest)))
        .max_by_key(|manifest| manifest.components().count())
        .unwrap_or(&project.manifests[0])
        .clone()
}

fn is_specifier(text: &str) -> bool {
    text.len() <= 256 && !text.contains(['\\', ' ', '"', '\'']) && given::npm_package(package_of(text))
}

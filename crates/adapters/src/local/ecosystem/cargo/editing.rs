//! Changing a `Cargo.toml` without touching its layout, and `Cargo.lock` through cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};

use super::project::Project;
use super::{client, manifest};
use crate::local::ecosystem::{Change, EcosystemError, Pin, Tools, given, tree};

/// Most features that one dependency is given.
const MAX_FEATURES: usize = 16;

/// Makes a change and updates `Cargo.lock` where there is one; returns what may have changed.
pub(super) fn change(change: &Change, scratch: &Path, tools: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError> {
    let project = Project::of(scratch, change.manifests()[0], tools)?;
    let lockfile = project.lockfile();
    let mut changed = BTreeSet::new();
    let mut wants_lock = scratch.join(&lockfile).exists();
    match change {
        Change::PatchVersion { pin, also } => {
            let pins: Vec<Pin> = std::iter::once(pin).chain(also).cloned().collect();
            patch(&project, &pins)?;
            changed.extend(pins.into_iter().map(|pin| pin.manifest));
        }
        Change::AddDependency { pin, section, features } => {
            let section = Section::parse(section.as_deref())?;
            add(&project, pin, section, features, tools)?;
            changed.insert(pin.manifest.clone());
        }
        Change::RegenerateLockfile { .. } => wants_lock = true,
    }
    if wants_lock {
        tree::writable(&scratch.join(&lockfile), || client::lock(&project.dir(), tools))?
            .map_err(|said| EcosystemError::failed("cargo update --workspace", &said))?;
        changed.insert(lockfile);
    }
    Ok(changed.into_iter().collect())
}

/// A table of dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Normal,
    Dev,
    Build,
}

impl Section {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Dev => "dev-dependencies",
            Self::Build => "build-dependencies",
        }
    }

    fn parse(name: Option<&str>) -> Result<Self, EcosystemError> {
        let name = name.unwrap_or(Self::Normal.name());
        [Self::Normal, Self::Dev, Self::Build]
            .into_iter()
            .find(|section| section.name() == name)
            .ok_or_else(|| EcosystemError::refused(format!("{name:?} is no table of dependencies")))
    }

    fn flag(self) -> Option<&'static str> {
        match self {
            Self::Normal => None,
            Self::Dev => Some("--dev"),
            Self::Build => Some("--build"),
        }
    }
}

/// Sets each pin where its package is declared and asked for in other words that don't allow the new version.
fn patch(project: &Project, pins: &[Pin]) -> Result<(), EcosystemError> {
    for pin in pins {
        let version = lowest(&pin.requirement);
        let stale =
            |now: &str| now != pin.requirement && !version.as_ref().is_some_and(|v| super::requirement::takes(now, v));
        write(project, &pin.package, std::slice::from_ref(pin), stale)?;
    }
    Ok(())
}

/// Writes the pins' requirement over every requirement on `package` that `stale` picks.
pub(super) fn write(
    project: &Project,
    package: &str,
    pins: &[Pin],
    stale: impl Fn(&str) -> bool,
) -> Result<(), EcosystemError> {
    for pin in pins {
        check(pin)?;
        let mut document = manifest::read(&project.scratch, &pin.manifest)?;
        if manifest::replace(&mut document, package, &stale, &pin.requirement) == 0 {
            return Err(EcosystemError::manifest(
                &pin.manifest,
                format!("a requirement on {package} other than {}", pin.requirement),
            ));
        }
        tree::write(&project.scratch, &pin.manifest, &document.to_string())?;
    }
    Ok(())
}

/// Declares a crate through `cargo add`, which keeps order and layout and inherits from the workspace where that
/// declares it.
pub(super) fn add(
    project: &Project,
    pin: &Pin,
    section: Section,
    features: &[String],
    tools: &dyn Tools,
) -> Result<(), EcosystemError> {
    check(pin)?;
    if features.len() > MAX_FEATURES || !features.iter().all(|feature| is_feature(feature)) {
        return Err(EcosystemError::refused("features must be at most 16 plain names"));
    }
    let path = tree::inside(&project.scratch, &pin.manifest)?;
    let root = manifest::read(&project.scratch, &project.manifests()[0])?;
    let inherited = manifest::workspace_declares(&root, &pin.package);
    let spec = match pin.requirement.as_str() {
        "*" => pin.package.clone(),
        _ if inherited => pin.package.clone(),
        requirement => format!("{}@{requirement}", pin.package),
    };
    let mut args = vec![spec];
    args.extend(section.flag().map(str::to_owned));
    if !features.is_empty() {
        args.extend(["--features".to_owned(), features.join(",")]);
    }
    tree::writable(&path, || client::add(&args, tree::directory(&path), tools))?
        .ok_or_else(|| EcosystemError::failed("cargo add", &format!("{} could not be added", pin.package)))
}

fn check(pin: &Pin) -> Result<(), EcosystemError> {
    if given::crate_name(&pin.package) && VersionReq::parse(&pin.requirement).is_ok() {
        return Ok(());
    }
    Err(EcosystemError::refused("a cargo pin needs a crate name and a version requirement"))
}

fn is_feature(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c))
}

/// The version that a requirement is written with.
fn lowest(requirement: &str) -> Option<Version> {
    let parsed = VersionReq::parse(requirement).ok()?;
    let first = parsed.comparators.first()?;
    Some(Version::new(first.major, first.minor.unwrap_or(0), first.patch.unwrap_or(0)))
}

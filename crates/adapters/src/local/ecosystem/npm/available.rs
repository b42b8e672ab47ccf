use nodejs_semver::Version;

use super::packument::{Packument, Registry};
use super::project::{Declared, Project};
use super::{
    client::{self, Failure},
    range,
};
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given};

/// Most alternatives for one requirement.
const MAX_ALTERNATIVES: usize = 3;

/// Most requirements that one answer changes.
const MAX_TOGETHER: usize = 6;

/// Declared packages that were named and whose requirement no version satisfies, with the nearest that one does.
pub(super) fn rows(project: &Project, given: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let search = Search { project, tools, registry: Registry::new(project.dir(), tools) };
    let mut rows = Vec::new();
    for package in given::names(given, &["package"], given::npm_package) {
        for pins in search.alternatives(&package)? {
            rows.extend(search.completed(pins)?.map(|pins| Pin::rows(&pins)));
        }
    }
    Ok(rows)
}

struct Search<'a> {
    project: &'a Project,
    tools: &'a dyn Tools,
    registry: Registry<'a>,
}

impl Search<'_> {
    /// The nearest requirements for `package`, each as pins for all manifests that ask in the same words; none where
    /// a version satisfies the present one.
    fn alternatives(&self, package: &str) -> Result<Vec<Vec<Pin>>, EcosystemError> {
        let mut declared = self.project.declarations(package).filter(|one| range::is_registry(&one.requirement));
        let Some(first) = declared.next() else { return Ok(Vec::new()) };
        let packument = self.registry.packument(package)?;
        if is_satisfied(first, &packument, self.project, self.tools)? {
            return Ok(Vec::new());
        }
        let same = || self.project.declarations(package).filter(|other| other.requirement == first.requirement);
        let pins = |target: &Version| {
            let requirement = range::restyle(&first.requirement, target, &packument.versions, |_| true);
            same().map(|declared| declared.pin(requirement.clone())).collect()
        };
        Ok(nearest(first, &packument, &self.registry).iter().map(pins).collect())
    }

    /// The pins with what else is asked for in vain, once npm resolves with them.
    fn completed(&self, mut pins: Vec<Pin>) -> Result<Option<Vec<Pin>>, EcosystemError> {
        while pins.len() <= MAX_TOGETHER {
            let Err(failure) = client::resolve_with(self.project, &pins, self.tools)? else {
                return Ok(Some(pins));
            };
            let also = missing(&failure).filter(|package| !pins.iter().any(|pin| pin.package == *package));
            let more = match also {
                Some(package) => self.alternatives(package)?.into_iter().next(),
                None => None,
            };
            match more {
                Some(more) => pins.extend(more),
                None => break,
            }
        }
        Ok(None)
    }
}

/// The package of which npm says that no version fits.
fn missing(failure: &Failure) -> Option<&str> {
    let (_, spec) = failure.text.split_once("No matching version found for ")?;
    let spec = spec.split_whitespace().next()?;
    let at = spec.rfind('@').filter(|at| *at > 0)?;
    Some(&spec[..at])
}

/// Whether a version answers the requirement: a range by the known versions, a tag or pre-release by asking.
fn is_satisfied(
    declared: &Declared,
    packument: &Packument,
    project: &Project,
    tools: &dyn Tools,
) -> Result<bool, EcosystemError> {
    if packument.versions.is_empty() || packument.installs(&declared.requirement).is_some() {
        return Ok(true);
    }
    let spec = format!("{}@{}", declared.package, declared.requirement);
    Ok(client::view(&spec, &["version"], &project.dir(), tools)?.is_some())
}

/// The newest release of the same minor, of the same major, and of all.
fn nearest(declared: &Declared, packument: &Packument, registry: &Registry<'_>) -> Vec<Version> {
    let choices = registry.choices(packument, None);
    let newest = |fits: &dyn Fn(&Version) -> bool| {
        choices.iter().map(|release| &release.version).filter(|version| fits(version)).max().cloned()
    };
    let asked = asked_for(&declared.requirement);
    let mut targets = Vec::new();
    if let Some((major, minor)) = asked {
        targets.extend(newest(&|version| version.major() == major && version.minor() == minor));
        targets.extend(newest(&|version| version.major() == major));
    }
    targets.extend(newest(&|_| true));
    targets.dedup();
    targets.truncate(MAX_ALTERNATIVES);
    targets
}

/// The lowest version that the requirement would take, as major and minor.
fn asked_for(requirement: &str) -> Option<(u64, u64)> {
    let lowest = range::parse(requirement)?.min_version()?;
    Some((lowest.major(), lowest.minor()))
}

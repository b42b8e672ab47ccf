//! The single steps by which an ERESOLVE might be resolved, and what each costs.
//!
//! The cost says how far a step goes beyond what the project asked for. The peer is what the project chose (the
//! framework, the compiler, the linter) and what depends on it should follow, upwards; moving the peer comes
//! after, going back to an older version last. Fewer packages beat many.

use std::rc::Rc;

use nodejs_semver::{Range, Version};

use super::conflict::{Conflict, Edge};
use super::packument::{Packument, Registry, Release};
use super::project::{Declared, Project};
use super::range;
use crate::local::ecosystem::{EcosystemError, Pin};

/// Most versions that are tried of a package that only leads to the conflict.
const MAX_ANCESTOR_STEPS: usize = 3;
/// Most siblings that move in lockstep.
const MAX_SIBLINGS: usize = 24;

/// A step: requirements to change together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) pins: Vec<Pin>,
    pub(super) cost: u64,
}

/// What a package is to the conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Dependent,
    Peer,
    Ancestor,
}

/// The steps out of `conflict`, in no order.
pub(super) fn moves(
    conflict: &Conflict,
    project: &Project,
    registry: &Registry<'_>,
) -> Result<Vec<Move>, EcosystemError> {
    let mut found = Moves { project, registry, moves: Vec::new() };
    let contested = &conflict.contested().package;
    let wanted = movable(project, contested).map(|declared| declared.requirement.clone());
    match wanted {
        Some(wanted) => found.against_project(conflict, &wanted)?,
        None => found.among_dependents(conflict)?,
    }
    found.of_ancestors(conflict)?;
    Ok(found.moves)
}

struct Moves<'a, 't> {
    project: &'a Project,
    registry: &'a Registry<'t>,
    moves: Vec<Move>,
}

impl Moves<'_, '_> {
    /// The project asks for the contested package itself: its dependents follow, or it moves.
    fn against_project(&mut self, conflict: &Conflict, wanted: &str) -> Result<(), EcosystemError> {
        let contested = &conflict.contested().package;
        let versions = self.registry.packument(contested)?;
        let installed: Vec<Version> = versions.installs(wanted).cloned().into_iter().collect();
        for (edge, (dependent, at)) in conflict.peers() {
            if !allows(&edge.range, &installed) {
                let at = Version::parse(at).ok();
                let accepts = |release: &Release| {
                    release.accepts(contested, &Range::any(), &installed) && is_honest(release, at.as_ref(), contested)
                };
                self.steps(dependent, at.clone(), Part::Dependent, accepts)?;
            }
        }
        let ranges: Vec<Range> = conflict.peers().filter_map(|(edge, _)| range::parse(&edge.range)).collect();
        let all = |release: &Release| ranges.iter().all(|range| range.satisfies(&release.version));
        self.steps(contested, installed.first().cloned(), Part::Peer, all)
    }

    /// Only packages ask for the contested package, each in its own range: one of them follows the other.
    fn among_dependents(&mut self, conflict: &Conflict) -> Result<(), EcosystemError> {
        let contested = &conflict.contested().package;
        let versions = self.registry.packument(contested)?;
        for (edge, (dependent, at)) in conflict.peers() {
            let others = conflict.edges().filter(|other| other.package == *contested && other.range != edge.range);
            let Some(wanted) = others.filter_map(|other: &Edge| range::parse(&other.range)).next() else {
                continue;
            };
            let at = Version::parse(at).ok();
            let accepts = |release: &Release| {
                release.accepts(contested, &wanted, &versions.versions) && is_honest(release, at.as_ref(), contested)
            };
            self.steps(dependent, at.clone(), Part::Dependent, accepts)?;
        }
        Ok(())
    }

    /// A declared package that leads to the conflict without asking for the peer itself: its next majors are tried.
    fn of_ancestors(&mut self, conflict: &Conflict) -> Result<(), EcosystemError> {
        let direct: Vec<&str> = conflict.peers().map(|(_, (name, _))| name.as_str()).collect();
        let contested = conflict.contested().package.as_str();
        for name in conflict.named.iter().map(String::as_str) {
            if name == contested || direct.contains(&name) {
                continue;
            }
            let Some(declared) = movable(self.project, name) else { continue };
            let packument = self.registry.packument(name)?;
            let present = packument.installs(&declared.requirement).cloned();
            for target in next_majors(&self.registry.choices(&packument, present.as_ref()), present.as_ref()) {
                self.step(name, present.as_ref(), &target, Part::Ancestor, &packument, |_| true)?;
            }
        }
        Ok(())
    }

    /// The nearest releases of `package` that `accepts` takes: above, the newest above, and below.
    fn steps(
        &mut self,
        package: &str,
        at: Option<Version>,
        part: Part,
        accepts: impl Fn(&Release) -> bool,
    ) -> Result<(), EcosystemError> {
        let Some(declared) = movable(self.project, package) else {
            return Ok(());
        };
        let packument = self.registry.packument(package)?;
        let present = at.or_else(|| packument.installs(&declared.requirement).cloned());
        let fitting: Vec<Version> = self
            .registry
            .choices(&packument, present.as_ref())
            .into_iter()
            .filter(|release| accepts(release))
            .map(|release| release.version.clone())
            .collect();
        let takes = |version: &Version| packument.release(version).is_some_and(&accepts);
        for target in nearest(&fitting, present.as_ref()) {
            self.step(package, present.as_ref(), &target, part, &packument, takes)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        package: &str,
        present: Option<&Version>,
        target: &Version,
        part: Part,
        packument: &Rc<Packument>,
        takes: impl Fn(&Version) -> bool,
    ) -> Result<(), EcosystemError> {
        let mut pins: Vec<Pin> = Vec::new();
        for declared in self.project.declarations(package).filter(|declared| range::is_registry(&declared.requirement))
        {
            let requirement = range::restyle(&declared.requirement, target, &packument.versions, &takes);
            pins.push(declared.pin(requirement));
        }
        let mut cost = cost(part, present, target);
        let siblings = self.siblings(package, present, target)?;
        cost += 6 * siblings.len() as u64;
        pins.extend(siblings);
        let step = Move { pins, cost };
        if !step.pins.is_empty() && !self.moves.contains(&step) {
            self.moves.push(step);
        }
        Ok(())
    }

    /// Packages of the same scope, asked for in the same words, that were released under the same version: a
    /// family in lockstep (`@angular/*`, `@typescript-eslint/*`), of which one alone never resolves.
    fn siblings(&self, package: &str, present: Option<&Version>, target: &Version) -> Result<Vec<Pin>, EcosystemError> {
        let Some((scope, _)) = package.split_once('/') else { return Ok(Vec::new()) };
        let same_major = present.is_some_and(|present| present.major() == target.major());
        let requirement = movable(self.project, package).map(|declared| &declared.requirement);
        if same_major {
            return Ok(Vec::new());
        }
        let mut pins = Vec::new();
        for declared in &self.project.declared {
            let related = declared.package.split_once('/').is_some_and(|(other, _)| other == scope);
            if !related || declared.package == package || Some(&declared.requirement) != requirement {
                continue;
            }
            let packument = self.registry.packument(&declared.package)?;
            if packument.versions.contains(target) && pins.len() < MAX_SIBLINGS {
                let requirement = range::restyle(&declared.requirement, target, &packument.versions, |_| true);
                pins.push(declared.pin(requirement));
            }
        }
        Ok(pins)
    }
}

/// The first declaration of a package that asks the registry.
fn movable<'p>(project: &'p Project, package: &'p str) -> Option<&'p Declared> {
    project.declarations(package).find(|declared| range::is_registry(&declared.requirement))
}

/// Going back is an answer only to a release that says how far it works, not to one from before anyone knew.
fn is_honest(release: &Release, present: Option<&Version>, peer: &str) -> bool {
    present.is_none_or(|present| release.version > *present) || release.limits(peer)
}

fn allows(requirement: &str, versions: &[Version]) -> bool {
    range::parse(requirement).is_some_and(|range| versions.iter().any(|version| range.satisfies(version)))
}

/// The best release of the nearest major above, the best of all above, and the nearest below.
fn nearest(fitting: &[Version], present: Option<&Version>) -> Vec<Version> {
    let above = || fitting.iter().filter(|version| present.is_none_or(|present| *version > present));
    let major = above().map(Version::major).min();
    let next = above().filter(|version| Some(version.major()) == major).max();
    let below = present.and_then(|present| fitting.iter().filter(|version| *version < present).max());
    let mut targets: Vec<Version> = next.into_iter().chain(above().max()).chain(below).cloned().collect();
    targets.dedup();
    targets
}

/// The newest release of each of the next few majors.
fn next_majors(choices: &[&Release], present: Option<&Version>) -> Vec<Version> {
    let mut newest: Vec<Version> = Vec::new();
    for release in choices {
        if present.is_some_and(|present| release.version <= *present) {
            continue;
        }
        match newest.last_mut() {
            Some(last) if last.major() == release.version.major() => last.clone_from(&release.version),
            _ => newest.push(release.version.clone()),
        }
    }
    newest.truncate(MAX_ANCESTOR_STEPS);
    newest
}

fn cost(part: Part, present: Option<&Version>, target: &Version) -> u64 {
    let Some(present) = present else { return 20 };
    let majors = present.major().abs_diff(target.major()).min(10);
    let (base, per_major) = match (part, target >= present) {
        (Part::Dependent, true) => (10, 2),
        (Part::Ancestor, true) => (15, 2),
        (Part::Peer, true) => (20, 2),
        (Part::Dependent | Part::Ancestor, false) => (22, 6),
        (Part::Peer, false) => (25, 15),
    };
    base + per_major * majors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(list: &[&str]) -> Vec<Version> {
        list.iter().map(|text| Version::parse(text).unwrap()).collect()
    }

    #[test]
    fn the_nearest_major_above_goes_before_the_newest_and_the_older() {
        let fitting = versions(&["1.0.0", "3.0.0", "3.4.0", "5.1.0"]);
        let at = Version::parse("2.0.0").unwrap();
        assert_eq!(nearest(&fitting, Some(&at)), versions(&["3.4.0", "5.1.0", "1.0.0"]));
    }

    #[test]
    fn following_the_peer_upwards_is_cheapest_and_an_older_peer_major_dearest() {
        let (two, three) = (Version::parse("2.0.0").unwrap(), Version::parse("3.0.0").unwrap());
        let follow = cost(Part::Dependent, Some(&two), &three);
        let raise_peer = cost(Part::Peer, Some(&two), &three);
        let lower_dependent = cost(Part::Dependent, Some(&three), &two);
        let lower_peer = cost(Part::Peer, Some(&three), &two);
        assert!(follow < raise_peer && raise_peer < lower_dependent && lower_dependent < lower_peer);
    }
}

//! Which requirement to relax, and to what, so that pip resolves.
//!
//! pip is asked again with one requirement made wider; the version that it then takes becomes the new pin. What others
//! depend upon is tried first.

use pep440_rs::Version;

use super::requirement::normalized;
use super::requirements::{Declared, RequirementSet, constraint_files};
use super::resolver::{Impossible, Resolution, Resolver};
use super::specifier;
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given};
use std::path::Path;

/// Most requirements that are tried in one set.
const MAX_TRIED: usize = 8;
/// Most sets that are tried under constraints.
const MAX_LIMITED: usize = 6;
/// Most majors between the old pin and the resolver's choice that are tried.
const MAX_MAJORS: u64 = 4;

pub(super) fn rows(given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let sets = RequirementSet::all(scratch, given)?;
    let resolver = Resolver::new(scratch, tools)?;
    let named = given::names(given, &["package"], given::distribution);
    let mut rows = of_sets(&sets, &named, &resolver)?;
    if rows.is_empty() && sets.len() > 1 {
        rows = of_sets(&[RequirementSet::together(&sets)], &named, &resolver)?;
    }
    if rows.is_empty() {
        rows = of_sets(&limited(&sets, scratch)?, &named, &resolver)?;
    }
    Ok(rows)
}

/// The sets under constraints that no file names: then the command does (`pip install -c`).
fn limited(sets: &[RequirementSet], scratch: &Path) -> Result<Vec<RequirementSet>, EcosystemError> {
    let files = constraint_files(scratch);
    let each = sets.iter().flat_map(|set| files.iter().map(move |file| (set, file)));
    let apart = each.filter(|(set, file)| !set.files.contains(*file));
    apart.take(MAX_LIMITED).map(|(set, file)| set.limited_by(scratch, file)).collect()
}

fn of_sets(sets: &[RequirementSet], named: &[String], resolver: &Resolver<'_>) -> Result<Vec<Row>, EcosystemError> {
    let mut rows = Vec::new();
    for set in sets {
        let Err(complaint) = resolver.resolve(set, as_written)? else { continue };
        let said = complaint.said();
        let about = |name: &String| mentions(said, name);
        if !named.is_empty() && !named.iter().any(about) {
            continue;
        }
        if let Some(locked) = &set.locked {
            return Err(EcosystemError::refused(format!(
                "{} is generated or locked by hashes; change its source and compile it anew",
                locked.display()
            )));
        }
        rows.extend(Search { set, said, resolver }.run()?);
    }
    Ok(rows)
}

fn as_written(declared: &Declared) -> String {
    declared.requirement.specifier.clone()
}

struct Search<'a> {
    set: &'a RequirementSet,
    said: &'a str,
    resolver: &'a Resolver<'a>,
}

impl Search<'_> {
    /// What others depend upon first, one alone or as many as it takes. Then the dependents, upwards; to an older release
    /// only where there is no other way, since old ones often fit just because they ask for nothing.
    fn run(&self) -> Result<Vec<Row>, EcosystemError> {
        let (depended_upon, others): (Vec<_>, Vec<_>) =
            self.candidates().into_iter().partition(|one| is_depended_upon(self.said, &one.requirement.name));
        let mut rows = self.each(&depended_upon, Direction::Any)?;
        if rows.is_empty() {
            rows.extend(self.chained()?);
        }
        let direction = if rows.is_empty() { Direction::Any } else { Direction::Up };
        let (named, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|one| mentions(self.said, &one.requirement.name));
        rows.extend(self.each(&named, direction)?);
        if rows.is_empty() {
            rows.extend(self.each(&rest, Direction::Any)?);
        }
        Ok(rows)
    }

    /// Requirements that restrict a version.
    fn candidates(&self) -> Vec<&Declared> {
        let mut candidates: Vec<&Declared> =
            self.set.declared.iter().filter(|one| !one.requirement.specifier.is_empty()).collect();
        candidates.sort_by_key(|one| !mentions(self.said, &one.requirement.name));
        candidates.truncate(MAX_TRIED);
        candidates
    }

    fn each(&self, candidates: &[&Declared], direction: Direction) -> Result<Vec<Row>, EcosystemError> {
        let mut rows = Vec::new();
        for declared in candidates {
            rows.extend(self.relaxed(declared, direction)?.map(|version| Pin::rows(&[pin(declared, &version)])));
        }
        Ok(rows)
    }

    /// The version nearest to the pin with which all else resolves as written: of the same major, else of the
    /// first major towards the newest that does.
    fn relaxed(&self, declared: &Declared, direction: Direction) -> Result<Option<Version>, EcosystemError> {
        let Some(pinned) = pinned(&declared.requirement.specifier) else { return Ok(None) };
        let least = match direction {
            Direction::Any => major_of(&pinned).to_string(),
            Direction::Up => pinned.to_string(),
        };
        let major = major_of(&pinned);
        let same = self.with(declared, &format!(">={least},<{}", major + 1))?;
        if same.is_some() {
            return Ok(same);
        }
        let free = match direction {
            Direction::Any => String::new(),
            Direction::Up => format!(">={least}"),
        };
        let Some(free) = self.with(declared, &free)? else { return Ok(None) };
        for nearer in (major + 1)..major_of(&free).min(major + MAX_MAJORS) {
            let nearer = self.with(declared, &of_major(nearer))?;
            if nearer.is_some() {
                return Ok(nearer);
            }
        }
        Ok(Some(free))
    }

    fn with(&self, declared: &Declared, specifier: &str) -> Result<Option<Version>, EcosystemError> {
        let instead = |one: &Declared| if one == declared { specifier.to_owned() } else { as_written(one) };
        let resolution = self.resolver.resolve(self.set, instead)?.ok();
        Ok(resolution.and_then(|resolution| version_of(&resolution, declared)))
    }

    /// All that pip names as depended upon, in one complaint after the other, relaxed together.
    fn chained(&self) -> Result<Option<Row>, EcosystemError> {
        let mut said = self.said.to_owned();
        let mut freed: Vec<&Declared> = Vec::new();
        for _ in 0..MAX_TRIED {
            let in_the_way = |one: &&Declared| is_depended_upon(&said, &one.requirement.name) && !freed.contains(one);
            let more: Vec<&Declared> = self.candidates().into_iter().filter(in_the_way).collect();
            if more.is_empty() {
                return Ok(None);
            }
            freed.extend(more);
            match self.with_all(&freed, &[])? {
                Ok(resolution) => return self.tightened(&freed, resolution).map(|found| changed(&freed, &found)),
                Err(complaint) => said = complaint.said().to_owned(),
            }
        }
        Ok(None)
    }

    /// The same with each of `freed` as near to its pin as its major can be.
    fn tightened(&self, freed: &[&Declared], mut resolution: Resolution) -> Result<Resolution, EcosystemError> {
        let mut nearer: Vec<(&Declared, String)> = Vec::new();
        for one in freed {
            let chosen = version_of(&resolution, one);
            let (Some(pinned), Some(chosen)) = (pinned(&one.requirement.specifier), chosen) else { continue };
            let first = major_of(&pinned);
            for major in first..major_of(&chosen).min(first + MAX_MAJORS) {
                nearer.push((one, of_major(major)));
                if let Ok(found) = self.with_all(freed, &nearer)? {
                    resolution = found;
                    break;
                }
                nearer.pop();
            }
        }
        Ok(resolution)
    }

    /// pip's answer with `freed` unrestricted but for what `nearer` says.
    fn with_all(
        &self,
        freed: &[&Declared],
        nearer: &[(&Declared, String)],
    ) -> Result<Result<Resolution, Impossible>, EcosystemError> {
        self.resolver.resolve(self.set, |one| match nearer.iter().find(|(declared, _)| *declared == one) {
            Some((_, specifier)) => specifier.clone(),
            None if freed.contains(&one) => String::new(),
            None => as_written(one),
        })
    }
}

/// Where a relaxed requirement may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Any,
}

/// The row for those of `freed` whose requirement doesn't take the version that pip chose.
fn changed(freed: &[&Declared], resolution: &Resolution) -> Option<Row> {
    let pins: Vec<Pin> = freed
        .iter()
        .filter_map(|one| Some((one, version_of(resolution, one)?)))
        .filter(|(one, version)| !specifier::takes(&one.requirement.specifier, version))
        .map(|(one, version)| pin(one, &version))
        .collect();
    (!pins.is_empty()).then(|| Pin::rows(&pins))
}

fn pin(declared: &Declared, version: &Version) -> Pin {
    Pin {
        package: declared.requirement.name.clone(),
        requirement: specifier::restyle(&declared.requirement.specifier, version),
        manifest: declared.manifest.clone(),
    }
}

fn version_of(resolution: &Resolution, declared: &Declared) -> Option<Version> {
    resolution.get(&normalized(&declared.requirement.name)).cloned()
}

/// The version that the specifier was written with.
fn pinned(specifier: &str) -> Option<Version> {
    specifier::parse(specifier)?.iter().next().map(|clause| clause.version().clone())
}

fn major_of(version: &Version) -> u64 {
    version.release().first().copied().unwrap_or(0)
}

fn of_major(major: u64) -> String {
    format!(">={major},<{}", major + 1)
}

/// Whether pip's explanation names the distribution, as a whole word, in whatever spelling.
fn mentions(said: &str, name: &str) -> bool {
    words(said).any(|word| normalized(word) == normalized(name))
}

/// Whether one line says that something depends on the distribution, or that no version of it fits.
fn is_depended_upon(said: &str, name: &str) -> bool {
    let upon = said
        .lines()
        .filter_map(|line| line.split_once(" depends on ").or_else(|| line.split_once("satisfies the requirement ")));
    let mut names = upon.filter_map(|(_, on)| words(on).next());
    names.any(|word| normalized(word) == normalized(name))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "The conflict is caused by:\n    The user requested urllib3==2.0.4\n    botocore 1.31.0 depends on urllib3<1.27 and >=1.25.4\n";

    #[test]
    fn what_others_depend_upon_is_told_from_who_depends() {
        assert!(is_depended_upon(SAID, "Urllib3"));
        assert!(!is_depended_upon(SAID, "botocore"));
        assert!(mentions(SAID, "botocore"));
        assert!(!mentions(SAID, "boto"));
    }
}

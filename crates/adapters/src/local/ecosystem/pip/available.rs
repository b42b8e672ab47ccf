use std::path::Path;

use pep440_rs::Version;

use super::requirements::{Declared, RequirementSet};
use super::resolver::{Impossible, Resolver};
use super::specifier;
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given};

/// Most requirements that one answer changes.
const MAX_TOGETHER: usize = 6;

/// Requirements that were named and that no version satisfies, with the nearest that one does.
pub(super) fn rows(given: &Given, scratch: &Path, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let resolver = Resolver::new(scratch, tools)?;
    let sets = RequirementSet::all(scratch, given)?;
    let mut rows: Vec<Row> = Vec::new();
    for name in given::names(given, &["package"], given::distribution) {
        for set in &sets {
            for row in of_set(set, &name, &resolver)? {
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
    }
    Ok(rows)
}

/// A requirement and the specifier to put in place of its own.
type Instead<'s> = (&'s Declared, String);

fn of_set(set: &RequirementSet, name: &str, resolver: &Resolver<'_>) -> Result<Vec<Row>, EcosystemError> {
    if set.locked.is_some() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for first in alternatives(set, name, resolver)? {
        rows.extend(completed(set, first, resolver)?);
    }
    Ok(rows)
}

/// The nearest specifiers for a requirement that no version satisfies; none for one that has a version.
fn alternatives<'s>(
    set: &'s RequirementSet,
    name: &str,
    resolver: &Resolver<'_>,
) -> Result<Vec<Instead<'s>>, EcosystemError> {
    let Some(declared) = set.declared.iter().find(|one| one.is(name)) else {
        return Ok(Vec::new());
    };
    let versions = resolver.versions(&set.options, &declared.requirement.name)?;
    let present = &declared.requirement.specifier;
    if versions.iter().any(|version| specifier::takes(present, version)) {
        return Ok(Vec::new());
    }
    let nearest = nearest(present, &versions);
    Ok(nearest.iter().map(|version| (declared, specifier::restyle(present, version))).collect())
}

/// The row of `first` and of what else is asked for in vain, once pip resolves with them.
fn completed(set: &RequirementSet, first: Instead<'_>, resolver: &Resolver<'_>) -> Result<Option<Row>, EcosystemError> {
    let mut all = vec![first];
    while all.len() <= MAX_TOGETHER {
        let instead = |one: &Declared| match all.iter().find(|(declared, _)| *declared == one) {
            Some((_, specifier)) => specifier.clone(),
            None => one.requirement.specifier.clone(),
        };
        let missing = match resolver.resolve(set, instead)? {
            Ok(_) => return Ok(Some(row(&all))),
            Err(Impossible::NoVersion { name, .. }) => name,
            Err(Impossible::Conflict(_)) => return Ok(None),
        };
        let known = all.iter().any(|(declared, _)| declared.is(&missing));
        match alternatives(set, &missing, resolver)?.into_iter().next() {
            Some(also) if !known => all.push(also),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn row(all: &[Instead<'_>]) -> Row {
    let pins: Vec<Pin> = all
        .iter()
        .map(|(declared, specifier)| Pin {
            package: declared.requirement.name.clone(),
            requirement: specifier.clone(),
            manifest: declared.manifest.clone(),
        })
        .collect();
    Pin::rows(&pins)
}

/// The newest release of the same minor, of the same major, and of all; pre-releases only where there is nothing else.
fn nearest(present: &str, versions: &[Version]) -> Vec<Version> {
    let stable: Vec<&Version> = versions.iter().filter(|version| version.is_stable()).collect();
    let choices = if stable.is_empty() { versions.iter().collect() } else { stable };
    let asked = specifier::parse(present).and_then(|parsed| Some(parsed.iter().next()?.version().release().to_vec()));
    let asked = asked.unwrap_or_default();
    let newest = |numbers: usize| {
        let same = |version: &&&Version| numbers <= asked.len() && starts(version.release(), &asked[..numbers]);
        choices.iter().filter(same).max().map(|version| (*version).clone())
    };
    let mut nearest: Vec<Version> = [2, 1, 0].into_iter().filter_map(newest).collect();
    nearest.dedup();
    nearest
}

fn starts(release: &[u64], with: &[u64]) -> bool {
    with.iter().enumerate().all(|(at, number)| release.get(at).copied().unwrap_or(0) == *number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn the_nearest_line_goes_first() {
        let versions: Vec<Version> =
            ["1.1.0", "2.0.3", "2.3.1", "3.0.0", "4.0rc1"].iter().map(|v| Version::from_str(v).unwrap()).collect();
        let found = |present: &str| nearest(present, &versions).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("==2.0.99"), ["2.0.3", "2.3.1", "3.0.0"]);
        assert_eq!(found(">=99"), ["3.0.0"]);
    }
}

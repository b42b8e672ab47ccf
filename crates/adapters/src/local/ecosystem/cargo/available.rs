//! Requirements that stand in the way of a resolution, and what to ask for instead.
//!
//! Cargo is asked with one requirement made wider at a time; the version that it then chooses is the answer.

use semver::Version;
use toml_edit::DocumentMut;

use super::project::Project;
use super::{client, manifest, requirement};
use crate::local::ecosystem::snapshot::trial;
use crate::local::ecosystem::{EcosystemError, Given, Pin, Row, Tools, given, tree};

/// Most requirements that are tried.
const MAX_REQUIREMENTS: usize = 6;
/// The requirement that every version meets.
const ANY: &str = "*";

/// A requirement as it stands in the manifests, and those that state it.
struct Stated {
    package: String,
    requirement: String,
    manifests: Vec<std::path::PathBuf>,
}

/// An answer: whether it goes back to an older version, how far it was widened, and the pins.
type Answer = (bool, usize, Vec<Pin>);

pub(super) fn rows(project: &Project, given: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    let Err(said) = trial(&project.changeable(), || client::lock_online(&project.dir(), tools))? else {
        return Ok(Vec::new());
    };
    let named = given::names(given, &["package", "dependent"], given::crate_name);
    let about = |name: &String| said.contains(&format!("`{name}"));
    if !named.is_empty() && !named.iter().any(about) {
        return Ok(Vec::new());
    }
    let mut answers: Vec<Answer> = Vec::new();
    for stated in stated(project, &said)?.into_iter().take(MAX_REQUIREMENTS) {
        answers.extend(answer(project, &stated, tools)?);
    }
    if answers.is_empty() {
        answers.extend(together(project, &said, tools)?);
    }
    answers.sort_by_key(|answer| (answer.0, answer.1));
    Ok(answers.iter().map(|(_, _, pins)| Pin::rows(pins)).collect())
}

/// The requirements of the packages that cargo named in its complaint, in the order of the manifests.
fn stated(project: &Project, said: &str) -> Result<Vec<Stated>, EcosystemError> {
    let mut all: Vec<Stated> = Vec::new();
    for path in project.manifests() {
        for declared in manifest::declared(&manifest::read(&project.scratch, &path)?) {
            let named = [' ', '`'].iter().any(|end| said.contains(&format!("`{}{end}", declared.package)));
            if !named {
                continue;
            }
            let same =
                all.iter_mut().find(|one| one.package == declared.package && one.requirement == declared.requirement);
            match same {
                Some(stated) if !stated.manifests.contains(&path) => stated.manifests.push(path.clone()),
                Some(_) => {}
                None => all.push(Stated {
                    package: declared.package,
                    requirement: declared.requirement,
                    manifests: vec![path.clone()],
                }),
            }
        }
    }
    Ok(all)
}

/// The nearest requirement for one package with which cargo resolves.
fn answer(project: &Project, stated: &Stated, tools: &dyn Tools) -> Result<Option<Answer>, EcosystemError> {
    for (width, wider) in requirement::relaxed(&stated.requirement).into_iter().enumerate() {
        let Some(version) = chosen(project, stated, &wider, tools)? else { continue };
        let restyled = requirement::restyle(&stated.requirement, &version);
        let exact = version.to_string();
        for requirement in [restyled, exact] {
            let holds = requirement != stated.requirement && chosen(project, stated, &requirement, tools)?.is_some();
            if holds {
                let older = is_older(&version, &stated.requirement);
                return Ok(Some((older, width, stated.pins(&requirement))));
            }
        }
    }
    Ok(None)
}

/// The requirements that cargo complains of one after the other, all made wider, where none alone is enough.
fn together(project: &Project, said: &str, tools: &dyn Tools) -> Result<Option<Answer>, EcosystemError> {
    let mut said = said.to_owned();
    let mut all: Vec<Stated> = Vec::new();
    for _ in 0..MAX_REQUIREMENTS {
        let fresh = stated(project, &said)?.into_iter().find(|one| !all.iter().any(|known| known.is_same(one)));
        let Some(fresh) = fresh else { return Ok(None) };
        all.push(fresh);
        let attempt = trial(&project.changeable(), || {
            for stated in &all {
                stated.write(project, ANY)?;
            }
            match client::lock_online(&project.dir(), tools)? {
                Err(said) => Ok(Err(said)),
                Ok(()) => {
                    all.iter().map(|one| locked(project, &one.package, ANY)).collect::<Result<Vec<_>, _>>().map(Ok)
                }
            }
        })?;
        match attempt {
            Err(complaint) => said = complaint,
            Ok(versions) => return Ok(restyled(&all, versions)),
        }
    }
    Ok(None)
}

fn restyled(all: &[Stated], versions: Vec<Option<Version>>) -> Option<Answer> {
    let mut answer: Answer = (false, usize::MAX, Vec::new());
    for (stated, version) in all.iter().zip(versions) {
        let version = version?;
        answer.0 |= is_older(&version, &stated.requirement);
        let requirement = requirement::restyle(&stated.requirement, &version);
        if requirement != stated.requirement {
            answer.2.extend(stated.pins(&requirement));
        }
    }
    Some(answer)
}

/// The version that cargo chooses for `requirement`, if the graph resolves with it.
fn chosen(
    project: &Project,
    stated: &Stated,
    requirement: &str,
    tools: &dyn Tools,
) -> Result<Option<Version>, EcosystemError> {
    trial(&project.changeable(), || {
        stated.write(project, requirement)?;
        if client::lock_online(&project.dir(), tools)?.is_err() {
            return Ok(None);
        }
        locked(project, &stated.package, requirement)
    })
}

/// The newest locked version of the package that `requirement` takes.
fn locked(project: &Project, package: &str, requirement: &str) -> Result<Option<Version>, EcosystemError> {
    let lockfile = project.lockfile();
    let text = tree::manifest_text(&project.scratch, &lockfile)?;
    let lock: DocumentMut = text.parse().map_err(|_| EcosystemError::manifest(&lockfile, "TOML"))?;
    let packages = lock.get("package").and_then(|packages| packages.as_array_of_tables());
    Ok(packages
        .into_iter()
        .flatten()
        .filter(|one| one.get("name").and_then(|name| name.as_str()) == Some(package))
        .filter_map(|one| Version::parse(one.get("version")?.as_str()?).ok())
        .filter(|version| requirement::takes(requirement, version))
        .max())
}

/// Whether the version lies below what the requirement asked for.
fn is_older(version: &Version, requirement: &str) -> bool {
    let parsed = semver::VersionReq::parse(requirement).ok();
    parsed.and_then(|parsed| parsed.comparators.first().cloned()).is_some_and(|first| {
        let asked = Version::new(first.major, first.minor.unwrap_or(0), first.patch.unwrap_or(0));
        *version < asked
    })
}

impl Stated {
    fn is_same(&self, other: &Self) -> bool {
        self.package == other.package && self.requirement == other.requirement
    }

    fn write(&self, project: &Project, requirement: &str) -> Result<(), EcosystemError> {
        super::editing::write(project, &self.package, &self.pins(requirement), |now| now == self.requirement)
    }

    fn pins(&self, requirement: &str) -> Vec<Pin> {
        let pin = |manifest: &std::path::PathBuf| Pin {
            package: self.package.clone(),
            requirement: requirement.to_owned(),
            manifest: manifest.clone(),
        };
        self.manifests.iter().map(pin).collect()
    }
}

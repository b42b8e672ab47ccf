use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::Value;

use crate::local::ecosystem::{EcosystemError, Pin, tree};

/// Most npm projects looked at in one tree.
const MAX_PROJECTS: usize = 8;

/// Sections whose ranges may move. A package's own `peerDependencies` are a promise to others and stay.
pub(super) const SECTIONS: &[&str] = &["dependencies", "devDependencies", "optionalDependencies"];

/// A package declared in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) manifest: PathBuf,
    pub(super) section: &'static str,
    pub(super) package: String,
    pub(super) requirement: String,
}

impl Declared {
    /// This declaration with another requirement.
    pub(super) fn pin(&self, requirement: String) -> Pin {
        Pin { package: self.package.clone(), requirement, manifest: self.manifest.clone() }
    }
}

/// One npm project: a root manifest and those of its workspaces.
#[derive(Debug, Clone)]
pub(super) struct Project {
    /// The copy of the whole tree.
    pub(super) scratch: PathBuf,
    /// Where this project's root is, relative to the copy.
    pub(super) root: PathBuf,
    /// The manifests, the root's first, relative to the copy.
    pub(super) manifests: Vec<PathBuf>,
    /// The names that the manifests give themselves.
    pub(super) own_names: Vec<String>,
    pub(super) declared: Vec<Declared>,
}

impl Project {
    /// The npm projects of a tree, the topmost first.
    pub(super) fn all(scratch: &Path) -> Result<Vec<Self>, EcosystemError> {
        let mut manifests: Vec<PathBuf> = tree::files(scratch)
            .into_iter()
            .filter(|file| file.file_name().is_some_and(|name| name == "package.json"))
            .collect();
        manifests.sort_by_key(|manifest| (manifest.components().count(), manifest.clone()));
        let mut projects: Vec<Self> = Vec::new();
        for manifest in &manifests {
            let taken = projects.iter().any(|project| project.manifests.contains(manifest));
            if !taken && projects.len() < MAX_PROJECTS {
                projects.push(Self::at(scratch, manifest, &manifests)?);
            }
        }
        Ok(projects)
    }

    /// The project that `manifest` belongs to.
    pub(super) fn of(scratch: &Path, manifest: &Path) -> Result<Self, EcosystemError> {
        Self::all(scratch)?
            .into_iter()
            .find(|project| project.manifests.iter().any(|own| own == manifest))
            .ok_or_else(|| EcosystemError::manifest(manifest, "a package.json of an npm project"))
    }

    fn at(scratch: &Path, manifest: &Path, all: &[PathBuf]) -> Result<Self, EcosystemError> {
        let root = tree::directory(manifest).to_path_buf();
        let members = workspaces(&read(scratch, manifest)?);
        let is_member = |other: &&PathBuf| {
            tree::directory(other).strip_prefix(&root).is_ok_and(|directory| members.is_match(directory))
        };
        let mut project = Self {
            scratch: scratch.to_path_buf(),
            manifests: vec![manifest.to_path_buf()],
            own_names: Vec::new(),
            declared: Vec::new(),
            root: root.clone(),
        };
        project.manifests.extend(all.iter().filter(|other| *other != manifest).filter(is_member).cloned());
        for manifest in project.manifests.clone() {
            project.read(&manifest)?;
        }
        Ok(project)
    }

    fn read(&mut self, manifest: &Path) -> Result<(), EcosystemError> {
        let value = read(&self.scratch, manifest)?;
        self.own_names.extend(value["name"].as_str().map(str::to_owned));
        for section in SECTIONS {
            for (package, requirement) in value[section].as_object().into_iter().flatten() {
                self.declared.extend(requirement.as_str().map(|requirement| Declared {
                    manifest: manifest.to_path_buf(),
                    section,
                    package: package.clone(),
                    requirement: requirement.to_owned(),
                }));
            }
        }
        Ok(())
    }

    /// Where npm runs.
    pub(super) fn dir(&self) -> PathBuf {
        self.scratch.join(&self.root)
    }

    /// The lockfile npm uses, relative to the copy, whether it exists or not; `npm-shrinkwrap.json` goes first.
    pub(super) fn lockfile(&self) -> PathBuf {
        let shrinkwrap = self.root.join("npm-shrinkwrap.json");
        if self.scratch.join(&shrinkwrap).exists() {
            return shrinkwrap;
        }
        self.root.join("package-lock.json")
    }

    /// Whether another package manager's lockfile shows that npm isn't this project's tool.
    pub(super) fn foreign_lockfile(&self) -> Option<&'static str> {
        ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"]
            .into_iter()
            .find(|lockfile| self.dir().join(lockfile).exists())
    }

    /// The files that a trial may change, absolute.
    pub(super) fn changeable(&self) -> Vec<PathBuf> {
        let locks = ["package-lock.json", "npm-shrinkwrap.json"].map(|lock| self.dir().join(lock));
        let manifests = self.manifests.iter().map(|manifest| self.scratch.join(manifest));
        manifests.chain(locks).collect()
    }

    /// Every declaration of a package.
    pub(super) fn declarations<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a Declared> {
        self.declared.iter().filter(move |declared| declared.package == package)
    }

    /// This project with the pins in place; on disk nothing changes.
    pub(super) fn with(&self, pins: &[Pin]) -> Self {
        let mut project = self.clone();
        for declared in &mut project.declared {
            let pin = pins.iter().find(|pin| pin.package == declared.package && pin.manifest == declared.manifest);
            if let Some(pin) = pin {
                declared.requirement.clone_from(&pin.requirement);
            }
        }
        project
    }
}

/// The manifest as a value.
pub(super) fn read(scratch: &Path, manifest: &Path) -> Result<Value, EcosystemError> {
    let text = tree::manifest_text(scratch, manifest)?;
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| EcosystemError::manifest(manifest, format!("JSON ({error})")))
}

/// `workspaces` as a list or under `packages`, as globs over directories; a pattern that doesn't parse is left out.
fn workspaces(manifest: &Value) -> GlobSet {
    let list = manifest["workspaces"].as_array().or_else(|| manifest["workspaces"]["packages"].as_array());
    let mut globs = GlobSetBuilder::new();
    for glob in list.into_iter().flatten().filter_map(Value::as_str) {
        let glob = glob.trim_start_matches("./").trim_end_matches('/');
        if let Ok(glob) = Glob::new(glob) {
            globs.add(glob);
        }
    }
    globs.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::ecosystem::scripted::project as tree_of;

    #[test]
    fn workspaces_belong_to_their_root_and_other_projects_stand_alone() {
        let dir = tree_of(&[
            ("package.json", r#"{"name":"root","workspaces":["packages/*"],"devDependencies":{"a":"^1"}}"#),
            ("packages/x/package.json", r#"{"name":"x","dependencies":{"b":"~2.0"}}"#),
            ("docs/package.json", r#"{"name":"docs"}"#),
        ]);
        let projects = Project::all(dir.path()).unwrap();
        assert_eq!(projects.len(), 2);
        assert_eq!(projects[0].own_names, ["root", "x"]);
        assert_eq!(projects[0].declarations("b").next().unwrap().manifest, Path::new("packages/x/package.json"));
        assert_eq!(projects[1].root, Path::new("docs"));
    }

    #[test]
    fn a_broken_manifest_is_named() {
        let dir = tree_of(&[("web/package.json", "{")]);
        let error = Project::all(dir.path()).unwrap_err().to_string();
        assert!(error.contains("web/package.json"), "{error}");
    }
}

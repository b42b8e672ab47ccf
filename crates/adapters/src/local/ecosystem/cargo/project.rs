use std::path::{Path, PathBuf};

use serde_json::Value;

use super::client;
use crate::local::ecosystem::{EcosystemError, Tools, tree};

/// Most cargo workspaces looked at in one tree.
const MAX_PROJECTS: usize = 8;

/// A package of a workspace.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    /// Relative to the copy.
    pub(super) manifest: PathBuf,
}

/// One cargo workspace, or a package that stands alone.
#[derive(Debug, Clone)]
pub(super) struct Project {
    /// The copy of the whole tree.
    pub(super) scratch: PathBuf,
    /// The workspace's root, relative to the copy.
    pub(super) root: PathBuf,
    pub(super) packages: Vec<Package>,
}

impl Project {
    /// The workspaces of a tree, the topmost first.
    pub(super) fn all(scratch: &Path, tools: &dyn Tools) -> Result<Vec<Self>, EcosystemError> {
        let mut manifests: Vec<PathBuf> = tree::files(scratch)
            .into_iter()
            .filter(|file| file.file_name().is_some_and(|name| name == "Cargo.toml"))
            .collect();
        manifests.sort_by_key(|manifest| (manifest.components().count(), manifest.clone()));
        let mut projects: Vec<Self> = Vec::new();
        for manifest in &manifests {
            let taken = projects.iter().any(|project| project.has(manifest));
            if taken || projects.len() >= MAX_PROJECTS {
                continue;
            }
            let project = Self::at(scratch, manifest, tools)?;
            if !projects.iter().any(|other| other.root == project.root) {
                projects.push(project);
            }
        }
        Ok(projects)
    }

    /// The workspace that `manifest` belongs to.
    pub(super) fn of(scratch: &Path, manifest: &Path, tools: &dyn Tools) -> Result<Self, EcosystemError> {
        tree::inside(scratch, manifest)?;
        Self::at(scratch, manifest, tools)
    }

    fn at(scratch: &Path, manifest: &Path, tools: &dyn Tools) -> Result<Self, EcosystemError> {
        let value = client::manifests(&scratch.join(tree::directory(manifest)), tools)?;
        let root = value["workspace_root"].as_str().and_then(|root| relative(scratch, Path::new(root)));
        let root =
            root.ok_or_else(|| EcosystemError::manifest(manifest, "a workspace whose root is inside the project"))?;
        let packages = value["packages"].as_array().into_iter().flatten();
        Ok(Self {
            scratch: scratch.to_path_buf(),
            root,
            packages: packages.filter_map(|package| Package::read(scratch, package)).collect(),
        })
    }

    fn has(&self, manifest: &Path) -> bool {
        manifest == self.root.join("Cargo.toml") || self.packages.iter().any(|own| own.manifest == manifest)
    }

    /// Where cargo runs.
    pub(super) fn dir(&self) -> PathBuf {
        self.scratch.join(&self.root)
    }

    pub(super) fn lockfile(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }

    /// The manifests: the root's, then the members'.
    pub(super) fn manifests(&self) -> Vec<PathBuf> {
        let mut manifests = vec![self.root.join("Cargo.toml")];
        let members = self.packages.iter().map(|package| &package.manifest);
        manifests.extend(members.filter(|manifest| **manifest != self.root.join("Cargo.toml")).cloned());
        manifests
    }

    /// The files that a trial may change, absolute.
    pub(super) fn changeable(&self) -> Vec<PathBuf> {
        let mut files = self.manifests();
        files.push(self.lockfile());
        files.iter().map(|file| self.scratch.join(file)).collect()
    }
}

impl Package {
    fn read(scratch: &Path, value: &Value) -> Option<Self> {
        Some(Self {
            name: value["name"].as_str()?.to_owned(),
            manifest: relative(scratch, Path::new(value["manifest_path"].as_str()?))?,
        })
    }
}

/// `path` below `scratch`; cargo answers with resolved links.
fn relative(scratch: &Path, path: &Path) -> Option<PathBuf> {
    let direct = path.strip_prefix(scratch).map(Path::to_path_buf).ok();
    direct.or_else(|| path.strip_prefix(scratch.canonicalize().ok()?).map(Path::to_path_buf).ok())
}

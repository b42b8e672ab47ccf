//! Copying a tree: directories and links as they are met, then all files, then what has to know of its new place.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::bounds::{Bounds, Size};
use super::copy_error::failed;
use super::git_dir::{self, GitDir};
use super::links::{self, Becomes};
use super::scope::is_environment;
use super::{CopyError, Relocation, Scope};
use crate::local::process::Cancel;

/// A copy in the making.
pub(super) struct TreeCopy<'a> {
    scope: Scope,
    cancel: &'a Cancel,
    /// The private directory that all of it goes into; not copied if it lies in the tree.
    root: &'a Path,
    size: Size,
    files: Vec<(PathBuf, PathBuf)>,
    /// Virtual environments, in the copy.
    environments: Vec<PathBuf>,
    /// Each `.git` of the tree, in the original.
    dot_gits: Vec<PathBuf>,
}

/// A `.git` file in the copy, and the copied directories that it is to name.
struct Attached {
    dot_git: PathBuf,
    own: PathBuf,
    common: PathBuf,
}

impl<'a> TreeCopy<'a> {
    pub(super) fn new(scope: Scope, bounds: Bounds, root: &'a Path, cancel: &'a Cancel) -> Self {
        let size = Size::within(bounds);
        Self { scope, cancel, root, size, files: Vec::new(), environments: Vec::new(), dot_gits: Vec::new() }
    }

    /// Makes the whole copy.
    pub(super) fn make(mut self, relocation: &Relocation) -> Result<(), CopyError> {
        self.walk(relocation)?;
        let (own, elsewhere): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.dot_gits).into_iter().partition(|path| path.is_dir());
        let attached = self.git_dirs(elsewhere, relocation)?;
        self.size.fits(self.root)?;
        super::files::copy_all(&self.files, self.cancel)?;
        let cannot = |path: &Path| failed("cannot relocate", path);
        relocation.virtual_environments(&self.environments).map_err(cannot(relocation.to()))?;
        for dir in own {
            git_dir::relocate(&relocation.link_target(&dir), relocation).map_err(cannot(&dir))?;
        }
        for Attached { dot_git, own, common } in attached {
            git_dir::attach(&dot_git, &own, &common).map_err(cannot(&dot_git))?;
        }
        Ok(())
    }

    fn walk(&mut self, relocation: &Relocation) -> Result<(), CopyError> {
        let top = relocation.from();
        let device = fs::metadata(top).map_err(failed("cannot read", top))?.dev();
        let mut walk = WalkDir::new(top).same_file_system(true).into_iter();
        while let Some(entry) = walk.next() {
            if self.cancel.requested().is_some() {
                return Err(CopyError::Cancelled);
            }
            let entry = entry.map_err(|error| failed("cannot read", error.path().unwrap_or(top))(error.into()))?;
            let descends = self.enters(&entry, device)? && self.entry(&entry, relocation)?;
            if !descends && entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        }
        Ok(())
    }

    fn enters(&self, entry: &DirEntry, device: u64) -> Result<bool, CopyError> {
        if entry.path() == self.root || !self.scope.holds(entry) {
            return Ok(false);
        }
        let mounted = || entry.metadata().is_ok_and(|found| found.dev() != device);
        match (self.scope, entry.file_type().is_dir() && mounted()) {
            (_, false) => Ok(true),
            (Scope::Sources, true) => Ok(false),
            (Scope::Everything, true) => Err(CopyError::Mounted { path: entry.path().to_owned() }),
        }
    }

    /// Copies one entry, or notes it; whether what lies in it is copied too.
    fn entry(&mut self, entry: &DirEntry, relocation: &Relocation) -> Result<bool, CopyError> {
        let (from, target, kind) = (entry.path(), relocation.link_target(entry.path()), entry.file_type());
        let cannot = |what| failed(what, from);
        if entry.file_name() == ".git" && entry.depth() > 0 {
            self.dot_gits.push(from.to_owned());
        }
        if self.scope == Scope::Sources && is_environment(entry) {
            // Only its interpreter is asked; nothing is installed into it.
            self.size.add(0)?;
            symlink(from, &target).map_err(cannot("cannot link"))?;
            return Ok(false);
        }
        if entry.file_name() == "pyvenv.cfg" {
            self.environments.extend(target.parent().map(Path::to_owned));
        }
        if kind.is_file() {
            let bytes = entry.metadata().map_err(|error| cannot("cannot read")(error.into()))?.len();
            self.file(from.to_owned(), target, bytes)?;
        } else if kind.is_symlink() {
            self.link(from, target, relocation)?;
        } else if kind.is_dir() {
            self.size.add(0)?;
            fs::create_dir(&target).map_err(cannot("cannot copy"))?;
            // Writable for us, whatever the original is; the copy is private.
            let mode = fs::metadata(from).map_err(cannot("cannot read"))?.permissions().mode() | 0o700;
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).map_err(cannot("cannot copy"))?;
        }
        // Sockets, pipes and devices are left out.
        Ok(kind.is_dir())
    }

    fn file(&mut self, from: PathBuf, target: PathBuf, bytes: u64) -> Result<(), CopyError> {
        self.size.add(bytes)?;
        self.files.push((from, target));
        Ok(())
    }

    fn link(&mut self, link: &Path, target: PathBuf, relocation: &Relocation) -> Result<(), CopyError> {
        let cannot = || failed("cannot copy", link);
        let leads_to = match self.scope {
            Scope::Sources => links::in_sources(link, relocation).map_err(cannot())?,
            Scope::Everything if git_dir::is_shared(link, relocation.from()) => {
                let why = "it is a link to files that others share";
                return Err(CopyError::Git { path: link.to_owned(), why });
            }
            Scope::Everything => Becomes::Link(relocation.link_target(&fs::read_link(link).map_err(cannot())?)),
        };
        match leads_to {
            Becomes::Link(to) => {
                self.size.add(0)?;
                symlink(to, target).map_err(cannot())
            }
            Becomes::File(from, bytes) => self.file(from, target, bytes),
            Becomes::Nothing => Ok(()),
        }
    }

    /// Copies the git directories that the files `dot_gits` name and that lie elsewhere, each once.
    fn git_dirs(&mut self, mut dot_gits: Vec<PathBuf>, relocation: &Relocation) -> Result<Vec<Attached>, CopyError> {
        // Those of submodules may lie in that of the tree itself.
        dot_gits.sort_by_key(|path| path.components().count());
        let top = relocation.from();
        let mut copied =
            vec![Relocation::new(&top.canonicalize().map_err(failed("cannot enter", top))?, relocation.to())];
        let mut attached = Vec::new();
        for dot_git in dot_gits {
            let Some(git) = GitDir::of(&dot_git)? else { continue };
            let place = match copied.iter().find(|known| git.common.starts_with(known.from())) {
                Some(known) => known.clone(),
                None => {
                    let place = Relocation::new(&git.common, &self.root.join(format!(".git-{}", copied.len())));
                    self.walk(&place)?;
                    copied.push(place.clone());
                    place
                }
            };
            let (own, common) = (place.link_target(&git.own), place.link_target(&git.common));
            attached.push(Attached { dot_git: relocation.link_target(&dot_git), own, common });
        }
        Ok(attached)
    }
}

//! Which file a program's name means: one outside of the project, and the same one when it is run as when it was shown.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use selfheal_core::plan::Fence;
use sha2::{Digest, Sha256};

use super::checkout::Checkout;

/// What a fence calls a program, before its path.
const WHAT: &str = "program ";

/// The places where programs are looked for: absolute, and outside of the project, which may hold anybody's `ls`.
pub(super) fn trusted_path(path: &OsStr, project: &Checkout) -> OsString {
    let places = std::env::split_paths(path).filter(|place| project.is_outside(place));
    std::env::join_paths(places).unwrap_or_default()
}

/// A program as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// Changes with the file.
    version: String,
}

impl Program {
    /// The program called `name`, by the places in `path`.
    ///
    /// # Errors
    /// Why there is none that may be run.
    pub(super) fn find(name: &str, path: &OsStr, project: &Checkout) -> Result<Self, String> {
        let candidates: Vec<PathBuf> = match name.contains('/') {
            true if !Path::new(name).is_absolute() => {
                return Err(format!("`{name}` is looked for in the project, where anybody may have put it"));
            }
            true => vec![PathBuf::from(name)],
            false => std::env::split_paths(path).map(|place| place.join(name)).collect(),
        };
        let found = candidates.into_iter().find(|candidate| is_executable(candidate));
        let found = found.ok_or_else(|| format!("there is no program `{name}` outside of the project"))?;
        if !project.is_outside(&found) {
            return Err(format!("`{name}` lies in the project, where anybody may have put it"));
        }
        match anybody_writes(&found) {
            false => Self::at(found),
            true => Err(format!("`{}` is a file that any user of this host may write or replace", found.display())),
        }
    }

    fn at(path: PathBuf) -> Result<Self, String> {
        let metadata = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut hash = Sha256::new();
        // No content: some programs have hundreds of megabytes. A write changes the change time, which nobody can set.
        for part in [metadata.dev(), metadata.ino(), metadata.size(), metadata.mode().into()] {
            hash.update(part.to_be_bytes());
        }
        for part in [metadata.ctime(), metadata.ctime_nsec()] {
            hash.update(part.to_be_bytes());
        }
        let version = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { path, version })
    }

    /// That it is still this file.
    pub(super) fn fence(&self) -> Fence {
        Fence { what: format!("{WHAT}{}", self.path.display()), version: Some(self.version.clone()) }
    }
}

/// Whether the program that a fence names is still the one that was previewed.
pub(in crate::local) fn is_program_as_seen(fence: &Fence) -> bool {
    let path = fence.what.strip_prefix(WHAT).map(PathBuf::from);
    path.is_some_and(|path| Program::at(path).is_ok_and(|program| program.fence() == *fence))
}

/// Whether every user may write the file, or put another one in its place.
fn anybody_writes(file: &Path) -> bool {
    let open = |place: &Path| fs::metadata(place).is_ok_and(|found| found.mode() & 0o002 != 0);
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    [file, &real].into_iter().any(|file| open(file) || file.parent().is_some_and(open))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Places {
        _root: tempfile::TempDir,
        project: PathBuf,
        bin: PathBuf,
    }

    fn places() -> Places {
        let root = tempfile::tempdir().unwrap();
        let (project, bin) = (root.path().canonicalize().unwrap().join("project"), root.path().join("bin"));
        for (dir, name) in [(&project, "mine"), (&bin, "reads")] {
            fs::create_dir_all(dir).unwrap();
            fs::write(dir.join(name), "#!/bin/sh\n").unwrap();
            fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Places { _root: root, project, bin }
    }

    #[test]
    fn a_program_is_found_outside_of_the_project_only() {
        let Places { _root, project, bin } = places();
        let path = std::env::join_paths([&project, &bin]).unwrap();
        let absolute = project.join("mine");
        let mine = absolute.clone();
        let project = Checkout::of(&project);
        assert_eq!(Program::find("reads", &path, &project).unwrap().path, bin.join("reads"));
        assert_eq!(trusted_path(&path, &project), bin.as_os_str());
        symlink(mine, bin.join("linked")).unwrap();
        for name in ["mine", "linked", "./mine", "../project/mine", "no-such-program", "", absolute.to_str().unwrap()] {
            assert!(Program::find(name, &path, &project).is_err(), "{name}");
        }
    }

    #[test]
    fn a_program_that_anybody_may_write_is_none() {
        let Places { _root, project, bin } = places();
        let project = Checkout::of(&project);
        let found = || Program::find("reads", bin.as_os_str(), &project);
        for (place, open, closed) in [(bin.join("reads"), 0o757, 0o755), (bin.clone(), 0o1777, 0o755)] {
            fs::set_permissions(&place, fs::Permissions::from_mode(open)).unwrap();
            assert!(found().unwrap_err().contains("any user of this host"), "{}", place.display());
            fs::set_permissions(&place, fs::Permissions::from_mode(closed)).unwrap();
            assert!(found().is_ok(), "{}", place.display());
        }
    }

    #[test]
    fn a_program_that_is_another_now_has_another_fence() {
        let Places { _root, project, bin } = places();
        let project = Checkout::of(&project);
        let fence = || Program::find("reads", bin.as_os_str(), &project).unwrap().fence();
        let before = fence();
        assert_eq!(before, fence());
        assert!(is_program_as_seen(&before));
        fs::write(bin.join("reads"), "#!/bin/sh\nid\n").unwrap();
        assert_ne!(before, fence());
        assert!(!is_program_as_seen(&before));
    }
}

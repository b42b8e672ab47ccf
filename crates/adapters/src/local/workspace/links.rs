//! Links that lead out of a tree: a tool that writes into the copy must not write through them.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::copy_error::failed;
use super::{CopyError, Relocation};

/// Largest file elsewhere that stands in for a link to it, in bytes: manifests, lockfiles and settings are smaller.
const MAX_LINKED_BYTES: u64 = 64 << 20;

/// What a link of the original becomes in a copy of the sources.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Becomes {
    /// A link to this place: in the copy, or a virtual environment elsewhere.
    Link(PathBuf),
    /// A copy of this file.
    File(PathBuf, u64),
    /// Nothing: it leads to nothing, or to a directory or a device elsewhere.
    Nothing,
}

/// What `link` becomes, such that a write to it stays in the copy.
pub(super) fn in_sources(link: &Path, relocation: &Relocation) -> io::Result<Becomes> {
    // One that leads to nothing would have a file made there.
    let Ok(real) = link.canonicalize() else { return Ok(Becomes::Nothing) };
    // Also a relative link may have gone out and come back.
    if let Ok(inside) = real.strip_prefix(relocation.from().canonicalize()?) {
        return Ok(Becomes::Link(relocation.to().join(inside)));
    }
    let found = fs::metadata(&real)?;
    Ok(match found.is_file() && found.len() <= MAX_LINKED_BYTES {
        true => Becomes::File(real, found.len()),
        false if real.join("pyvenv.cfg").is_file() => Becomes::Link(real),
        false => Becomes::Nothing,
    })
}

/// Whether a link leads out of `dir`; one that leads to nothing doesn't.
pub(super) fn leads_out(link: &Path, dir: &Path) -> bool {
    let real = link.canonicalize().ok().zip(dir.canonicalize().ok());
    real.is_some_and(|(target, dir)| !target.starts_with(dir))
}

/// Refuses a file to be changed below `root` that is a link or lies behind one: policy decides by the path that it is told, and
/// behind a link another file would be changed.
///
/// # Errors
/// [`CopyError::Link`] and [`CopyError::Outside`].
pub(super) fn check_changeable(root: &Path, path: &Path) -> Result<(), CopyError> {
    let outside = || CopyError::Outside { path: path.to_owned() };
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let full = root.join(path);
    let parent = full.parent().filter(|_| plain && !path.as_os_str().is_empty()).ok_or_else(outside)?;
    let root = root.canonicalize().map_err(failed("cannot enter", root))?;
    // Directories that are not there yet are made below the nearest one that is.
    let real = parent.ancestors().find_map(|dir| dir.canonicalize().ok());
    if !real.is_some_and(|real| real.starts_with(&root)) {
        return Err(outside());
    }
    let is_link = |place: &Path| fs::symlink_metadata(place).is_ok_and(|found| found.is_symlink());
    let mut places = path.ancestors().filter(|place| !place.as_os_str().is_empty());
    match places.any(|place| is_link(&root.join(place))) {
        true => Err(CopyError::Link { path: path.to_owned() }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_stays_in_the_copy_remains_a_link() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let (project, venv) = (root.join("project"), root.join("venv"));
        for dir in [&project.join("src"), &venv] {
            fs::create_dir_all(dir).unwrap();
        }
        fs::write(venv.join("pyvenv.cfg"), "").unwrap();
        fs::write(root.join("shared.lock"), "123").unwrap();
        symlink(&project, root.join("alias")).unwrap();
        let moved = Relocation::new(&project, Path::new("/copy"));
        let becomes = |target: &str| {
            let link = project.join("link");
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            in_sources(&link, &moved).unwrap()
        };
        assert_eq!(becomes("src"), Becomes::Link("/copy/src".into()));
        assert_eq!(becomes("../alias/src"), Becomes::Link("/copy/src".into()));
        assert_eq!(becomes("../venv"), Becomes::Link(venv));
        assert_eq!(becomes("../shared.lock"), Becomes::File(root.join("shared.lock"), 3));
        assert_eq!(becomes(".."), Becomes::Nothing);
        assert_eq!(becomes("../not-there.lock"), Becomes::Nothing);
        assert_eq!(becomes("/dev/zero"), Becomes::Nothing);
    }

    #[test]
    fn only_regular_files_below_the_root_are_changed() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = dir.path();
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("src/a"), "").unwrap();
        symlink(elsewhere.path(), root.join("out")).unwrap();
        symlink("src", root.join("in")).unwrap();
        symlink("a", root.join("src/b")).unwrap();
        let check = |path: &str| check_changeable(root, Path::new(path));
        for path in ["src/a", "new/deeper/file"] {
            check(path).unwrap();
        }
        for path in ["src/b", "in/a", "in/new/a"] {
            assert!(matches!(check(path), Err(CopyError::Link { .. })), "{path}");
        }
        for path in ["out/a", "out/new/a", "../a", "/etc/hosts", ""] {
            assert!(matches!(check(path), Err(CopyError::Outside { .. })), "{path}");
        }
    }
}

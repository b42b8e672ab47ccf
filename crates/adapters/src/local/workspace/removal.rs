//! Removing a copy, whatever the command made of it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Removes the tree at `dir`, also where the command took the permission to do so away (Go's module cache is read-only,
/// for one).
///
/// # Errors
/// If something in it can't be removed still.
pub(super) fn remove_tree(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) => {
            make_writable(dir);
            fs::remove_dir_all(dir)
        }
        Ok(()) => Ok(()),
    }
}

/// Gives the owner all permissions on all directories of the tree; links aren't followed.
fn make_writable(dir: &Path) {
    let mut left: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        // What is refused here shows when it is removed.
        let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o700));
        let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
        left.extend(
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn read_only_directories_become_writable_and_nothing_behind_a_link_does() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let inner = dir.path().join("cache/module");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("file"), "").unwrap();
        symlink(elsewhere.path(), dir.path().join("cache/link")).unwrap();
        for path in [inner.as_path(), &dir.path().join("cache"), elsewhere.path()] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
        }
        make_writable(dir.path());
        assert_eq!((mode(&inner), mode(&dir.path().join("cache"))), (0o700, 0o700));
        assert_eq!(mode(elsewhere.path()), 0o555);
    }

    #[test]
    fn a_read_only_tree_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("copy");
        fs::create_dir_all(dir.join("a")).unwrap();
        fs::write(dir.join("a/file"), "").unwrap();
        fs::set_permissions(dir.join("a"), fs::Permissions::from_mode(0o555)).unwrap();
        remove_tree(&dir).unwrap();
        assert!(!dir.exists());
    }
}

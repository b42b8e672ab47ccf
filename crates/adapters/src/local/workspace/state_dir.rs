//! Where the healer keeps what belongs to one directory: never in a file that would be committed.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ContentHash;
use super::git_dir::GitDir;

/// The private (0700) state directory of one working directory.
///
/// `.selfheal/` in the project's git directory, or, outside of git, a folder of the user's state directory that is
/// named after the working directory. Lock and undo records always lie here, whatever store is used, so that any
/// healer that works on the directory finds them.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
    store: PathBuf,
}

impl StateDir {
    /// The state directory for `dir`, which must be canonical.
    ///
    /// `user_state` is the user's state directory, `$XDG_STATE_HOME` or `~/.local/state`. It is used outside of git, and
    /// where the git directory is somebody else's or read-only.
    ///
    /// # Errors
    /// If it can't be created.
    pub fn of(dir: &Path, user_state: Option<&Path>) -> io::Result<Self> {
        let of_user = || Self::in_store(user_state.ok_or_else(no_home)?.join("selfheal"), dir);
        match git_dir(dir) {
            Some(git) => Self::in_store(git.join(".selfheal"), dir).or_else(|error| of_user().map_err(|_| error)),
            None => of_user(),
        }
    }

    /// The one at `path`, which was made before. The directory that it belongs to may be gone.
    #[must_use]
    pub fn existing(path: &Path) -> Option<Self> {
        let store = path.parent()?.to_owned();
        path.is_dir().then(|| Self { path: path.to_owned(), store })
    }

    fn in_store(store: PathBuf, dir: &Path) -> io::Result<Self> {
        let path = store.join(name_of(dir));
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        // What was made by another user may exist and be closed to us.
        tempfile::tempfile_in(&path)?;
        Ok(Self { path, store })
    }

    /// Where a store lies by default: shared by the working directories of one repository, or of one user outside of git.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn no_home() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        "neither XDG_STATE_HOME nor HOME is set and the directory is not in a git repository",
    )
}

// Several working directories may share one git directory.
fn name_of(dir: &Path) -> String {
    let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    ContentHash::from_digest(&hash).as_str()[..16].to_owned()
}

fn git_dir(dir: &Path) -> Option<PathBuf> {
    let dot_git = dir.ancestors().map(|ancestor| ancestor.join(".git")).find(|path| path.exists())?;
    if dot_git.is_dir() {
        return Some(dot_git).filter(|git| git.join("HEAD").is_file());
    }
    // A worktree or submodule. A worktree's own git directory goes with it, and the record must not.
    GitDir::of(&dot_git).ok().flatten().map(|git| git.common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_worktree_outlives_it() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let (own, tree) = (root.join("repo/.git/worktrees/tree"), root.join("tree"));
        std::fs::create_dir_all(&own).unwrap();
        std::fs::create_dir(&tree).unwrap();
        std::fs::write(own.join("commondir"), "../..\n").unwrap();
        std::fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        let state = StateDir::of(&tree, None).unwrap();
        assert_eq!(state.store(), root.join("repo/.git/.selfheal"));
        std::fs::remove_file(own.join("commondir")).unwrap();
        assert_eq!(StateDir::of(&tree, None).unwrap().store(), own.join(".selfheal"), "a submodule has only its own");
    }

    #[test]
    fn lies_in_the_git_directory_or_else_in_the_users_state_directory() {
        let root = tempfile::tempdir().unwrap();
        let (repo, state) = (root.path().join("repo"), root.path().join("state"));
        std::fs::create_dir_all(repo.join("sub")).unwrap();
        let outside = StateDir::of(&repo, Some(&state)).unwrap();
        assert!(outside.path().starts_with(state.join("selfheal")));
        std::fs::create_dir_all(repo.join(".git")).unwrap();
        std::fs::write(repo.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let inside = StateDir::of(&repo.join("sub"), None).unwrap();
        assert!(inside.path().starts_with(repo.join(".git/.selfheal")));
        let mode = std::fs::metadata(inside.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(StateDir::of(&root.path().join("state"), None).is_err(), "no git and no home");
        std::fs::remove_dir_all(repo.join(".git/.selfheal")).unwrap();
        std::fs::write(repo.join(".git/.selfheal"), "in the way").unwrap();
        assert!(
            StateDir::of(&repo, Some(&state)).unwrap().path().starts_with(&state),
            "the git directory can't be used"
        );
    }
}

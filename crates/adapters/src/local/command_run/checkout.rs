//! What belongs to the project of a directory: the whole checkout that holds it, where anybody's change may have put a file.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Most that is read of a file which names a directory of git.
const LINK_BYTES: u64 = 4 << 10;

/// What of git's own directory runs code or says what is checked out. Looking at a repository changes none of it.
const WATCHED: [&str; 5] = ["hooks", "config", "config.worktree", "HEAD", "refs/heads"];

/// The directory of a pipeline with the work trees that hold it.
#[derive(Debug)]
pub(super) struct Checkout {
    roots: Vec<PathBuf>,
    /// Git's directories, of the work tree and of the repository.
    git: Vec<PathBuf>,
}

impl Checkout {
    /// Of `dir`, a directory without symlinks in its path. A submodule and a linked work tree belong to the repository around them too.
    pub(super) fn of(dir: &Path) -> Self {
        let mut checkout = Self { roots: vec![dir.to_owned()], git: Vec::new() };
        for place in dir.ancestors() {
            let dot_git = place.join(".git");
            if dot_git.is_dir() {
                checkout.add(place, dot_git);
                break;
            }
            if let Some(own) = named_in(&dot_git, "gitdir: ") {
                checkout.add(place, own);
            }
        }
        checkout
    }

    fn add(&mut self, root: &Path, own: PathBuf) {
        self.roots.push(root.to_owned());
        if let Some(common) = named_in(&own.join("commondir"), "").and_then(|common| common.canonicalize().ok()) {
            let main = common.file_name().filter(|name| *name == ".git").and_then(|_| common.parent());
            self.roots.extend(main.map(Path::to_owned));
            self.git.push(common);
        }
        self.git.push(own);
    }

    /// Whether a place is absolute, plain and not of the project, by its path and by what that leads to.
    pub(super) fn is_outside(&self, place: &Path) -> bool {
        let plain = place.is_absolute() && !place.components().any(|part| part == Component::ParentDir);
        let real = real(place);
        plain && !self.roots.iter().any(|root| place.starts_with(root) || real.starts_with(root))
    }

    /// Files and directories of git that no command may change: those that are there.
    pub(super) fn watched(&self) -> impl Iterator<Item = PathBuf> {
        let all = self.git.iter().flat_map(|git| WATCHED.iter().map(move |name| git.join(name)));
        all.filter(|place| place.exists())
    }
}

/// What a path leads to, as far as it is there.
fn real(place: &Path) -> PathBuf {
    let there = place.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    there.map_or_else(|| place.to_owned(), |(part, real)| real.join(place.strip_prefix(part).unwrap_or(Path::new(""))))
}

/// The path that a small file of git names, relative to where the file is.
fn named_in(file: &Path, before: &str) -> Option<PathBuf> {
    let is_small = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= LINK_BYTES);
    let text = is_small.then(|| fs::read_to_string(file).ok()).flatten()?;
    let path = text.strip_prefix(before)?.trim_end_matches(['\n', '\r']);
    Some(file.parent()?.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        (root, real)
    }

    #[test]
    fn the_whole_checkout_belongs_to_a_directory_of_it() {
        let (_root, root) = world();
        for dir in ["repo/.git", "repo/web", "repo/tools", "other"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        std::os::unix::fs::symlink(root.join("repo/tools"), root.join("linked")).unwrap();
        let checkout = Checkout::of(&root.join("repo/web"));
        for inside in
            ["repo", "repo/web", "repo/tools", "repo/tools/none/yet", "linked", "linked/none", "other/../repo"]
        {
            assert!(!checkout.is_outside(&root.join(inside)), "{inside}");
        }
        assert!(checkout.is_outside(&root.join("other")) && checkout.is_outside(&root.join("repository")));
        assert!(!checkout.is_outside(Path::new("tools")) && !checkout.is_outside(Path::new("")));
    }

    #[test]
    fn a_submodule_and_a_linked_work_tree_belong_to_their_repository() {
        let (_root, root) = world();
        for dir in ["repo/.git/modules/sub", "repo/.git/worktrees/tree", "repo/sub/web", "tree", "repo/.git/hooks"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        fs::write(root.join("repo/sub/.git"), "gitdir: ../.git/modules/sub\n").unwrap();
        assert!(!Checkout::of(&root.join("repo/sub/web")).is_outside(&root.join("repo/tools")));
        fs::write(root.join("tree/.git"), format!("gitdir: {}\n", root.join("repo/.git/worktrees/tree").display()))
            .unwrap();
        fs::write(root.join("repo/.git/worktrees/tree/commondir"), "../..\n").unwrap();
        let tree = Checkout::of(&root.join("tree"));
        assert!(!tree.is_outside(&root.join("repo/tools")) && tree.is_outside(&root.join("elsewhere")));
        assert!(tree.watched().any(|place| place == root.join("repo/.git/hooks")));
    }
}

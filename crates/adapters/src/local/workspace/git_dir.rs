//! The git directory of a worktree or submodule lies elsewhere: what runs in a copy of the tree must have its own.
//!
//! Layout: git-scm.com/docs/gitrepository-layout (`.git` as a file, `commondir`, `worktrees/<id>/gitdir`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::links::leads_out;
use super::{CopyError, Relocation};

/// Largest `.git` file or configuration that is read, in bytes.
const MAX_TEXT_BYTES: u64 = 256 << 10;

/// What a `.git` file names.
#[derive(Debug)]
pub(super) struct GitDir {
    /// The git directory of this worktree or submodule; canonical.
    pub(super) own: PathBuf,
    /// The one it shares with others, in which it lies itself; `own` if there is none.
    pub(super) common: PathBuf,
}

impl GitDir {
    /// What the file `dot_git` names; `None` if that isn't there: then no git works there either.
    ///
    /// # Errors
    /// If it can't be told apart which directories belong to it.
    pub(super) fn of(dot_git: &Path) -> Result<Option<Self>, CopyError> {
        let refuse = |why| CopyError::Git { path: dot_git.to_owned(), why };
        let Some(text) = small_text(dot_git) else { return Ok(None) };
        let Some(named) = text.strip_prefix("gitdir:") else { return Ok(None) };
        let at = dot_git.parent().unwrap_or(Path::new("/"));
        let Ok(own) = at.join(named.trim()).canonicalize() else { return Ok(None) };
        let common = match small_text(&own.join("commondir")) {
            Some(named) => {
                own.join(named.trim()).canonicalize().map_err(|_| refuse("its common directory is not there"))?
            }
            None => own.clone(),
        };
        match own.starts_with(&common) {
            true => Ok(Some(Self { own, common })),
            false => Err(refuse("its git directory does not lie in the common one")),
        }
    }
}

/// Makes the copied git directory `own` that of the copied file `dot_git`.
pub(super) fn attach(dot_git: &Path, own: &Path, common: &Path) -> io::Result<()> {
    let tree = dot_git.parent().unwrap_or(Path::new("/"));
    write_path(dot_git, "gitdir: ", own)?;
    if own.join("commondir").is_file() {
        write_path(&own.join("commondir"), "", common)?;
    }
    if own.join("gitdir").is_file() {
        write_path(&own.join("gitdir"), "", dot_git)?;
    }
    ["config", "config.worktree"].iter().try_for_each(|name| set_worktree(&own.join(name), tree))
}

/// Lets what the copied git directory `dir` says of its own place be true of the copy.
pub(super) fn relocate(dir: &Path, relocation: &Relocation) -> io::Result<()> {
    relocation.rewrite_file(&dir.join("config"))
}

/// Whether `link` is a `.git`, or a part of a git directory, that leads out of `top`: a command in the copy that commits
/// would write there. Hooks and excludes are only read.
pub(super) fn is_shared(link: &Path, top: &Path) -> bool {
    let in_git_dir = || link.parent().is_some_and(|dir| dir.join("HEAD").is_file() && dir.join("objects").exists());
    let named = |name: &str| link.file_name().is_some_and(|found| found == name);
    (named(".git") || in_git_dir() && !named("hooks") && !named("info")) && leads_out(link, top)
}

fn set_worktree(config: &Path, tree: &Path) -> io::Result<()> {
    let Some(text) = small_text(config) else { return Ok(()) };
    let names_it = |line: &&str| {
        let line = line.trim_start().to_ascii_lowercase();
        line.strip_prefix("worktree").is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    if !text.lines().any(|line| names_it(&line)) {
        return Ok(());
    }
    let tree = tree.display().to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let lines = text
        .lines()
        .map(|line| if names_it(&line) { format!("\tworktree = \"{tree}\"\n") } else { format!("{line}\n") });
    fs::write(config, lines.collect::<String>())
}

fn write_path(file: &Path, before: &str, path: &Path) -> io::Result<()> {
    let text = [before.as_bytes(), path.as_os_str().as_encoded_bytes(), b"\n"].concat();
    fs::write(file, text)
}

fn small_text(path: &Path) -> Option<String> {
    let small = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_TEXT_BYTES);
    small.then(|| fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodules_configuration_names_the_copy() {
        let dir = tempfile::tempdir().unwrap();
        let (own, tree) = (dir.path().join("git"), dir.path().join("tree"));
        for dir in [&own, &tree] {
            fs::create_dir(dir).unwrap();
        }
        fs::write(own.join("config"), "[core]\n\tbare = false\n\tworktree = ../../../sub\n[a]\n\tb = c\n").unwrap();
        attach(&tree.join(".git"), &own, &own).unwrap();
        let expected = format!("[core]\n\tbare = false\n\tworktree = \"{}\"\n[a]\n\tb = c\n", tree.display());
        assert_eq!(fs::read_to_string(own.join("config")).unwrap(), expected);
        assert_eq!(GitDir::of(&tree.join(".git")).unwrap().unwrap().own, own.canonicalize().unwrap());
    }
}

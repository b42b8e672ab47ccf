//! Whether a git directory belongs to the work tree that names it.
//!
//! A work tree is text of others: its `.git` may be a file or a link that leads to any repository of this user, and a git directory
//! may borrow another one's objects. Nothing of those is to be told.

use std::fs;
use std::path::Path;

use selfheal_core::error::{ErrorKind, Result};

use super::refused;

/// Longest file that names a work tree, in bytes.
const MAX_POINTER_BYTES: u64 = 8 << 10;

/// Checks that `own`, with what it shares in `common`, is the git directory of the work tree at `top`, which is canonical.
///
/// # Errors
/// [`ErrorKind::Forbidden`] if it may be another's.
pub(super) fn check(top: &Path, common: &Path, own: &Path) -> Result<()> {
    let real = |path: &Path| path.canonicalize().map_err(|_| forbidden("its git directory can't be read"));
    let (common, own) = (real(common)?, real(own)?);
    let dot_git = top.join(".git");
    let belongs = match fs::symlink_metadata(&dot_git) {
        Ok(found) if found.is_dir() => own == dot_git && common == dot_git,
        Ok(found) if found.is_file() => is_worktree(&dot_git, &common, &own) || is_submodule(top, &common, &own),
        _ => false,
    };
    match belongs {
        true => check_objects(&common.join("objects")),
        false => Err(forbidden("its `.git` leads to a repository elsewhere")),
    }
}

/// Whether the repository itself knows of this work tree.
fn is_worktree(dot_git: &Path, common: &Path, own: &Path) -> bool {
    let pointer = own.join("gitdir");
    let short = |found: fs::Metadata| found.is_file() && found.len() <= MAX_POINTER_BYTES;
    if own.parent() != Some(&common.join("worktrees")) || !fs::symlink_metadata(&pointer).is_ok_and(short) {
        return false;
    }
    let named = fs::read_to_string(&pointer).unwrap_or_default();
    own.join(named.trim_end()).canonicalize().is_ok_and(|named| named == dot_git)
}

/// Whether a repository around keeps it as a module.
fn is_submodule(top: &Path, common: &Path, own: &Path) -> bool {
    let keeps = |around: &Path| {
        let git = around.join(".git");
        fs::symlink_metadata(&git).is_ok_and(|found| found.is_dir()) && common.starts_with(git.join("modules"))
    };
    own == common && top.ancestors().skip(1).any(keeps)
}

/// Objects lie where they seem to, and are nobody else's.
fn check_objects(objects: &Path) -> Result<()> {
    if fs::symlink_metadata(objects.join("info/alternates")).is_ok() {
        return Err(forbidden("it borrows objects of another repository"));
    }
    match is_link(objects) || holds_link(objects) || holds_link(&objects.join("pack")) {
        true => Err(forbidden("its objects are links")),
        false => Ok(()),
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

fn holds_link(dir: &Path) -> bool {
    dir.read_dir().into_iter().flatten().flatten().any(|entry| is_link(&entry.path()))
}

fn forbidden(why: &str) -> selfheal_core::error::Error {
    refused(ErrorKind::Forbidden, why)
}

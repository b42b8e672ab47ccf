//! How much of a tree a copy holds.

use walkdir::DirEntry;

/// How much of the tree is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it, for a rehearsal. Links that lead out of the tree stay, since the command may need what is there; the git
    /// directory of a worktree or submodule is copied along.
    Everything,
    /// Without what tools installed or built (`node_modules`, tagged caches such as cargo's `target`), without git's
    /// directory and what is mounted, and with Python's virtual environments as links; for asking tools what they would
    /// write into manifests and lockfiles. No other link leads out: a file elsewhere is copied, a directory left out.
    Sources,
}

impl Scope {
    /// Whether `entry` belongs to the copy.
    pub(super) fn holds(self, entry: &DirEntry) -> bool {
        !is_ours(entry) && (self == Self::Everything || is_source(entry))
    }
}

// The healer's own state inside a git directory: lock, undo records, other copies.
fn is_ours(entry: &DirEntry) -> bool {
    entry.file_name() == ".selfheal" && entry.path().parent().is_some_and(|parent| parent.join("HEAD").is_file())
}

fn is_source(entry: &DirEntry) -> bool {
    let cache = || entry.path().join("CACHEDIR.TAG").is_file();
    let installed = || entry.file_type().is_dir() && (entry.file_name() == "node_modules" || cache());
    entry.file_name() != ".git" && !installed()
}

pub(super) fn is_environment(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() && entry.depth() > 0 && entry.path().join("pyvenv.cfg").is_file()
}

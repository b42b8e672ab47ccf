//! A private copy of a tree as it is: uncommitted, untracked and ignored files included.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{FileChange, Relocation};

/// How much of the tree is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it; for a rehearsal.
    Everything,
    /// Without what tools installed or built (`node_modules`, tagged caches such as cargo's `target`) and without git's
    /// directory, and with Python's virtual environments as links; for asking tools what they would write into manifests
    /// and lockfiles.
    Sources,
}

/// A copy that is removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    // Removed as a whole when dropped.
    root: tempfile::TempDir,
    dir: PathBuf,
    original: PathBuf,
}

/// Why a copy could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[error("{what} {}: {source}", path.display())]
pub struct CopyError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// The directory that copies lie in, and what their names begin with.
fn parts(place: &Path) -> (&Path, OsString) {
    let mut name = place.file_name().unwrap_or("selfheal".as_ref()).to_owned();
    name.push(".");
    (place.parent().unwrap_or(Path::new("/")), name)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    move |source| CopyError { what, path, source }
}

impl Scratch {
    /// Copies `original` into a new private (0700) directory `<place>.<random>`. Blocks of files are shared where the file
    /// system can (reflink); otherwise bytes are copied.
    ///
    /// # Errors
    /// If something in the tree can't be read or the copy can't be written.
    pub fn copy(original: &Path, place: &Path, scope: Scope) -> Result<Self, CopyError> {
        let (parent, name) = parts(place);
        fs::create_dir_all(parent).map_err(failed("cannot create", parent))?;
        // The name can be guessed, but not the random part: nobody else can have made the directory before.
        let mut builder = tempfile::Builder::new();
        let root = builder.prefix(&name).permissions(fs::Permissions::from_mode(0o700)).tempdir_in(parent);
        let root = root.map_err(failed("cannot create a copy in", parent))?;
        // The same last name, which some tools print or derive names from.
        let dir = root.path().join(original.file_name().unwrap_or("project".as_ref()));
        let scratch = Self { root, dir, original: original.to_owned() };
        scratch.fill(scope)?;
        Ok(scratch)
    }

    /// Removes the copies at `place` that a killed healer left, and says how many. Only for who holds the directory's lock:
    /// no copy there is in use.
    ///
    /// What can't be removed stays: it is in nobody's way.
    pub fn sweep(place: &Path) -> usize {
        let (parent, name) = parts(place);
        let ours = |entry: &fs::DirEntry| {
            let named = entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes());
            let own = || entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw());
            named && own()
        };
        let left = fs::read_dir(parent).into_iter().flatten().flatten().filter(ours);
        left.filter(|entry| fs::remove_dir_all(entry.path()).is_ok()).count()
    }

    /// Where the copy lies.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The private directory that the copy lies in.
    pub(in super::super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// From the original to this copy.
    #[must_use]
    pub fn relocation(&self) -> Relocation {
        Relocation::new(&self.original, &self.dir)
    }

    /// Writes what `changes` lead to into the copy.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn write<'a>(&self, changes: impl IntoIterator<Item = &'a FileChange>) -> Result<(), CopyError> {
        for change in changes {
            let path = self.dir.join(&change.path);
            let written = match &change.after {
                Some(state) => create_parent(&path)
                    .and_then(|()| fs::write(&path, &state.content))
                    .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(state.mode))),
                None => fs::remove_file(&path),
            };
            written.map_err(failed("cannot write", &path))?;
        }
        Ok(())
    }

    fn fill(&self, scope: Scope) -> Result<(), CopyError> {
        let relocation = self.relocation();
        let (mut environments, mut files) = (Vec::new(), Vec::new());
        let wanted = |entry: &DirEntry| {
            entry.path() != self.root() && !is_ours(entry) && (scope == Scope::Everything || is_source(entry))
        };
        let mut walk = WalkDir::new(&self.original).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| failed("cannot read", error.path().unwrap_or(&self.original))(error_of(&error)))?;
            if !wanted(&entry) {
                skip(&mut walk, &entry);
                continue;
            }
            let target = relocation.link_target(entry.path());
            if scope == Scope::Sources && is_environment(&entry) {
                // Only its interpreter is asked; nothing is installed into it.
                symlink(entry.path(), &target).map_err(failed("cannot link", entry.path()))?;
                skip(&mut walk, &entry);
                continue;
            }
            if entry.file_name() == "pyvenv.cfg" {
                environments.extend(target.parent().map(Path::to_owned));
            }
            if entry.file_type().is_file() {
                files.push((entry.into_path(), target));
            } else {
                copy_entry(&entry, &target, &relocation).map_err(failed("cannot copy", entry.path()))?;
            }
        }
        super::files::copy_all(&files).map_err(|(path, error)| failed("cannot copy", &path)(error))?;
        relocation.virtual_environments(&environments).map_err(failed("cannot relocate", &self.dir))
    }
}

fn skip(walk: &mut walkdir::IntoIter, entry: &DirEntry) {
    if entry.file_type().is_dir() {
        walk.skip_current_dir();
    }
}

fn error_of(error: &walkdir::Error) -> io::Error {
    let io = error.io_error().map(|inner| io::Error::new(inner.kind(), inner.to_string()));
    io.unwrap_or_else(|| io::Error::other(error.to_string()))
}

// The healer's own state inside a git directory: lock, undo records, other copies.
fn is_ours(entry: &DirEntry) -> bool {
    entry.file_name() == ".selfheal" && entry.path().parent().is_some_and(|parent| parent.join("HEAD").is_file())
}

fn is_source(entry: &DirEntry) -> bool {
    let cache = || entry.path().join("CACHEDIR.TAG").is_file();
    !(entry.file_type().is_dir() && (entry.file_name() == "node_modules" || entry.file_name() == ".git" || cache()))
}

fn is_environment(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() && entry.depth() > 0 && entry.path().join("pyvenv.cfg").is_file()
}

/// A directory or a link; sockets, pipes and devices are left out.
fn copy_entry(entry: &DirEntry, target: &Path, relocation: &Relocation) -> io::Result<()> {
    if entry.file_type().is_symlink() {
        return symlink(relocation.link_target(&fs::read_link(entry.path())?), target);
    }
    if !entry.file_type().is_dir() {
        return Ok(());
    }
    fs::create_dir(target)?;
    // Writable for us, whatever the original is; the copy is private.
    let mode = entry.metadata()?.permissions().mode() | 0o700;
    fs::set_permissions(target, fs::Permissions::from_mode(mode))
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/main.rs", "fn main() {}");
        write("node_modules/a/index.js", "a");
        write("target/CACHEDIR.TAG", "Signature");
        write("target/debug/x", "x");
        write("ignored.log", "log");
        write(".venv/pyvenv.cfg", "home = /usr/bin\n");
        write(".venv/bin/pip", &format!("#!{}/.venv/bin/python\n", dir.path().display()));
        symlink(dir.path().join("src"), dir.path().join("link")).unwrap();
        fs::set_permissions(dir.path().join("src/main.rs"), fs::Permissions::from_mode(0o755)).unwrap();
        dir
    }

    #[test]
    fn a_rehearsal_gets_everything_and_nothing_in_it_leads_back() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything).unwrap();
        let copied = |path: &str| fs::read_to_string(scratch.dir().join(path)).unwrap();
        assert_eq!(copied("ignored.log"), "log");
        assert_eq!(copied("target/debug/x"), "x");
        assert_eq!(copied(".venv/bin/pip"), format!("#!{}/.venv/bin/python\n", scratch.dir().display()));
        assert_eq!(fs::read_link(scratch.dir().join("link")).unwrap(), scratch.dir().join("src"));
        let mode = fs::metadata(scratch.dir().join("src/main.rs")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[test]
    fn asking_tools_takes_only_sources() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Sources).unwrap();
        assert!(scratch.dir().join("src/main.rs").exists());
        assert!(!scratch.dir().join("node_modules").exists());
        assert!(!scratch.dir().join("target").exists());
        assert_eq!(fs::read_link(scratch.dir().join(".venv")).unwrap(), dir.path().join(".venv"));
    }

    #[test]
    fn nobody_else_may_look_at_it() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Sources).unwrap();
        let mode = fs::metadata(scratch.dir().parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn what_a_killed_healer_left_is_swept_and_nothing_else() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let place = parent.path().join("copy");
        std::mem::forget(Scratch::copy(dir.path(), &place, Scope::Everything).unwrap());
        fs::create_dir(parent.path().join("copy-of-mine")).unwrap();
        assert_eq!(Scratch::sweep(&place), 1);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn is_gone_when_dropped() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        drop(Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}

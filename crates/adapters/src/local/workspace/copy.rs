//! A private copy of a tree as it is: uncommitted, untracked and ignored files included.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::bounds::Bounds;
use super::copy_error::failed;
use super::links::check_changeable;
use super::removal::remove_tree;
use super::tree_copy::TreeCopy;
use super::{CopyError, FileChange, Relocation, Scope};
use crate::local::process::Cancel;

/// A copy that is removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    root: tempfile::TempDir,
    dir: PathBuf,
    original: PathBuf,
}

/// The directory that copies lie in, and what their names begin with.
fn parts(place: &Path) -> (&Path, OsString) {
    let mut name = place.file_name().unwrap_or("selfheal".as_ref()).to_owned();
    name.push(".");
    (place.parent().unwrap_or(Path::new("/")), name)
}

impl Scratch {
    /// Copies `original` into a new private (0700) directory `<place>.<random>`. Blocks of files are shared where the file
    /// system can (reflink); otherwise bytes are copied. At most 500,000 entries and 20 GiB, and only what fits.
    ///
    /// # Errors
    /// If something in the tree can't be read or the copy can't be written, the tree is refused
    /// ([`CopyError::is_refusal`]), or `cancel` is requested meanwhile; then nothing is left of the copy.
    pub fn copy(original: &Path, place: &Path, scope: Scope, cancel: &Cancel) -> Result<Self, CopyError> {
        Self::copy_within(Bounds::default(), original, place, scope, cancel)
    }

    fn copy_within(
        bounds: Bounds,
        original: &Path,
        place: &Path,
        scope: Scope,
        cancel: &Cancel,
    ) -> Result<Self, CopyError> {
        let (parent, name) = parts(place);
        fs::create_dir_all(parent).map_err(failed("cannot create", parent))?;
        // The name can be guessed, but not the random part: nobody else can have made the directory before.
        let mut builder = tempfile::Builder::new();
        let root = builder.prefix(&name).permissions(fs::Permissions::from_mode(0o700)).tempdir_in(parent);
        let root = root.map_err(failed("cannot create a copy in", parent))?;
        // The same last name, which some tools print or derive names from.
        let dir = root.path().join(original.file_name().unwrap_or("project".as_ref()));
        let scratch = Self { root, dir, original: original.to_owned() };
        TreeCopy::new(scope, bounds, scratch.root(), cancel).make(&scratch.relocation())?;
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
            let own = || {
                entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw())
            };
            named && own()
        };
        let left = fs::read_dir(parent).into_iter().flatten().flatten().filter(ours);
        left.filter(|entry| remove_tree(&entry.path()).is_ok()).count()
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

    /// Refuses a file that is a link in the original, or lies behind one that leads out of it: a change of the file in the
    /// copy couldn't be made there.
    ///
    /// # Errors
    /// [`CopyError::Link`] and [`CopyError::Outside`].
    pub fn check_changeable(&self, path: &Path) -> Result<(), CopyError> {
        check_changeable(&self.original, path)
    }

    /// Writes what `changes` lead to into the copy.
    ///
    /// # Errors
    /// If a file can't be written; [`CopyError::Link`] and [`CopyError::Outside`] if that would write elsewhere.
    pub fn write<'a>(&self, changes: impl IntoIterator<Item = &'a FileChange>) -> Result<(), CopyError> {
        for change in changes {
            check_changeable(&self.dir, &change.path)?;
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
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is swept by the next healer.
        let _ = remove_tree(self.root.path());
    }
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::local::process::StopSignal;
    use crate::local::workspace::FileState;

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
        let scratch =
            Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything, &Cancel::new()).unwrap();
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
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Sources, &Cancel::new()).unwrap();
        assert!(scratch.dir().join("src/main.rs").exists());
        assert!(!scratch.dir().join("node_modules").exists());
        assert!(!scratch.dir().join("target").exists());
        assert_eq!(fs::read_link(scratch.dir().join(".venv")).unwrap(), dir.path().join(".venv"));
    }

    #[test]
    fn nobody_else_may_look_at_it() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Sources, &Cancel::new()).unwrap();
        let mode = fs::metadata(scratch.dir().parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn what_a_killed_healer_left_is_swept_and_nothing_else() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        let place = parent.path().join("copy");
        std::mem::forget(Scratch::copy(dir.path(), &place, Scope::Everything, &Cancel::new()).unwrap());
        fs::create_dir(parent.path().join("copy-of-mine")).unwrap();
        assert_eq!(Scratch::sweep(&place), 1);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn is_gone_when_dropped() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        drop(Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything, &Cancel::new()).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_written_to_the_sources_gets_out() {
        let (dir, parent, elsewhere) = (project(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(elsewhere.path().join("Cargo.lock"), "theirs").unwrap();
        symlink(elsewhere.path().join("Cargo.lock"), dir.path().join("Cargo.lock")).unwrap();
        symlink(elsewhere.path(), dir.path().join("out")).unwrap();
        let scratch = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Sources, &Cancel::new()).unwrap();
        // A package tool writes as it likes.
        fs::write(scratch.dir().join("Cargo.lock"), "ours").unwrap();
        assert!(!scratch.dir().join("out").exists());
        assert_eq!(fs::read_to_string(elsewhere.path().join("Cargo.lock")).unwrap(), "theirs");
        assert!(matches!(scratch.check_changeable(Path::new("Cargo.lock")), Err(CopyError::Link { .. })));
        assert!(matches!(scratch.check_changeable(Path::new("out/a")), Err(CopyError::Outside { .. })));
    }

    #[test]
    fn a_change_is_not_written_through_a_link() {
        let (dir, parent, elsewhere) = (project(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(elsewhere.path(), dir.path().join("out")).unwrap();
        let scratch =
            Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything, &Cancel::new()).unwrap();
        let after = Some(FileState { content: b"x".to_vec(), mode: 0o644 });
        let written = scratch.write([&FileChange { path: "out/a".into(), before: None, after }]);
        assert!(matches!(written, Err(CopyError::Outside { .. })));
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_request_to_stop_is_heard_and_leaves_nothing() {
        let (dir, parent, cancel) = (project(), tempfile::tempdir().unwrap(), Cancel::new());
        cancel.request(StopSignal::Interrupt);
        let copied = Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything, &cancel);
        assert!(matches!(copied, Err(CopyError::Cancelled)));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_tree_beyond_the_bounds_is_refused_and_leaves_nothing() {
        let (dir, parent) = (project(), tempfile::tempdir().unwrap());
        for bounds in [Bounds { entries: 5, bytes: 1 << 20 }, Bounds { entries: 100, bytes: 10 }] {
            let place = parent.path().join("copy");
            let refused =
                Scratch::copy_within(bounds, dir.path(), &place, Scope::Everything, &Cancel::new()).unwrap_err();
            assert!(refused.is_refusal() && refused.to_string().contains("too large"), "{refused}");
        }
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_mounted_file_system_is_told_in_a_rehearsal_and_left_out_of_the_sources() {
        let (dev, parent) = (Path::new("/dev"), tempfile::tempdir().unwrap());
        let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
        if device(&dev.join("pts")).is_none_or(|pts| Some(pts) == device(dev)) {
            return eprintln!("SKIPPED: nothing is mounted at /dev/pts");
        }
        let copy = |scope| Scratch::copy(dev, &parent.path().join("copy"), scope, &Cancel::new());
        assert!(matches!(copy(Scope::Everything), Err(CopyError::Mounted { .. })));
        assert!(!copy(Scope::Sources).unwrap().dir().join("pts").exists());
    }

    #[test]
    fn a_git_directory_elsewhere_is_copied_along() {
        let (parent, top) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let top = top.path().canonicalize().unwrap();
        let (tree, git) = (top.join("tree"), top.join("main/.git"));
        let own = git.join("worktrees/tree");
        for dir in [&tree, &own, &git.join(".selfheal")] {
            fs::create_dir_all(dir).unwrap();
        }
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        fs::write(own.join("gitdir"), format!("{}/.git\n", tree.display())).unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        let scratch = Scratch::copy(&tree, &parent.path().join("copy"), Scope::Everything, &Cancel::new()).unwrap();
        let copied = fs::read_to_string(scratch.dir().join(".git")).unwrap();
        let copied = Path::new(copied.trim().strip_prefix("gitdir: ").unwrap());
        assert!(copied.starts_with(scratch.root()), "{copied:?}");
        assert_eq!(fs::read_to_string(copied.join("gitdir")).unwrap(), format!("{}/.git\n", scratch.dir().display()));
        assert!(copied.join("../../HEAD").is_file());
        assert!(!copied.join("../../.selfheal").exists(), "the healer's own state is not the command's");
    }

    #[test]
    fn a_git_directory_that_shares_its_objects_through_a_link_is_refused() {
        let (dir, parent, elsewhere) = (project(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(dir.path().join(".git")).unwrap();
        fs::write(dir.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        symlink(elsewhere.path(), dir.path().join(".git/hooks")).unwrap();
        let copy = || Scratch::copy(dir.path(), &parent.path().join("copy"), Scope::Everything, &Cancel::new());
        copy().unwrap();
        symlink(elsewhere.path(), dir.path().join(".git/objects")).unwrap();
        assert!(matches!(copy(), Err(CopyError::Git { .. })));
    }
}

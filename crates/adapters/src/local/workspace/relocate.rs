//! Making a copy believe that it is the original's place: what names the original by absolute path.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Largest file that is looked into, in bytes: launchers and path files are small.
const MAX_LAUNCHER_BYTES: u64 = 256 << 10;

/// From the original directory to its copy.
#[derive(Debug, Clone)]
pub struct Relocation {
    from: PathBuf,
    to: PathBuf,
}

impl Relocation {
    /// From `from` to `to`, both absolute.
    #[must_use]
    pub fn new(from: &Path, to: &Path) -> Self {
        Self { from: from.to_owned(), to: to.to_owned() }
    }

    pub(super) fn from(&self) -> &Path {
        &self.from
    }

    pub(super) fn to(&self) -> &Path {
        &self.to
    }

    /// Whether `text` names the original as a path (not merely a path that begins with the same letters).
    #[must_use]
    pub fn is_named_in(&self, text: &[u8]) -> bool {
        find_path(text, self.from.as_os_str().as_bytes(), 0).is_some()
    }

    /// `text` with every mention of the original's path replaced; `None` if there is none.
    #[must_use]
    pub fn rewrite(&self, text: &[u8]) -> Option<Vec<u8>> {
        let (from, to) = (self.from.as_os_str().as_bytes(), self.to.as_os_str().as_bytes());
        let mut rewritten = Vec::new();
        let mut done = 0;
        while let Some(at) = find_path(text, from, done) {
            rewritten.extend_from_slice(&text[done..at]);
            rewritten.extend_from_slice(to);
            done = at + from.len();
        }
        (done > 0).then(|| {
            rewritten.extend_from_slice(&text[done..]);
            rewritten
        })
    }

    /// The variables of `environment` that name the original, with the copy's path instead; `PWD` always.
    pub fn environment(&self, environment: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
        let moved =
            environment.filter_map(|(name, value)| Some((name, OsString::from_vec(self.rewrite(value.as_bytes())?))));
        let mut moved: Vec<_> = moved.filter(|(name, _)| name != "PWD" && name != "OLDPWD").collect();
        moved.push(("PWD".into(), self.to.clone().into_os_string()));
        moved
    }

    /// Rewrites what Python virtual environments in the copy say of their place: launchers' first lines, activation
    /// scripts, `pyvenv.cfg` and `.pth` files. Otherwise the copy's `pip` would install into the original.
    ///
    /// # Errors
    /// If a file can't be rewritten.
    pub fn virtual_environments(&self, roots: &[PathBuf]) -> io::Result<()> {
        for root in roots {
            self.rewrite_file(&root.join("pyvenv.cfg"))?;
            self.rewrite_files(&root.join("bin"), |_| true)?;
            for lib in read_dir(&root.join("lib")) {
                let names_paths = |name: &OsStr| Path::new(name).extension().is_some_and(|kind| kind == "pth");
                self.rewrite_files(&lib.join("site-packages"), names_paths)?;
            }
        }
        Ok(())
    }

    /// The target of a symbolic link, moved if it points into the original by absolute path.
    #[must_use]
    pub fn link_target(&self, target: &Path) -> PathBuf {
        target.strip_prefix(&self.from).map_or_else(|_| target.to_owned(), |rest| self.to.join(rest))
    }

    fn rewrite_files(&self, dir: &Path, wanted: impl Fn(&OsStr) -> bool) -> io::Result<()> {
        read_dir(dir)
            .into_iter()
            .filter(|path| path.file_name().is_some_and(&wanted))
            .try_for_each(|path| self.rewrite_file(&path))
    }

    /// Rewrites a small regular file; others are left alone.
    pub(super) fn rewrite_file(&self, path: &Path) -> io::Result<()> {
        let small = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_LAUNCHER_BYTES);
        if !small {
            return Ok(());
        }
        match self.rewrite(&fs::read(path)?) {
            Some(rewritten) => fs::write(path, rewritten),
            None => Ok(()),
        }
    }
}

// Not through a link: what lies behind it is no part of the copy.
fn read_dir(dir: &Path) -> Vec<PathBuf> {
    if !fs::symlink_metadata(dir).is_ok_and(|found| found.is_dir()) {
        return Vec::new();
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

// Bounded on both sides: `/a/proj` is named in `/a/proj/x` and `/a/proj:`, not in `/a/project` or `/b/a/proj`.
fn find_path(text: &[u8], path: &[u8], from: usize) -> Option<usize> {
    let mut start = from;
    loop {
        let at = start + memchr::memmem::find(text.get(start..)?, path)?;
        let part_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let before = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(part_of_name);
        let after = text.get(at + path.len()).is_some_and(part_of_name);
        if !before && !after {
            return Some(at);
        }
        start = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_whole_paths_only() {
        let moved = Relocation::new(Path::new("/a/proj"), Path::new("/copy"));
        let rewrite = |text: &str| moved.rewrite(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(rewrite("#!/a/proj/.venv/bin/python\n").as_deref(), Some("#!/copy/.venv/bin/python\n"));
        assert_eq!(rewrite("/a/proj:/usr/bin:/a/proj/bin").as_deref(), Some("/copy:/usr/bin:/copy/bin"));
        assert_eq!(rewrite("/a/project"), None);
        assert_eq!(rewrite("/b/a/proj-2"), None);
        assert!(moved.is_named_in(b"cd '/a/proj' && make"));
    }

    #[test]
    fn nothing_behind_a_link_is_rewritten() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let launcher = elsewhere.path().join("pip");
        fs::write(&launcher, "#!/a/proj/.venv/bin/python\n").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("bin")).unwrap();
        let moved = Relocation::new(Path::new("/a/proj"), Path::new("/copy"));
        moved.virtual_environments(&[dir.path().to_owned()]).unwrap();
        assert_eq!(fs::read_to_string(launcher).unwrap(), "#!/a/proj/.venv/bin/python\n");
    }

    #[test]
    fn variables_that_name_the_original_point_to_the_copy() {
        let moved = Relocation::new(Path::new("/a/proj"), Path::new("/copy"));
        let given = [("PATH", "/a/proj/.venv/bin:/usr/bin"), ("HOME", "/root"), ("PWD", "/a/proj")];
        let environment = moved.environment(given.into_iter().map(|(name, value)| (name.into(), value.into())));
        let expected = [("PATH", "/copy/.venv/bin:/usr/bin"), ("PWD", "/copy")];
        assert_eq!(environment, expected.map(|(name, value)| (OsString::from(name), OsString::from(value))));
    }
}

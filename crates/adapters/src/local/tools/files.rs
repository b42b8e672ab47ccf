//! Files of the project, read without leaving it.

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::value_type::ValueType;
use selfheal_detect::redact::Redactor;

use super::arguments::invalid;
use super::redacted::redacted;
use super::{refused, secret};

/// A file of the project.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path below the directory, no part of which is a link.
    pub(super) path: PathBuf,
    /// Its whole lines, without secrets; invalid UTF-8 is replaced.
    pub(super) text: String,
    /// Whether it is longer than what was read.
    pub(super) cut: bool,
}

/// `named` as a path below `dir`: as a tool prints it, so relative or absolute.
///
/// # Errors
/// [`ErrorKind::Invalid`] if it isn't below it by its words alone.
pub(super) fn below(dir: &Path, named: &str) -> Result<PathBuf> {
    let relative = Path::new(named).strip_prefix(dir).unwrap_or(Path::new(named));
    let relative: PathBuf = relative.components().filter(|part| *part != Component::CurDir).collect();
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let fits = plain && relative.to_str().is_some_and(|text| ValueType::RelativePath.accepts(text));
    if fits { Ok(relative) } else { Err(invalid("expected a path below the project's directory")) }
}

/// The lines in the first `bytes` of the file `relative` of `dir`, which is canonical, without what `redactor` takes for secrets.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no such file, [`ErrorKind::Forbidden`] if it lies outside (also by a link), belongs to git or
/// holds credentials, [`ErrorKind::Invalid`] if it is no text.
pub(super) fn read(dir: &Path, relative: &Path, bytes: u64, redactor: &Redactor) -> Result<Found> {
    let absent = |_| refused(ErrorKind::NotFound, "the project has no such file");
    let real = dir.join(relative).canonicalize().map_err(absent)?;
    let path = real.strip_prefix(dir).map_err(|_| forbidden("it lies outside of the project"))?.to_owned();
    check_name(&path)?;
    // A pipe must not be waited for, and what was a file a moment ago must not be a link now.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&real).map_err(absent)?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(invalid("it is no regular file"));
    }
    let mut content = Vec::new();
    file.take(bytes + 1).read_to_end(&mut content).map_err(absent)?;
    if content.contains(&0) {
        return Err(invalid("it is a binary file"));
    }
    let cut = content.len() as u64 > bytes;
    if cut {
        // Half a secret isn't recognised any more.
        content.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        content.truncate(content.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    }
    Ok(Found { path, text: redacted(redactor, &String::from_utf8_lossy(&content)), cut })
}

fn check_name(path: &Path) -> Result<()> {
    let of_git = path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
    match (of_git, secret::is_secret(path)) {
        (true, _) => Err(forbidden("it belongs to git")),
        (false, true) => Err(forbidden("a file of this name holds credentials")),
        (false, false) => Ok(()),
    }
}

fn forbidden(why: &str) -> Error {
    refused(ErrorKind::Forbidden, why)
}

/// Whether `path` below `dir` is there, as a file.
pub(super) fn is_there(dir: &Path, path: &Path) -> bool {
    fs::metadata(dir.join(path)).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn start(dir: &Path, name: &str, bytes: u64) -> Result<Found> {
        read(dir, Path::new(name), bytes, &Redactor::default())
    }

    #[test]
    fn a_path_is_taken_as_tools_print_it() {
        let dir = Path::new("/work/project");
        for named in ["src/a.rs", "./src/a.rs", "/work/project/src/a.rs", "src/./a.rs"] {
            assert_eq!(below(dir, named).unwrap(), Path::new("src/a.rs"), "{named}");
        }
        for named in
            ["../a", "/etc/passwd", "src/../../a", "~/x", "-rf", "", ".", "/work/project", "/work/projects/x", "a\\b"]
        {
            assert_eq!(below(dir, named).unwrap_err().kind(), ErrorKind::Invalid, "{named}");
        }
    }

    #[test]
    fn what_lies_elsewhere_belongs_to_git_or_is_secret_is_not_read() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join(".git/config"), "url = https://token@host").unwrap();
        fs::write(root.join(".env"), "A=1").unwrap();
        fs::write(elsewhere.path().join("x"), "theirs").unwrap();
        fs::write(root.join("a.txt"), "ours").unwrap();
        for (link, target) in
            [("out", elsewhere.path().join("x")), ("env.txt", ".env".into()), ("c", ".git/config".into())]
        {
            symlink(target, root.join(link)).unwrap();
        }
        symlink("a.txt", root.join("in")).unwrap();
        for forbidden in ["out", "env.txt", "c", ".git/config", ".env"] {
            assert_eq!(start(&root, forbidden, 10).unwrap_err().kind(), ErrorKind::Forbidden, "{forbidden}");
        }
        let linked = start(&root, "in", 10).unwrap();
        assert_eq!((linked.path.to_str(), linked.text.as_str()), (Some("a.txt"), "ours"));
    }

    #[test]
    fn pipes_directories_and_binaries_are_no_text() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        fs::create_dir(root.join("folder")).unwrap();
        fs::write(root.join("binary"), [1, 0, 2]).unwrap();
        for name in ["pipe", "folder", "binary"] {
            assert_eq!(start(&root, name, 10).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
        }
        assert_eq!(start(&root, "absent", 10).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn no_more_is_read_than_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::write(root.join("a"), "01\n3456789").unwrap();
        let found = start(&root, "a", 6).unwrap();
        assert_eq!((found.text.as_str(), found.cut), ("01\n", true));
        assert!(!start(&root, "a", 10).unwrap().cut);
    }
}

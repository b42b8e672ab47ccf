//! Looking through a project: bounded, in a fixed order, without following links or entering what tools generate.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::error::EcosystemError;

/// Most files a walk returns.
const MAX_FILES: usize = 20_000;
/// Deepest directory a walk enters.
const MAX_DEPTH: usize = 12;
/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Directories of installed packages, build output and caches: not the project's own text.
const GENERATED: &[&str] =
    &["node_modules", "target", "__pycache__", "site-packages", "bower_components", "jspm_packages"];

/// The files under `root`, relative to it, sorted; directories that tools generate are left out.
pub(in crate::local) fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    descend(root, Path::new(""), 0, &mut found);
    found.sort();
    found
}

fn descend(root: &Path, relative: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(root.join(relative)) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = relative.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_file() && found.len() < MAX_FILES => found.push(path),
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH && is_own(root, &path) => {
                descend(root, &path, depth + 1, found);
            }
            _ => {}
        }
    }
}

fn is_own(root: &Path, directory: &Path) -> bool {
    let name = directory.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let hidden = name.starts_with('.');
    let virtual_environment = root.join(directory).join("pyvenv.cfg").exists();
    !hidden && !virtual_environment && !GENERATED.contains(&name)
}

/// The file's text; `None` when it is too large, not UTF-8 or unreadable.
pub(super) fn text(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= MAX_FILE_BYTES).then_some(())?;
    fs::read_to_string(path).ok()
}

/// The text of a manifest that must be there.
pub(super) fn manifest_text(scratch: &Path, manifest: &Path) -> Result<String, EcosystemError> {
    let path = inside(scratch, manifest)?;
    text(&path).ok_or_else(|| EcosystemError::manifest(manifest, "a readable UTF-8 file of at most 4 MiB"))
}

/// Writes a manifest that is there already; its mode stays.
pub(super) fn write(scratch: &Path, manifest: &Path, text: &str) -> Result<(), EcosystemError> {
    let path = inside(scratch, manifest)?;
    writable(&path, || fs::write(&path, text).map_err(EcosystemError::io("write", manifest)))
}

/// Runs `change` with the file writable and gives it its mode back: a checkout may be read-only, and a fix is no reason
/// to change that.
pub(super) fn writable<T>(
    path: &Path,
    change: impl FnOnce() -> Result<T, EcosystemError>,
) -> Result<T, EcosystemError> {
    let before = fs::metadata(path).map(|metadata| metadata.permissions()).ok();
    make_writable(path);
    let outcome = change();
    if let Some(before) = before.filter(|_| path.exists()) {
        fs::set_permissions(path, before).map_err(EcosystemError::io("write", path))?;
    }
    outcome
}

/// Lets the owner write the file; one that isn't there is left alone.
pub(super) fn make_writable(path: &Path) {
    if let Ok(metadata) = fs::metadata(path) {
        let mode = metadata.permissions().mode();
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o200));
    }
}

/// The absolute path of a relative one, when it stays inside `scratch` and no link leads out of it.
pub(super) fn inside(scratch: &Path, relative: &Path) -> Result<PathBuf, EcosystemError> {
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let outside = || EcosystemError::manifest(relative, "a plain path inside the project");
    if !plain || relative.as_os_str().is_empty() {
        return Err(outside());
    }
    let path = scratch.join(relative);
    let (Ok(root), Ok(real)) = (scratch.canonicalize(), path.canonicalize()) else {
        return Err(EcosystemError::manifest(relative, "a file that exists"));
    };
    if real.starts_with(root) { Ok(path) } else { Err(outside()) }
}

/// A relative path with forward slashes, as manifests and rows write it.
pub(super) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// The directory of a relative file path; empty at the root.
pub(super) fn directory(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_directories_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["src/a.py", "env/pyvenv.cfg", "env/x.py", "node_modules/m/i.js", ".git/config", "b.py"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(files(dir.path()), [PathBuf::from("b.py"), PathBuf::from("src/a.py")]);
    }

    #[test]
    fn a_read_only_manifest_is_written_and_stays_read_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        write(dir.path(), Path::new("m"), "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
    }

    #[test]
    fn paths_that_leave_the_project_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link")).unwrap();
        for path in ["../x", "/etc/hostname", "link", "", "a/../../b"] {
            assert!(inside(dir.path(), Path::new(path)).is_err(), "{path}");
        }
    }
}

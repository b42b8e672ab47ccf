use std::fs;
use std::path::{Path, PathBuf};

use super::resolver::Resolver;
use crate::local::ecosystem::EcosystemError;

/// Whether the wheel of `requirement` brings `module`: it is fetched, listed, and never installed or run.
pub(super) fn provides(
    resolver: &Resolver<'_>,
    options: &[String],
    requirement: &str,
    module: &str,
) -> Result<bool, EcosystemError> {
    let dir = tempfile::tempdir_in(resolver.room()).map_err(EcosystemError::io("write into", resolver.room()))?;
    let list = dir.path().join("wanted.txt");
    let lines: Vec<&str> = options.iter().map(String::as_str).chain([requirement]).collect();
    fs::write(&list, lines.join("\n") + "\n").map_err(EcosystemError::io("write", &list))?;
    let (into, list) = (dir.path().display().to_string(), list.display().to_string());
    let output =
        resolver.interpreter.pip("download", ["--no-deps", "--only-binary=:all:", "-d", &into, "-r", &list])?;
    if !output.success() {
        let error = EcosystemError::failed("pip download", &output.stderr);
        return if error.is_transient() { Err(error) } else { Ok(false) };
    }
    let Some(wheel) = wheel_in(dir.path()) else { return Ok(false) };
    let listing = resolver.interpreter.run(["-m", "zipfile", "-l", &wheel.display().to_string()])?;
    Ok(listing.success() && lists(&listing.stdout, module))
}

fn wheel_in(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    entries.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// Whether a listing has the module as a package, a file or an extension, at its top or in its library part.
fn lists(listing: &str, module: &str) -> bool {
    let path = module.replace('.', "/");
    listing.lines().filter_map(|line| line.split_whitespace().next()).any(|entry| {
        let entry = match entry.split_once(".data/") {
            Some((_, inner)) => inner.split_once('/').map_or(inner, |(_, rest)| rest),
            None => entry,
        };
        entry.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/') || is_module_file(rest))
    })
}

/// `.py`, `.cpython-311-x86_64-linux-gnu.so`, `.pyd`.
fn is_module_file(rest: &str) -> bool {
    rest.starts_with('.') && !rest.contains('/') && [".py", ".so", ".pyd"].iter().any(|end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_files_and_extensions_are_found() {
        let listing = "File Name   Modified   Size\nyaml/__init__.py 2020-01-01 00:00:00 1\nsix.py 2020 1\n_fast.cpython-311-x86_64-linux-gnu.so 2020 1\nx-1.0.data/purelib/deep/a.py 2020 1\ngoogle/cloud/storage/blob.py 2020 1\n";
        for module in ["yaml", "six", "_fast", "deep", "google.cloud.storage"] {
            assert!(lists(listing, module), "{module}");
        }
        for module in ["yam", "google.cloud.bigquery", "x", "File"] {
            assert!(!lists(listing, module), "{module}");
        }
    }
}

//! `manifest`: what the project says of its dependencies and tools.

use std::path::{Path, PathBuf};

use selfheal_core::error::{ErrorKind, Result};
use selfheal_detect::redact::Redactor;

use super::answer::bounded;
use super::arguments::Arguments;
use super::{Scene, files, refused};

/// Manifests at the top of a project, in the order in which they are shown.
const MANIFESTS: &[&str] = &[
    "package.json",
    "Cargo.toml",
    "pyproject.toml",
    "requirements.txt",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "CMakeLists.txt",
];

/// Files that ask for a version of a tool.
const TOOL_VERSIONS: &[&str] = &[
    ".nvmrc",
    ".node-version",
    ".python-version",
    "rust-toolchain.toml",
    "rust-toolchain",
    ".tool-versions",
    ".ruby-version",
];

/// Most files that are shown.
const MAX_FILES: usize = 8;

/// Largest part of a file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 256 << 10;

/// Most bytes of one file that are shown.
const FILE_BYTES: usize = 5 << 10;

pub(super) fn look(scene: &Scene, _: &Arguments) -> Result<String> {
    let config = scene.pipeline.config();
    let dir = &config.dir;
    let names =
        MANIFESTS.iter().map(PathBuf::from).chain(requirements(dir)).chain(TOOL_VERSIONS.iter().map(PathBuf::from));
    let shown: Vec<String> = names.filter_map(|name| shown(dir, &name, &config.redactor)).take(MAX_FILES).collect();
    match shown.is_empty() {
        true => Err(refused(ErrorKind::NotFound, "there is no manifest at the top of the directory")),
        false => Ok(shown.concat()),
    }
}

fn shown(dir: &Path, name: &Path, redactor: &Redactor) -> Option<String> {
    let found = files::read(dir, name, MAX_FILE_BYTES, redactor).ok()?;
    let cut = if found.cut { "[it goes on]\n" } else { "" };
    Some(format!("== {}\n{}{cut}", name.display(), bounded(&found.text, FILE_BYTES)))
}

/// Further requirements files, such as `requirements-dev.txt`, by name.
fn requirements(dir: &Path) -> Vec<PathBuf> {
    let is_one =
        |name: &String| name.starts_with("requirements") && name.ends_with(".txt") && name != "requirements.txt";
    let entries = dir.read_dir().into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_one).collect();
    names.sort();
    names.into_iter().map(PathBuf::from).collect()
}

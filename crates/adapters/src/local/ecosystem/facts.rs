use std::path::Path;

use super::tree;

/// An ecosystem and how to tell its manifest by name.
type Manifest = (&'static str, fn(&str) -> bool);

/// Which manifest, in the project or not far below its top, tells of which ecosystem. In the order of the answer.
const MANIFESTS: &[Manifest] = &[
    ("npm", |name| name == "package.json"),
    ("pip", is_python_manifest),
    ("cargo", |name| name == "Cargo.toml"),
    ("maven", |name| name == "pom.xml"),
    ("gradle", |name| matches!(name, "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts")),
    ("go", |name| name == "go.mod"),
];

/// How far below the project's top a manifest still counts, in directories.
const MAX_DEPTH: usize = 3;

/// The ecosystems whose manifests are in `dir`: of `npm`, `pip`, `cargo`, `maven`, `gradle`, `go`.
#[must_use]
pub fn ecosystems(dir: &Path) -> Vec<&'static str> {
    let files = tree::files(dir);
    let names: Vec<_> = files
        .iter()
        .filter(|file| file.components().count() <= MAX_DEPTH + 1)
        .filter_map(|file| file.file_name()?.to_str())
        .collect();
    MANIFESTS
        .iter()
        .filter(|(_, tells)| names.iter().any(|name| tells(name)))
        .map(|(ecosystem, _)| *ecosystem)
        .collect()
}

/// Whether a file of this name declares Python dependencies.
fn is_python_manifest(name: &str) -> bool {
    matches!(name, "pyproject.toml" | "setup.py" | "setup.cfg" | "Pipfile")
        || (name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_tell_the_ecosystems_in_a_fixed_order() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["web/package.json", "go.mod", "requirements-dev.txt", "node_modules/x/Cargo.toml"] {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(ecosystems(dir.path()), ["npm", "pip", "go"]);
    }
}

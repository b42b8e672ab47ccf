//! Dependencies in a `Cargo.toml`, whatever table they stand in.

use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::local::ecosystem::{EcosystemError, tree};

const TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// A dependency with a version requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    /// The crate's name in the registry, also where it is renamed.
    pub(super) package: String,
    pub(super) requirement: String,
}

pub(super) fn read(scratch: &Path, manifest: &Path) -> Result<DocumentMut, EcosystemError> {
    let text = tree::manifest_text(scratch, manifest)?;
    text.parse().map_err(|_| EcosystemError::manifest(manifest, "TOML"))
}

/// The dependencies that ask a registry for a version.
pub(super) fn declared(document: &DocumentMut) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut document = document.clone();
    each_dependency(&mut document, |name, item| {
        found.extend(
            requirement(item)
                .map(|requirement| Declared { package: package(name, item), requirement: requirement.to_owned() }),
        );
    });
    found
}

/// The names by which the document declares anything, renamed ones under both names.
pub(super) fn names(document: &DocumentMut) -> Vec<String> {
    let mut names = Vec::new();
    let mut document = document.clone();
    each_dependency(&mut document, |name, item| {
        names.extend([name.to_owned(), package(name, item)]);
    });
    names
}

/// Whether the workspace declares the crate for its members to inherit.
pub(super) fn workspace_declares(document: &DocumentMut, package: &str) -> bool {
    let shared = document.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    shared.is_some_and(|shared| shared.get(package).is_some())
}

/// Writes `to` over every requirement on the package that `matches` picks; says how many there were.
pub(super) fn replace(
    document: &mut DocumentMut,
    package_name: &str,
    matches: impl Fn(&str) -> bool,
    to: &str,
) -> usize {
    let mut replaced = 0;
    each_dependency(document, |name, item| {
        let fits = package(name, item) == package_name && requirement(item).is_some_and(&matches);
        if fits && set(item, to) {
            replaced += 1;
        }
    });
    replaced
}

fn each_dependency(document: &mut DocumentMut, mut visit: impl FnMut(&str, &mut Item)) {
    let root = document.as_table_mut();
    visit_tables(root, TABLES, &mut visit);
    if let Some(workspace) = root.get_mut("workspace").and_then(Item::as_table_like_mut) {
        visit_tables(workspace, &TABLES[..1], &mut visit);
    }
    let targets = root.get_mut("target").and_then(Item::as_table_like_mut);
    for (_, target) in targets.into_iter().flat_map(|targets| targets.iter_mut()) {
        if let Some(target) = target.as_table_like_mut() {
            visit_tables(target, TABLES, &mut visit);
        }
    }
}

fn visit_tables(parent: &mut dyn TableLike, tables: &[&str], visit: &mut impl FnMut(&str, &mut Item)) {
    for table in tables {
        let Some(table) = parent.get_mut(table).and_then(Item::as_table_like_mut) else { continue };
        for (name, item) in table.iter_mut() {
            visit(&name, item);
        }
    }
}

fn package(name: &str, item: &Item) -> String {
    item.get("package").and_then(Item::as_str).unwrap_or(name).to_owned()
}

/// The version requirement of `x = "1"` or `x = { version = "1" }`; none for what comes from a path or git.
fn requirement(item: &Item) -> Option<&str> {
    let elsewhere = ["path", "git"].iter().any(|key| item.get(key).is_some());
    if elsewhere {
        return None;
    }
    item.as_str().or_else(|| item.get("version")?.as_str())
}

/// Sets the version and keeps what stands around it.
fn set(item: &mut Item, to: &str) -> bool {
    let item = match item.is_str() {
        true => item,
        false => match item.get_mut("version") {
            Some(version) => version,
            None => return false,
        },
    };
    let Some(value) = item.as_value_mut() else { return false };
    let decor = value.decor().clone();
    *value = Value::from(to);
    *value.decor_mut() = decor;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"# top
[package]
name = "x"

[dependencies]
a = "1.0"   # why
b = { version = "=1.2.3", features = ["f"] }  # keep
c.workspace = true
renamed = { package = "d", version = "2" }
e = { path = "../e", version = "1" }

[target.'cfg(unix)'.dev-dependencies.b]
version = "=1.2.3"
default-features = false

[workspace.dependencies]
f = "^3"
"#;

    #[test]
    fn every_table_is_read_and_paths_are_left_out() {
        let document: DocumentMut = MANIFEST.parse().unwrap();
        let found: Vec<_> =
            declared(&document).into_iter().map(|one| format!("{} {}", one.package, one.requirement)).collect();
        assert_eq!(found, ["a 1.0", "b =1.2.3", "d 2", "f ^3", "b =1.2.3"]);
        assert!(names(&document).contains(&"renamed".to_owned()));
    }

    #[test]
    fn only_the_version_changes() {
        let mut document: DocumentMut = MANIFEST.parse().unwrap();
        assert_eq!(replace(&mut document, "b", |now| now == "=1.2.3", "=1.2.9"), 2);
        assert_eq!(replace(&mut document, "a", |_| true, "1.5"), 1);
        let expected = MANIFEST.replace("=1.2.3", "=1.2.9").replace("a = \"1.0\"", "a = \"1.5\"");
        assert_eq!(document.to_string(), expected);
    }
}

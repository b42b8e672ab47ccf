//! `[project]` of `pyproject.toml`: <https://packaging.python.org/en/latest/specifications/pyproject-toml/>.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Value};

use super::requirement::{Requirement, normalized};
use crate::local::ecosystem::{EcosystemError, tree};

/// The project's dependencies, without its extras.
pub(super) fn requirements(scratch: &Path, manifest: &Path) -> Result<Vec<Requirement>, EcosystemError> {
    let document = read(scratch, manifest)?;
    let list = document.get("project").and_then(|project| project.get("dependencies")).and_then(Item::as_array);
    Ok(list.into_iter().flatten().filter_map(Value::as_str).filter_map(Requirement::parse).collect())
}

/// The requirements of its extras, all together.
pub(super) fn extras(scratch: &Path, manifest: &Path) -> Result<Vec<Requirement>, EcosystemError> {
    let document = read(scratch, manifest)?;
    let extras = document.get("project").and_then(|project| project.get("optional-dependencies"));
    let lists = extras.and_then(Item::as_table_like).into_iter().flat_map(|extras| extras.iter());
    let lists = lists.filter_map(|(_, list)| list.as_array());
    Ok(lists.flatten().filter_map(Value::as_str).filter_map(Requirement::parse).collect())
}

/// Sets the specifier of `name` in dependencies and extras; says how many there were.
pub(super) fn patch(scratch: &Path, manifest: &Path, name: &str, specifier: &str) -> Result<usize, EcosystemError> {
    let mut document = read(scratch, manifest)?;
    let Some(project) = document.get_mut("project").and_then(Item::as_table_like_mut) else {
        return Ok(0);
    };
    let mut patched = 0;
    if let Some(list) = project.get_mut("dependencies").and_then(Item::as_array_mut) {
        patched += patch_list(list, name, specifier);
    }
    let extras = project.get_mut("optional-dependencies").and_then(Item::as_table_like_mut);
    for (_, extra) in extras.into_iter().flat_map(|extras| extras.iter_mut()) {
        patched += extra.as_array_mut().map_or(0, |list| patch_list(list, name, specifier));
    }
    tree::write(scratch, manifest, &document.to_string())?;
    Ok(patched)
}

/// Adds a requirement to the project's dependencies, which must be there.
pub(super) fn add(scratch: &Path, manifest: &Path, requirement: &str) -> Result<(), EcosystemError> {
    let mut document = read(scratch, manifest)?;
    let list =
        document.get_mut("project").and_then(|project| project.get_mut("dependencies")).and_then(Item::as_array_mut);
    let list = list.ok_or_else(|| EcosystemError::manifest(manifest, "a list under project.dependencies"))?;
    let decor = list.iter().last().map(|last| last.decor().clone());
    let mut value = Value::from(requirement);
    match decor {
        Some(decor) if list.len() > 1 || decor.prefix().is_some_and(|prefix| prefix.as_str() != Some("")) => {
            *value.decor_mut() = decor;
            list.push_formatted(value);
        }
        _ => list.push(value),
    }
    tree::write(scratch, manifest, &document.to_string())
}

fn patch_list(list: &mut Array, name: &str, specifier: &str) -> usize {
    let mut patched = 0;
    for value in list.iter_mut() {
        let Some(text) = value.as_str().map(str::to_owned) else { continue };
        let Some(requirement) = Requirement::parse(&text) else { continue };
        if normalized(&requirement.name) != normalized(name) {
            continue;
        }
        let mut changed = text;
        changed.replace_range(requirement.span.clone(), specifier);
        let decor = value.decor().clone();
        *value = Value::from(changed);
        *value.decor_mut() = decor;
        patched += 1;
    }
    patched
}

fn read(scratch: &Path, manifest: &Path) -> Result<DocumentMut, EcosystemError> {
    let text = tree::manifest_text(scratch, manifest)?;
    text.parse().map_err(|_| EcosystemError::manifest(manifest, "TOML"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, change: impl FnOnce(&Path)) -> String {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pyproject.toml"), text).unwrap();
        change(dir.path());
        std::fs::read_to_string(dir.path().join("pyproject.toml")).unwrap()
    }

    #[test]
    fn only_the_specifier_changes() {
        let text =
            "[project]\nname = \"x\"\ndependencies = [\n  \"a == 1.0 ; python_version > '3'\", # why\n  \"b\",\n]\n";
        let changed = after(text, |dir| {
            assert_eq!(patch(dir, Path::new("pyproject.toml"), "A", "==2.0").unwrap(), 1);
        });
        assert_eq!(changed, text.replace("== 1.0", "==2.0"));
    }

    #[test]
    fn a_new_dependency_joins_the_list_in_its_layout() {
        let add_c = |dir: &Path| add(dir, Path::new("pyproject.toml"), "c>=1").unwrap();
        let many = "[project]\ndependencies = [\n    \"a\",\n    \"b\",\n]\n";
        assert_eq!(after(many, add_c), "[project]\ndependencies = [\n    \"a\",\n    \"b\",\n    \"c>=1\",\n]\n");
        assert_eq!(
            after("[project]\ndependencies = [\"a\"]\n", add_c),
            "[project]\ndependencies = [\"a\", \"c>=1\"]\n"
        );
        assert_eq!(after("[project]\ndependencies = []\n", add_c), "[project]\ndependencies = [\"c>=1\"]\n");
    }
}
